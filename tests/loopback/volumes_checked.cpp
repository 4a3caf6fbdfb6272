// What was sent to a volume or received from it, read a second time; and servers that end their
// connections whenever they like.
#include "loopback/transfer_support.hpp"

#include <kiln/services/files.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <span>
#include <string>
#include <utility>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;

constexpr std::size_t checked_range = 4U << 20;
std::string const checked_root = "/Volumes/main/default/v";
std::string const checked_route = "/api/2.0/fs/files" + checked_root;

struct volumes_checked : world {
  [[nodiscard]] std::string path(std::string const& name) const {
    return (local.path() / name).string();
  }
  void make_tree() const {
    local.write("t/empty", "");
    local.write("t/small", "abc");
    local.write("t/d/large", content_of(2 * checked_range + 17));
  }
};

TEST_F(volumes_checked, are_read_back_with_the_requests_that_were_planned) {
  make_tree();
  transfer_options o;
  o.verify = true;
  auto const plan = wait(plan_upload(*ws, path("t"), checked_root + "/t", o));
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->requests.put, 3U);
  EXPECT_EQ(plan->requests.read, 1U + 3U) << "4 MiB each, nothing for the empty file";
  auto before = requests();
  auto const up = upload("t", checked_root + "/t", o);
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_TRUE(up->failures.empty()) << up->failures[0].reason;
  EXPECT_EQ(up->files_verified, 3U);
  EXPECT_EQ(requests() - before, plan->requests.total());

  before = requests();
  auto const down_plan = wait(plan_download(*ws, checked_root + "/t", path("back"), o));
  ASSERT_TRUE(down_plan.has_value()) << down_plan.error();
  EXPECT_EQ(down_plan->requests.read, 2 * (1U + 3U));
  EXPECT_EQ(requests() - before, down_plan->requests_spent.total());
  before = requests();
  auto const down = download(checked_root + "/t", "back", o);
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_TRUE(down->failures.empty()) << down->failures[0].reason;
  EXPECT_EQ(down->files_verified, 3U);
  EXPECT_EQ(requests() - before, down_plan->requests.total() + down_plan->requests_spent.total());
  EXPECT_EQ((local / "back").contents(), (local / "t").contents());
}

TEST_F(volumes_checked, that_hold_another_byte_than_was_sent_are_noticed) {
  std::string const other = "abd";
  std::string const at = checked_root + "/f";
  files::upload const request{at, true};
  auto const old =
      wait(ws->files().upload(request, make_memory_source(std::as_bytes(std::span(other)))));
  ASSERT_TRUE(old.has_value()) << old.error();
  local.write("f", "abc");
  emulator_fault kept;  // says that it took the file, and keeps the old one
  kept.route = checked_route + "/f";
  kept.status = 204;
  kept.headers = "Content-Type: application/octet-stream\r\n";
  emu->add_fault(kept);
  transfer_options o;
  o.verify = true;
  o.overwrite = overwrite::always;
  auto const up = upload("f", checked_root + "/f", o);
  ASSERT_TRUE(up.has_value()) << up.error();
  ASSERT_EQ(up->failures.size(), 1U);
  EXPECT_EQ(up->failures[0].reason.operation(), "verify");
  EXPECT_NE(up->failures[0].reason.message().find("at byte 2"), std::string::npos)
      << up->failures[0].reason;
}

TEST_F(volumes_checked, whose_ranges_differ_when_they_come_again_are_noticed) {
  local.write("f", "abc");
  ASSERT_TRUE(upload("f", checked_root + "/f").has_value());
  emulator_fault second;
  second.route = checked_route + "/f";
  second.skip = 1 + 1;  // one look at what the path is, one read
  second.status = 206;
  second.body = "abd";
  second.headers = "Content-Type: application/octet-stream\r\nContent-Range: bytes 0-2/3\r\n";
  emu->add_fault(second);
  transfer_options o;
  o.verify = true;
  auto const down = download(checked_root + "/f", "g", o);
  ASSERT_TRUE(down.has_value()) << down.error();
  ASSERT_EQ(down->failures.size(), 1U);
  EXPECT_EQ(down->failures[0].reason.operation(), "verify") << down->failures[0].reason;
  EXPECT_FALSE(std::filesystem::exists(local.path() / "g")) << "nothing of it stays";
}

struct short_connections : world {
  void SetUp() override {
    emulator_options o;
    o.connection_requests_max = 3;  // "Connection: close" with the third answer
    start(o);
  }
};

TEST_F(short_connections, fail_no_item_and_cost_no_request) {
  for (int i = 0; i < 40; ++i) local.write("t/" + std::to_string(i), content_of(100));
  local.write("t/large", content_of((5U << 20) + 1));
  for (auto const& to : {std::string("/t"), checked_root + "/t"}) {
    auto const before = requests();
    auto const up = upload("t", to);
    ASSERT_TRUE(up.has_value()) << up.error();
    EXPECT_TRUE(up->failures.empty()) << up->failures[0].reason;
    EXPECT_EQ(requests() - before, 41U) << to;
    auto const down = download(to, "back" + to);
    ASSERT_TRUE(down.has_value()) << down.error();
    EXPECT_TRUE(down->failures.empty()) << down->failures[0].reason;
    EXPECT_EQ((local / ("back" + to)).contents(), (local / "t").contents()) << to;
  }
  auto const before = requests();
  auto const streamed = upload("t/large", "/s", {.strategy = upload_strategy::blocks});
  ASSERT_TRUE(streamed.has_value()) << streamed.error();
  EXPECT_TRUE(streamed->failures.empty()) << streamed->failures[0].reason;
  EXPECT_EQ(requests() - before, 1U + 1 + 6 + 1 + 1 + 1) << "as planned";
  EXPECT_GT(emu->stats().connections, 40U);
}

// An answer that does not come because the server ended the connection in good order, which is how
// it says that it had no time for the request, not that it refuses it.
TEST_F(short_connections, that_end_instead_of_an_answer_are_made_up_for) {
  for (std::size_t i = 0; i < 20; ++i) local.write("t/" + std::to_string(i), content_of(100 + i));
  for (bool const applied : {false, true}) {
    std::string const to = applied ? "/applied" : "/lost";
    for (std::uint64_t const nth : {2U, 5U, 11U}) lose_answer("put", applied, nth);
    auto const up = upload("t", to);
    ASSERT_TRUE(up.has_value()) << up.error();
    EXPECT_TRUE(up->failures.empty()) << up->failures[0].reason;
    for (std::uint64_t const nth : {1U, 4U, 9U}) lose_answer("read", applied, nth);
    auto const down = download(to, "back" + to);
    ASSERT_TRUE(down.has_value()) << down.error();
    EXPECT_TRUE(down->failures.empty()) << down->failures[0].reason;
    EXPECT_EQ((local / ("back" + to)).contents(), (local / "t").contents());
  }
}

}  // namespace
}  // namespace kiln
