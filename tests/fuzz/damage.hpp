#pragma once

#include "core/random.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// Texts as people write them, and the same damaged: what the targets that read text are fed with.
namespace kiln::fuzz {

/// The files of tests/fuzz/<folder>, by name, so that a mutation's number says which it was.
inline std::vector<std::string> read_corpus(std::string const& folder) {
  std::vector<std::filesystem::path> paths;
  auto const all = std::filesystem::path(KILN_SOURCE_DIR) / "tests/fuzz" / folder;
  for (auto const& entry : std::filesystem::directory_iterator(all)) paths.push_back(entry.path());
  std::sort(paths.begin(), paths.end());
  std::vector<std::string> out;
  for (auto const& path : paths) {
    std::ifstream in(path, std::ios::binary);
    out.emplace_back(std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>());
  }
  return out;
}

/// Up to five bytes, stretches or words of it changed, lost, added or doubled.
inline std::string damaged(std::string text, std::span<std::string_view const> words,
                           random_source& random) {
  for (auto n = random.below(5) + 1; n > 0; --n) {
    auto const at = static_cast<std::size_t>(random.below(text.size() + 1));
    auto const count = static_cast<std::size_t>(random.below(12));
    auto const kind = random.below(4);
    if (kind == 0 && at < text.size()) text[at] = static_cast<char>(random.below(256));
    if (kind == 1) text.erase(at, count);
    if (kind == 2) text.insert(at, words[random.below(words.size())]);
    if (kind == 3) text.insert(at, text.substr(at, count * count));
  }
  return text;
}

/// `check` says what is wrong with what became of a text; empty: nothing.
inline void replay(std::vector<std::string> const& seeds, std::span<std::string_view const> words,
                   int mutations, std::string_view (*check)(std::string_view)) {
  for (auto const& text : seeds) ASSERT_EQ(check(text), "") << text;
  for (int i = 0; i < mutations; ++i) {
    random_source random(static_cast<std::uint64_t>(i));
    auto const text = damaged(seeds[random.below(seeds.size())], words, random);
    ASSERT_EQ(check(text), "") << "mutation " << i << ": " << text;
  }
}

}  // namespace kiln::fuzz
