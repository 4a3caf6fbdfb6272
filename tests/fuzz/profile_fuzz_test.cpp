// Profile files as people and tools write them, and what becomes of them when they are damaged.
#include "core/random.hpp"
#include "fuzz/profile_target.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

namespace kiln::fuzz {
namespace {

constexpr int mutations = 20'000;

std::vector<std::string> const& seeds() {
  static std::vector<std::string> const all = [] {
    std::vector<std::filesystem::path> paths;
    auto const folder = std::filesystem::path(KILN_SOURCE_DIR) / "tests/fuzz/profile_corpus";
    for (auto const& entry : std::filesystem::directory_iterator(folder)) {
      paths.push_back(entry.path());
    }
    std::sort(paths.begin(), paths.end());
    std::vector<std::string> out;
    for (auto const& path : paths) {
      std::ifstream in(path, std::ios::binary);
      out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
    }
    return out;
  }();
  return all;
}

TEST(profile_corpus, holds_its_invariants) {
  ASSERT_GE(seeds().size(), 8U);
  for (auto const& text : seeds()) EXPECT_EQ(fuzz_profile(text), "") << text;
}

TEST(fuzz_profile, a_file_holds_its_invariants_however_it_is_damaged) {
  constexpr std::array<std::string_view, 20> words{
      "[",         "]",         "[DEFAULT]", "[__settings__]",
      "=",         ":",         "#",         " #",
      ";",         "\"",        "'",         " ",
      "\t",        "\n",        "\r\n",      "\r",
      "token = x", "host:y #z", "\x01",      "SECRET"};
  for (int i = 0; i < mutations; ++i) {
    random_source random(static_cast<std::uint64_t>(i));
    auto text = seeds()[random.below(seeds().size())];
    for (auto n = random.below(5) + 1; n > 0; --n) {
      auto const at = static_cast<std::size_t>(random.below(text.size() + 1));
      auto const count = static_cast<std::size_t>(random.below(12));
      auto const kind = random.below(4);
      if (kind == 0 && at < text.size()) text[at] = static_cast<char>(random.below(256));
      if (kind == 1) text.erase(at, count);
      if (kind == 2) text.insert(at, words[random.below(words.size())]);
      if (kind == 3) text.insert(at, text.substr(at, count * count));
    }
    ASSERT_EQ(fuzz_profile(text), "") << "mutation " << i << ":\n" << text;
  }
}

}  // namespace
}  // namespace kiln::fuzz
