#include <kiln/runtime_version.hpp>

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace kiln {
namespace {

using flags = std::vector<std::string>;

runtime_version parsed(std::string_view key) {
  auto version = runtime_version::parse(key);
  EXPECT_TRUE(version.has_value()) << key << ": " << version.error().message();
  return version.value();
}

/// The message of the error, without what it starts with in every case.
std::string problem(std::string_view key) {
  auto const version = runtime_version::parse(key);
  if (version) return "none";
  EXPECT_EQ(version.error().code(), errc::invalid_argument);
  return version.error().message().substr(std::string("runtime version, ").size());
}

TEST(runtime_version, takes_numbers_flags_and_scala_of_a_key) {
  auto const v = parsed("10.4.x-cpu-ml-scala2.12");
  EXPECT_EQ(v.key(), "10.4.x-cpu-ml-scala2.12");
  EXPECT_EQ(v.family(), runtime_family::databricks);
  EXPECT_EQ(v.major(), 10U);
  EXPECT_EQ(v.feature(), 4U);
  EXPECT_EQ(v.flags(), (flags{"cpu", "ml"}));
  EXPECT_EQ(v.scala(), (scala_version{2, 12}));
  EXPECT_TRUE(v.has("ml"));
  EXPECT_FALSE(v.has("gpu"));
  EXPECT_FALSE(v.is_moving());
}

TEST(runtime_version, takes_flags_in_any_order_and_keeps_those_it_does_not_know) {
  EXPECT_EQ(parsed("4.1.x-ml-gpu-scala2.11").flags(), (flags{"ml", "gpu"}));
  EXPECT_EQ(parsed("5.5.x-cpu-esr-ml-scala2.11").flags(), (flags{"cpu", "esr", "ml"}));
  auto const odd = parsed("21.0.x-fips140-quantum_2-scala3.3");
  EXPECT_EQ(odd.flags(), (flags{"fips140", "quantum_2"}));
  EXPECT_EQ(odd.scala(), (scala_version{3, 3}));
  EXPECT_EQ(explain(odd), "Databricks Runtime 21.0, 'fips140', 'quantum_2'; Scala 3.3");
}

TEST(runtime_version, of_a_branch_has_no_feature_number) {
  auto const snapshot = parsed("6.x-snapshot-cpu-ml-scala2.11");
  EXPECT_EQ(snapshot.major(), 6U);
  EXPECT_EQ(snapshot.feature(), std::nullopt);
  EXPECT_TRUE(snapshot.is_moving());
  auto const whole = parsed("18.x-scala2.13");
  EXPECT_FALSE(whole.is_moving());
  ASSERT_NE(release_of(whole), nullptr);
  EXPECT_EQ(release_of(whole)->spark, "4.1.0");
}

TEST(runtime_version, knows_light_aliases_legacy_custom_and_other_images) {
  auto const light = parsed("apache-spark-2.4.x-esr-scala2.11");
  EXPECT_EQ(light.family(), runtime_family::light);
  EXPECT_EQ(light.flags(), flags{"esr"});
  EXPECT_EQ(light.feature(), 4U);
  auto const alias = parsed("latest-experimental-gpu-ml-scala2.11");
  EXPECT_EQ(alias.family(), runtime_family::alias);
  EXPECT_EQ(alias.flags(), (flags{"gpu", "ml"}));
  EXPECT_TRUE(alias.is_moving());
  auto const legacy = parsed("2.1.1-db5-scala2.10");
  EXPECT_EQ(legacy.family(), runtime_family::legacy);
  EXPECT_EQ(legacy.flags(), flags{"db5"});
  auto const custom = parsed("custom:custom-local__13.x-snapshot-scala2.12__unknown__head__");
  EXPECT_EQ(custom.family(), runtime_family::custom);
  EXPECT_EQ(custom.major(), 13U);
  EXPECT_EQ(custom.key(), "custom:custom-local__13.x-snapshot-scala2.12__unknown__head__");
  EXPECT_EQ(parsed("custom-9.1.x-photon-scala2.12").flags(), flags{"photon"});
  EXPECT_EQ(parsed("custom:anything.at_all").major(), std::nullopt);
  auto const client = parsed("client.6.2-aarch64-scala2.13");
  EXPECT_EQ(client.family(), runtime_family::other);
  EXPECT_EQ(client.flags(), flags{"aarch64"});
  auto const pipelines = parsed("dlt:12.2-delta-pipelines-dlt-release");
  EXPECT_EQ(pipelines.family(), runtime_family::other);
  EXPECT_TRUE(pipelines.flags().empty());
  EXPECT_EQ(pipelines.scala(), std::nullopt);
}

TEST(runtime_version, says_in_which_column_a_key_is_wrong) {
  EXPECT_EQ(problem(""), "column 1: expected a key such as 7.3.x-scala2.12");
  EXPECT_EQ(problem("7"), "column 2: expected '.' behind the major version");
  EXPECT_EQ(problem("7.3"), "column 4: expected '.x'");
  EXPECT_EQ(problem("7.3.y-scala2.12"), "column 5: expected x");
  EXPECT_EQ(problem("7.3.1-scala2.12"),
            "column 6: expected '-db', as in 2.1.1-db5-scala2.10, or x before it");
  EXPECT_EQ(problem("7.3.xscala2.12"), "column 6: expected '-'");
  EXPECT_EQ(problem("7.3.x-ml"), "column 9: expected '-scala' and its version, such as -scala2.12");
  EXPECT_EQ(problem("7.3.x--scala2.12"), "column 7: expected a flag such as ml, or scala2.12");
  EXPECT_EQ(problem("7.3.x-scala"), "column 12: expected the version of Scala, such as 2.12");
  EXPECT_EQ(problem("7.3.x-scala2"), "column 13: expected '.' in the version of Scala");
  EXPECT_EQ(problem("7.3.x-scala2."), "column 14: expected the second number of Scala's version");
  EXPECT_EQ(problem("7.3.x-scala2.12-ml"), "column 16: expected the end of the key");
  EXPECT_EQ(problem("7.3.x -scala2.12"), "column 6: expected a letter, digit or one of - . _ :");
  EXPECT_EQ(problem("4294967296.1.x-scala2.12"), "column 1: expected a version number below 2^32");
  EXPECT_EQ(problem("apache-spark-x-scala2.12"), "column 14: expected the version of Spark");
  EXPECT_EQ(problem("custom:"), "column 8: expected a name behind 'custom'");
  EXPECT_EQ(problem("latest-stabel-scala2.11"),
            "column 1: expected a version number, apache-spark-, custom: or latest-stable");
  EXPECT_EQ(problem("-ml"), problem("latest"));
  EXPECT_EQ(problem(std::string(300, '7')),
            "column 257: expected the end: a key has at most 256 bytes");
}

TEST(runtime_version, sorts_by_number_and_not_by_text) {
  std::vector<std::string> const ascending{"2.1.1-db5-scala2.10",    "apache-spark-2.4.x-scala2.11",
                                           "9.1.x-scala2.12",        "10.4.x-rc-scala2.12",
                                           "10.4.x-scala2.12",       "10.4.x-ml-scala2.12",
                                           "16.4.x-scala2.12",       "16.4.x-scala2.13",
                                           "17.3.x-scala2.13",       "17.x-snapshot-scala2.13",
                                           "18.x-scala2.13",         "latest-stable-scala2.11",
                                           "custom-9.1.x-scala2.12", "dlt:12.2-delta"};
  std::vector<runtime_version> versions;
  for (auto at = ascending.rbegin(); at != ascending.rend(); ++at) versions.push_back(parsed(*at));
  std::sort(versions.begin(), versions.end());
  std::vector<std::string> sorted;
  for (auto const& v : versions) sorted.push_back(v.key());
  EXPECT_EQ(sorted, ascending);
}

TEST(runtime_releases, stand_in_order_and_end_after_they_begin) {
  auto const releases = runtime_releases();
  for (std::size_t i = 0; i < releases.size(); ++i) {
    auto const& r = releases[i];
    EXPECT_FALSE(r.spark.empty()) << r.runtime;
    if (r.released && r.end_of_support) {
      EXPECT_LT(*r.released, *r.end_of_support) << r.runtime;
    }
    if (i < 2) continue;
    auto const key = [](std::string_view runtime) {
      return parsed(std::string(runtime) + ".x-scala2.12");
    };
    EXPECT_LT(key(releases[i - 1].runtime), key(r.runtime)) << r.runtime;
  }
}

TEST(runtime_explanation, names_runtime_variant_spark_scala_and_support) {
  EXPECT_EQ(explain(parsed("7.3.x-cpu-ml-scala2.12")),
            "Databricks Runtime 7.3 LTS, CPU, ML; Apache Spark 3.0.1, Scala 2.12; "
            "released 2020-09-24, supported until 2022-09-24");
  EXPECT_EQ(explain(parsed("6.4.x-esr-scala2.11")),
            "Databricks Runtime 6.4, extended support; Apache Spark 2.4.5, Scala 2.11; "
            "released 2020-02-26");
  EXPECT_EQ(explain(parsed("7.x-snapshot-scala2.12")),
            "Databricks Runtime 7.x, snapshot; Scala 2.12; changes without notice");
  EXPECT_EQ(explain(parsed("apache-spark-2.4.x-scala2.11")),
            "Databricks Light 2.4; Apache Spark 2.4, Scala 2.11; released 2019-02-27");
  EXPECT_EQ(explain(parsed("2.1.1-db5-scala2.10")),
            "Databricks image of before Runtime 3, 'db5'; Apache Spark 2.1.1, Scala 2.10");
  EXPECT_EQ(explain(parsed("next-major-version-scala2.12")),
            "Alias: the next major version of the runtime; Scala 2.12; changes without notice");
  EXPECT_EQ(explain(parsed("dlt:12.2-delta-pipelines-dlt-release")), "Image of Delta Live Tables");
  EXPECT_EQ(explain(parsed("99.9.x-scala2.12")), "Databricks Runtime 99.9; Scala 2.12");
}

std::vector<runtime_entry> const workspace_runtimes{
    {"16.4.x-scala2.12", "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.12)"},
    {"9.1.x-scala2.12", "9.1 LTS (includes Apache Spark 3.1.2, Scala 2.12)"},
    {"16.4.x-scala2.13", "16.4 LTS (includes Apache Spark 3.5.2, Scala 2.13)"},
    {"17.1.x-scala2.13", "17.1 (includes Apache Spark 4.0.0, Scala 2.13)"},
    {"17.2.x-scala2.13", "17.2 Beta (includes Apache Spark 4.0.0, Scala 2.13)"},
    {"17.x-snapshot-scala2.13", "17.x Snapshot (17.4 snapshot, Scala 2.13)"},
    {"12.2.x-esr-scala2.12", "12.2 Extended Support (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"12.2.x-scala2.12", "12.2 LTS (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"12.2.x-cpu-ml-scala2.12", "12.2 LTS ML (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"12.2.x-gpu-ml-scala2.12", "12.2 LTS ML (includes Apache Spark 3.3.2, GPU, Scala 2.12)"},
    {"12.2.x-photon-scala2.12", "12.2 LTS Photon (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"12.2.x-fips-scala2.12", "12.2 LTS (includes Apache Spark 3.3.2, Scala 2.12)"},
    {"15.4.x-aarch64-photon-scala2.12", ""},
    {"latest-stable-scala2.11", "Latest stable (Scala 2.11)"},
    {"apache-spark-2.4.x-scala2.11", "Light 2.4 (includes Apache Spark 2.4, Scala 2.11)"},
    {"custom:mine", "LTS"},
    {"no such form", "LTS"},
};

std::string chosen(runtime_wish const& wish) {
  auto const version = select(workspace_runtimes, wish);
  return version ? version->key() : std::string(to_string(version.error().code()));
}

TEST(runtime_selection, takes_the_newest_plain_runtime_by_default) {
  EXPECT_EQ(chosen({}), "17.1.x-scala2.13");
  EXPECT_EQ(chosen({.lts = true}), "16.4.x-scala2.13");
  EXPECT_EQ(chosen({.scala = "2.12"}), "16.4.x-scala2.12");
  EXPECT_EQ(chosen({.beta = true}), "17.x-snapshot-scala2.13");
}

TEST(runtime_selection, takes_a_variant_only_when_it_is_asked_for) {
  EXPECT_EQ(chosen({.ml = true}), "12.2.x-cpu-ml-scala2.12");
  EXPECT_EQ(chosen({.ml = true, .gpu = true}), "12.2.x-gpu-ml-scala2.12");
  EXPECT_EQ(chosen({.photon = true}), "12.2.x-photon-scala2.12");
  EXPECT_EQ(chosen({.photon = true, .aarch64 = true}), "15.4.x-aarch64-photon-scala2.12");
  EXPECT_EQ(chosen({.gpu = true}), "not_found");
  EXPECT_EQ(chosen({.genomics = true}), "not_found");
}

TEST(runtime_selection, matches_versions_by_whole_numbers) {
  EXPECT_EQ(chosen({.spark = "3.3"}), "12.2.x-scala2.12");
  EXPECT_EQ(chosen({.spark = "3"}), "16.4.x-scala2.13");
  EXPECT_EQ(chosen({.spark = "3.3.20"}), "not_found");
  EXPECT_EQ(chosen({.runtime = "12"}), "12.2.x-scala2.12");
  EXPECT_EQ(chosen({.runtime = "9.1"}), "9.1.x-scala2.12");
  EXPECT_EQ(chosen({.runtime = "1"}), "not_found");
}

TEST(runtime_selection, tells_lts_by_the_name_or_where_there_is_none_by_the_table) {
  EXPECT_EQ(chosen({.lts = true, .photon = true, .aarch64 = true}),
            "15.4.x-aarch64-photon-scala2.12");
  EXPECT_EQ(chosen({.lts = true, .runtime = "17"}), "not_found");
  runtime_entry const both[] = {{"12.2.x-scala2.12", "12.2 LTS"}, {"12.2.x-esr-scala2.12", "12.2"}};
  EXPECT_EQ(select(both, {.lts = true})->key(), "12.2.x-scala2.12");
  EXPECT_EQ(matching(both, {.lts = true}).size(), 2U);
  EXPECT_EQ(matching(both, {}).size(), 1U);
}

TEST(runtime_selection, of_several_without_latest_is_a_conflict_that_names_them) {
  EXPECT_EQ(chosen({.latest = false, .runtime = "9"}), "9.1.x-scala2.12");
  auto const several = select(workspace_runtimes, {.latest = false, .lts = true});
  ASSERT_FALSE(several.has_value());
  EXPECT_EQ(several.error().code(), errc::conflict);
  EXPECT_NE(several.error().message().find("9.1.x-scala2.12 to 16.4.x-scala2.13"),
            std::string::npos)
      << several.error().message();
  EXPECT_EQ(select({}, {}).error().code(), errc::not_found);
}

}  // namespace
}  // namespace kiln
