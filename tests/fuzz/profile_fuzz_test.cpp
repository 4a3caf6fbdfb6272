// Profile files as people and tools write them, and what becomes of them when they are damaged.
#include "fuzz/damage.hpp"
#include "fuzz/profile_target.hpp"

#include <array>

namespace kiln::fuzz {
namespace {

constexpr int profile_mutations = 20'000;

TEST(fuzz_profile, a_file_holds_its_invariants_however_it_is_damaged) {
  constexpr std::array<std::string_view, 20> words{
      "[",         "]",         "[DEFAULT]", "[__settings__]",
      "=",         ":",         "#",         " #",
      ";",         "\"",        "'",         " ",
      "\t",        "\n",        "\r\n",      "\r",
      "token = x", "host:y #z", "\x01",      "SECRET"};
  auto const files = read_corpus("profile_corpus");
  ASSERT_GE(files.size(), 8U);
  replay(files, words, profile_mutations, fuzz_profile);
}

}  // namespace
}  // namespace kiln::fuzz
