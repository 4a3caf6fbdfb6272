// What every operation of libraries puts on the wire, and what it makes of answers.
#include "wire/expected_request.hpp"

#include <kiln/services/libraries.hpp>

#include <vector>

namespace kiln {
namespace {

struct libraries_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] libraries::service on() const { return ws.libraries(); }

  [[nodiscard]] std::string get(std::string const& target) const {
    return expect.bare("GET /api/2.0/libraries/" + target);
  }
  [[nodiscard]] std::string post(std::string const& operation, std::string const& body) const {
    return expect.with("POST /api/2.0/libraries/" + operation, body);
  }
};

/// One of each kind.
std::vector<compute::library> one_of_each() {
  std::vector<compute::library> all(7);
  all[0].jar = "dbfs:/a.jar";
  all[1].egg = "dbfs:/a.egg";
  all[2].whl = "dbfs:/a.whl";
  auto& pypi = all[3].pypi.emplace();
  pypi.package = "simplejson==3.8.0";
  pypi.repo = "https://pypi.example";
  auto& maven = all[4].maven.emplace();
  maven.coordinates = "org.jsoup:jsoup:1.7.2";
  maven.repo = "https://maven.example";
  maven.exclusions = {"slf4j:slf4j", "*:hadoop-client"};
  all[5].cran.emplace().package = "geojson";
  all[6].requirements = "/Workspace/requirements.txt";
  return all;
}

constexpr std::string_view one_of_each_text =
    R"({"cluster_id":"0101-1","libraries":[{"jar":"dbfs:/a.jar"},{"egg":"dbfs:/a.egg"},)"
    R"({"whl":"dbfs:/a.whl"},{"pypi":{"package":"simplejson==3.8.0",)"
    R"("repo":"https://pypi.example"}},{"maven":{"coordinates":"org.jsoup:jsoup:1.7.2",)"
    R"("exclusions":["slf4j:slf4j","*:hadoop-client"],"repo":"https://maven.example"}},)"
    R"({"cran":{"package":"geojson"}},{"requirements":"/Workspace/requirements.txt"}]})";

TEST_F(libraries_wire, install_and_uninstall_send_every_kind_of_library) {
  auto const all = one_of_each();
  EXPECT_EQ(sent(on().install({.cluster_id = "0101-1", .libraries = all})),
            post("install", std::string(one_of_each_text)));
  EXPECT_EQ(sent(on().uninstall({.cluster_id = "0101-1", .libraries = all})),
            post("uninstall", std::string(one_of_each_text)));
}

TEST_F(libraries_wire, statuses_are_asked_for_in_the_query) {
  EXPECT_EQ(sent(on().cluster_status({"a b"})), get("cluster-status?cluster_id=a%20b"));
  EXPECT_EQ(sent(on().all_cluster_statuses()), get("all-cluster-statuses"));
}

TEST_F(libraries_wire, statuses_are_read_whole) {
  answers(R"({"cluster_id":"c","library_statuses":[{"library":{"maven":{"coordinates":"a:b:1",)"
          R"("exclusions":["x"]}},"status":"SKIPPED","messages":["Scala 2.11"],)"
          R"("is_library_for_all_clusters":true},{"library":{"jar":"j"},"status":"PONDERING"}],)"
          R"("new":1})");
  auto const one = made(on().cluster_status({"c"}));
  EXPECT_EQ(one.cluster_id, "c");
  ASSERT_EQ(one.library_statuses.size(), 2U);
  auto const& first = one.library_statuses[0];
  EXPECT_EQ(first.library.maven.value().coordinates, "a:b:1");
  EXPECT_EQ(first.status, libraries::install_status::skipped);
  EXPECT_EQ(first.messages, std::vector<std::string>{"Scala 2.11"});
  EXPECT_EQ(first.is_library_for_all_clusters, true);
  EXPECT_EQ(one.library_statuses[1].status.raw(), "PONDERING");
  EXPECT_FALSE(one.library_statuses[1].status.value());
  answers(R"({"statuses":[{"cluster_id":"a"},{"cluster_id":"b","library_statuses":[{}]}]})");
  auto const all = made(on().all_cluster_statuses()).statuses;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].library_statuses.size(), 1U);
}

TEST_F(libraries_wire, statuses_are_read_bare) {
  EXPECT_TRUE(made(on().cluster_status({"c"})).library_statuses.empty());
  EXPECT_TRUE(made(on().all_cluster_statuses()).statuses.empty());
  made(on().install({.cluster_id = "c", .libraries = {}}));
  made(on().uninstall({.cluster_id = "c", .libraries = {}}));
}

TEST_F(libraries_wire, a_wrong_type_is_an_error_with_its_path) {
  answers(R"({"statuses":[{"library_statuses":[{"library":{"maven":"a:b"}}]}]})");
  auto const why = failed(on().all_cluster_statuses());
  EXPECT_EQ(why.code(), errc::decode_failed) << why;
  EXPECT_NE(why.message().find("statuses[0].library_statuses[0].library.maven"), std::string::npos)
      << why;
}

}  // namespace
}  // namespace kiln
