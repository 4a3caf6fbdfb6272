#include "transfer/remove_tree.hpp"

#include "unit/transfer/fake_remote.hpp"

#include <gtest/gtest.h>

#include <optional>
#include <vector>

namespace kiln::transfer {
namespace {

using testing::fake_remote;

error partial(std::string const& said) {
  return error(errc::unavailable, said).with_http_status(503).with_error_code("PARTIAL_DELETE");
}

struct remove_tree_test : ::testing::Test {
  fake_remote remote;
  std::vector<remove_progress> told;

  result<remove_report> remove(std::string const& path) {
    std::optional<result<remove_report>> out;
    auto const work = [&]() -> asio::awaitable<void> {
      removal_progress const tell = [this](remove_progress const& p) { told.push_back(p); };
      auto got = co_await remove_tree(remote, path, tell);
      out.emplace(std::move(got));
    };
    testing::run(work());
    return std::move(*out);
  }
};

TEST_F(remove_tree_test, repeats_until_the_server_has_deleted_all) {
  remote.fault = [](std::string const& call, int nth,
                    fake_remote::when at) -> std::optional<error> {
    if (call != "remove_directory" || at != fake_remote::when::before || nth > 3) return {};
    return partial("The requested operation has deleted " + std::to_string(nth * 100) +
                   " files and will continue when it is called again");
  };
  auto const done = remove("/d");
  ASSERT_TRUE(done.has_value()) << done.error();
  EXPECT_EQ(done->requests, 4U);
  EXPECT_EQ(done->removed, 600U);
  ASSERT_EQ(told.size(), 3U);
  EXPECT_EQ(told[0].removed, 100U);
  EXPECT_EQ(told[2].removed, 600U);
  EXPECT_EQ(told[2].total, 0U);
}

TEST_F(remove_tree_test, gives_up_when_nothing_more_goes) {
  remote.fault = [](std::string const& call, int, fake_remote::when) -> std::optional<error> {
    if (call != "remove_directory") return {};
    return partial("has deleted 0 files");
  };
  auto const done = remove("/d");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().error_code(), "PARTIAL_DELETE");
  EXPECT_EQ(remote.calls["remove_directory"], partial_deletes_idle_max);
}

TEST_F(remove_tree_test, ends_with_any_other_error) {
  remote.fault = [](std::string const&, int nth, fake_remote::when) -> std::optional<error> {
    if (nth == 1) return partial("no number in it");
    return error(errc::permission_denied, "not yours");
  };
  auto const done = remove("/d");
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(done.error().code(), errc::permission_denied);
  EXPECT_EQ(remote.calls["remove_directory"], 2);
}

dbfs::file_info entry(std::string path, bool is_dir) {
  dbfs::file_info out;
  out.path = std::move(path);
  out.is_dir = is_dir;
  return out;
}

TEST_F(remove_tree_test, of_a_volume_deletes_files_before_their_directories) {
  std::string const root = "/Volumes/a/b/c/d";
  remote.listings[root] = {entry(root + "/x", false), entry(root + "/e", true)};
  remote.listings[root + "/e"] = {entry(root + "/e/f", true), entry(root + "/e/y", false)};
  remote.listings[root + "/e/f"] = {};
  std::vector<std::string> order;
  remote.fault = [&](std::string const& call, int, fake_remote::when at) -> std::optional<error> {
    if (at == fake_remote::when::before) order.push_back(call);
    return {};
  };
  auto const done = remove(root);
  ASSERT_TRUE(done.has_value()) << done.error();
  EXPECT_EQ(order,
            (std::vector<std::string>{"list", "list", "list", "remove", "remove",
                                      "remove_directory", "remove_directory", "remove_directory"}));
  EXPECT_EQ(done->removed, 5U);
  EXPECT_EQ(done->requests, 8U);
  EXPECT_EQ(told.back().total, 5U);
}

TEST_F(remove_tree_test, of_a_volume_deletes_nothing_when_a_part_cannot_be_listed) {
  std::string const root = "/Volumes/a/b/c/d";
  remote.listings[root] = {entry(root + "/x", false), entry(root + "/e", true)};
  auto const done = remove(root);  // "e" is not there any more when it is listed
  ASSERT_FALSE(done.has_value());
  EXPECT_EQ(remote.calls["remove"], 0);
  EXPECT_EQ(remote.calls["remove_directory"], 0);
}

TEST_F(remove_tree_test, of_a_volume_stops_at_the_first_refusal) {
  std::string const root = "/Volumes/a/b/c/d";
  for (int i = 0; i < 100; ++i) {
    remote.listings[root].push_back(entry(root + '/' + std::to_string(i), false));
  }
  remote.fault = [](std::string const& call, int nth, fake_remote::when) -> std::optional<error> {
    if (call == "remove" && nth == 15) return error(errc::permission_denied, "not yours");
    return {};
  };
  auto const done = remove(root);
  ASSERT_FALSE(done.has_value());
  EXPECT_LE(remote.calls["remove"], 15 + static_cast<int>(requests_in_flight_max(root)));
  EXPECT_EQ(remote.calls["remove_directory"], 0);
  EXPECT_LE(remote.most_under_way, requests_in_flight_max(root));
}

}  // namespace
}  // namespace kiln::transfer
