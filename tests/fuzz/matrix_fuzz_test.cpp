// Tables as people write them, and what becomes of them when they are damaged.
#include "core/random.hpp"
#include "fuzz/matrix_target.hpp"

#include <gtest/gtest.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <vector>

namespace kiln::fuzz {
namespace {

constexpr int mutations = 5'000;

std::vector<std::string> const& tables() {
  static std::vector<std::string> const all = [] {
    std::vector<std::string> out;
    auto const folder = std::filesystem::path(KILN_SOURCE_DIR) / "tests/fuzz/matrix_corpus";
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
      std::ifstream in(entry.path(), std::ios::binary);
      out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return out;
  }();
  return all;
}

constexpr std::array<std::string_view, 20> words{
    "\"", ",",     "\n",     "\r\n", "\"\"", "{",      "}",     "[",     "]",    ":",
    "_",  "_name", "_after", "null", "1e5",  ":int\n", ":json", "\\u00", "\x80", "a"};
constexpr std::array<std::string_view, 10> template_words{"{{", "}}", "{{!", "{{a}}",  "\"",
                                                          "\\", "{",  "}",   "run_id", "b"};

std::string mutated(std::string text, std::span<std::string_view const> with,
                    random_source& random) {
  for (auto n = random.below(4) + 1; n > 0; --n) {
    auto const at = static_cast<std::size_t>(random.below(text.size() + 1));
    auto const count = static_cast<std::size_t>(random.below(8));
    auto const kind = random.below(4);
    if (kind == 0 && at < text.size()) text[at] = static_cast<char>(random.below(256));
    if (kind == 1) text.erase(at, count);
    if (kind == 2) text.insert(at, with[random.below(with.size())]);
    if (kind == 3) text.insert(at, text.substr(at, count * count));
  }
  return text;
}

TEST(fuzz_matrix, tables_hold_their_invariants_over_the_corpus_and_its_mutations) {
  ASSERT_GE(tables().size(), 12U);
  for (auto const& text : tables()) ASSERT_EQ(fuzz_matrix(text), "") << text;
  for (int i = 0; i < mutations; ++i) {
    random_source random(static_cast<std::uint64_t>(i));
    auto const text = mutated(tables()[random.below(tables().size())], words, random);
    ASSERT_EQ(fuzz_matrix(text), "") << "mutation " << i << ": " << text;
  }
}

TEST(fuzz_matrix, templates_hold_their_invariants) {
  std::string const whole = R"({"a":["{{a}}",{"k":"{{ b }}"}],"c":"x{{b}}y{{!z}}","d":1.5})";
  ASSERT_EQ(fuzz_matrix_template(whole), "");
  for (int i = 0; i < mutations; ++i) {
    random_source random(static_cast<std::uint64_t>(i));
    auto const text = mutated(whole, template_words, random);
    ASSERT_EQ(fuzz_matrix_template(text), "") << "mutation " << i << ": " << text;
  }
}

}  // namespace
}  // namespace kiln::fuzz
