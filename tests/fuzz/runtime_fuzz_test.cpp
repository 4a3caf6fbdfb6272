// Every key that workspaces were seen to return, with its display name, and what becomes of them
// when they are damaged.
#include "fuzz/damage.hpp"
#include "fuzz/runtime_target.hpp"

#include <kiln/runtime_version.hpp>

#include <array>
#include <set>

namespace kiln::fuzz {
namespace {

constexpr int runtime_mutations = 20'000;

struct seen_key {
  std::string key;
  std::string name;  // Empty for keys seen without one.
};

std::vector<seen_key> const& seen_keys() {
  static std::vector<seen_key> const all = [] {
    std::vector<seen_key> out;
    std::ifstream in(std::filesystem::path(KILN_SOURCE_DIR) / "tests/fuzz/runtime_corpus/keys.tsv");
    for (std::string line; std::getline(in, line);) {
      auto const tab = line.find('\t');
      out.push_back({line.substr(0, tab), tab == std::string::npos ? "" : line.substr(tab + 1)});
    }
    return out;
  }();
  return all;
}

/// What stands behind `mark` in a name, up to a comma, space or bracket.
std::string word_behind(std::string const& name, std::string const& mark) {
  auto const at = name.find(mark);
  if (at == std::string::npos) return {};
  auto const from = at + mark.size();
  return name.substr(from, name.find_first_of(",) ", from) - from);
}

TEST(runtime_corpus, holds_every_key_that_was_seen) {
  EXPECT_EQ(seen_keys().size(), 166U);
  std::set<std::string> once;
  for (auto const& seen : seen_keys()) EXPECT_TRUE(once.insert(seen.key).second) << seen.key;
}

TEST(runtime_corpus, is_parsed_and_printed_exactly) {
  for (auto const& seen : seen_keys()) {
    auto const version = runtime_version::parse(seen.key);
    ASSERT_TRUE(version.has_value()) << seen.key << ": " << version.error().message();
    EXPECT_EQ(version->key(), seen.key);
    EXPECT_EQ(explain(*version).find('\''), seen.key.starts_with("2.1.1") ? 38U : std::string::npos)
        << "a flag that is not known: " << explain(*version);
  }
}

TEST(runtime_corpus, says_what_the_display_names_say) {
  // Betas of June 2020 had a preview of Spark, 6.1 Conda the Spark of 6.0.
  std::set<std::string> const other_spark{"7.0.x-cpu-ml-scala2.12", "7.0.x-gpu-ml-scala2.12",
                                          "7.0.x-hls-scala2.12", "7.0.x-scala2.12",
                                          "6.1.x-conda-scala2.11"};
  for (auto const& seen : seen_keys()) {
    if (seen.name.empty()) continue;
    auto const text = explain(*runtime_version::parse(seen.key));
    EXPECT_NE(text.find("Scala " + word_behind(seen.name, "Scala ")), std::string::npos) << text;
    auto const spark = word_behind(seen.name, "Apache Spark ");
    bool const told = !spark.empty() && !other_spark.contains(seen.key);
    EXPECT_EQ(text.find("Apache Spark " + spark + ",") != std::string::npos, told)
        << seen.key << ": " << text << "; " << seen.name;
    bool const lts = seen.name.find(" LTS ") != std::string::npos;
    bool const genomics_of_lts = seen.key == "5.5.x-hls-scala2.11" ||
                                 seen.key == "5.5.x-conda-scala2.11" ||
                                 seen.key == "7.3.x-hls-scala2.12";
    EXPECT_EQ(text.find(" LTS") != std::string::npos, lts || genomics_of_lts) << text;
    EXPECT_EQ(text.find("ML") != std::string::npos, seen.name.find("ML") != std::string::npos);
    EXPECT_EQ(text.find("GPU") != std::string::npos, seen.key.find("-gpu-") != std::string::npos);
  }
}

TEST(runtime_corpus, is_in_one_order_however_it_was_shuffled) {
  std::vector<runtime_version> sorted;
  for (auto const& seen : seen_keys()) sorted.push_back(*runtime_version::parse(seen.key));
  std::sort(sorted.begin(), sorted.end());
  random_source random(7);
  for (int round = 0; round < 5; ++round) {
    auto shuffled = sorted;
    for (std::size_t i = shuffled.size(); i > 1; --i) {
      std::swap(shuffled[i - 1], shuffled[random.below(i)]);
    }
    std::sort(shuffled.begin(), shuffled.end());
    EXPECT_TRUE(std::equal(shuffled.begin(), shuffled.end(), sorted.begin()));
  }
}

TEST(fuzz_runtime, version_holds_its_invariants_over_the_corpus_and_its_mutations) {
  constexpr std::array<std::string_view, 14> words{
      "-scala",        "-scala2.12",    ".x",         "-",    ".", "x", "custom:", "custom-", "__",
      "apache-spark-", "latest-stable", "4294967296", "\x80", " "};
  std::vector<std::string> keys;
  for (auto const& seen : seen_keys()) keys.push_back(seen.key);
  replay(keys, words, runtime_mutations, fuzz_runtime_version);
}

}  // namespace
}  // namespace kiln::fuzz
