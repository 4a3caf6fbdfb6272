// Tables as people write them, and what becomes of them when they are damaged.
#include "fuzz/damage.hpp"
#include "fuzz/matrix_target.hpp"

#include <array>

namespace kiln::fuzz {
namespace {

constexpr int matrix_mutations = 5'000;

TEST(fuzz_matrix, tables_hold_their_invariants_over_the_corpus_and_its_mutations) {
  constexpr std::array<std::string_view, 20> words{
      "\"", ",",     "\n",     "\r\n", "\"\"", "{",      "}",     "[",     "]",    ":",
      "_",  "_name", "_after", "null", "1e5",  ":int\n", ":json", "\\u00", "\x80", "a"};
  auto const tables = read_corpus("matrix_corpus");
  ASSERT_GE(tables.size(), 12U);
  replay(tables, words, matrix_mutations, fuzz_matrix);
}

TEST(fuzz_matrix, templates_hold_their_invariants) {
  constexpr std::array<std::string_view, 10> words{"{{", "}}", "{{!", "{{a}}",  "\"",
                                                   "\\", "{",  "}",   "run_id", "b"};
  replay({R"({"a":["{{a}}",{"k":"{{ b }}"}],"c":"x{{b}}y{{!z}}","d":1.5})"}, words,
         matrix_mutations, fuzz_matrix_template);
}

}  // namespace
}  // namespace kiln::fuzz
