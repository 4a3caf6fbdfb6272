// What the tree holds and where, beside the text of its files (tidy_test.cpp).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>
#include <sstream>
#include <string>

namespace {

namespace fs = std::filesystem;
using std::string;

fs::path tree_top() { return KILN_SOURCE_DIR; }

/// The headers of `folder` that `header` includes, others in between counted, are taken from
/// `left`.
void take_included(std::set<string>& left, fs::path const& folder, string const& header) {
  if (left.erase(header) == 0) return;
  std::ifstream in(folder / header);
  for (string line; std::getline(in, line);) {
    string const start = "#include <";
    if (!line.starts_with(start)) continue;
    take_included(left, folder, line.substr(start.size(), line.find('>') - start.size()));
  }
}

}  // namespace

TEST(tidy, kiln_hpp_includes_every_public_header_but_that_of_the_emulator) {
  std::set<string> left;
  for (auto const& each : fs::recursive_directory_iterator(tree_top() / "include")) {
    if (!each.is_regular_file()) continue;
    left.insert(each.path().lexically_relative(tree_top() / "include").generic_string());
  }
  EXPECT_GT(left.size(), 40U);
  take_included(left, tree_top() / "include", "kiln/kiln.hpp");
  EXPECT_EQ(left, std::set<string>{"kiln/emulator.hpp"});
}

TEST(tidy, the_top_level_holds_only_what_the_layout_names) {
  std::set<string, std::less<>> const layout{
      "CMakeLists.txt",       "include",   "src", "bench",   "tests",
      "third_party",          "README.md", "run", "LICENSE", "build",
      "compile_commands.json"};
  auto const fits = [&layout](string const& name) {
    return name.starts_with('.') || layout.contains(name);
  };
  EXPECT_FALSE(fits("docs"));
  for (auto const& each : fs::directory_iterator(tree_top())) {
    auto const name = each.path().filename().string();
    EXPECT_TRUE(fits(name)) << name;
  }
}

TEST(tidy, the_map_lists_every_decision) {
  std::ifstream in(tree_top() / "src" / "README.md");
  string const map{std::istreambuf_iterator<char>(in), {}};
  ASSERT_FALSE(map.empty());
  for (auto const& each : fs::directory_iterator(tree_top() / "src" / "decisions")) {
    auto const name = each.path().filename().string();
    EXPECT_NE(map.find("decisions/" + name), string::npos) << name << " is not in src/README.md";
  }
}
