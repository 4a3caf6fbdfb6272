#include "transfer/upload.hpp"

#include "transfer/block_plan.hpp"
#include "unit/transfer/fake_remote.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace kiln::transfer {
namespace {

using testing::fake_remote;
using testing::lose;
using testing::scratch;
using when = fake_remote::when;

std::string letters(std::size_t size) {
  std::string out(size, '\0');
  random_source random(size);
  for (auto& c : out) c = static_cast<char>('a' + random.below(26));
  return out;
}

struct upload_fixture : ::testing::Test {
  scratch local;
  fake_remote remote;
  upload_rules rules;
  transfer_plan plan;
  std::string target = "/t";
  result<transfer_report> report = transfer_report();
  asio::cancellation_signal stop;

  void add_file(std::string const& name, std::string const& text) {
    local.write(name, text);
    tree.entries.push_back({name, false, text.size()});
  }
  void upload() {
    plan = upload_plan(std::move(tree), local.path(), target, rules.plan);
    testing::run(body(), &stop);
  }
  asio::awaitable<void> body() {
    co_await keep_after_cancel();
    auto const executor = co_await asio::this_coro::executor;
    tally::stats_source const stats = [] { return workspace_stats(); };
    stopwatch const still = [] { return std::chrono::nanoseconds(0); };
    tally ends(plan, nullptr, stats, workspace_stats(), still);
    uploader work(remote, plan, rules, ends, executor, 1);
    co_await work.run();
    report = std::move(ends).take();
  }
  [[nodiscard]] errc only_failure() const {
    EXPECT_EQ(report->failures.size(), 1U);
    return report->failures.empty() ? errc::none : report->failures[0].reason.code();
  }

  listing tree;
};

struct stream : upload_fixture {
  std::string const text = letters((3U << 20) + 12345);
  void SetUp() override { rules.plan.stream_always = true; }
  void upload_one() {
    add_file("f", text);
    upload();
  }
  void expect_whole_and_nothing_else() {
    EXPECT_EQ(report->files_done, 1U);
    ASSERT_EQ(remote.files.size(), 1U) << "a part was left behind";
    EXPECT_TRUE(remote.files["/t/f"] == text) << "corrupt";
  }
};

TEST_F(upload_fixture, puts_every_file_once_and_makes_empty_directories) {
  add_file("a", "1");
  add_file("d/b", "");
  tree.entries.push_back({"e", true, 0});
  upload();
  EXPECT_EQ(remote.files["/t/a"], "1");
  EXPECT_TRUE(remote.files.contains("/t/d/b"));
  EXPECT_TRUE(remote.directories.contains("/t/e"));
  EXPECT_EQ(static_cast<std::uint64_t>(remote.total()), plan.requests.total());
  EXPECT_EQ(report->files_done, 2U);
  EXPECT_EQ(report->directories, 1U);
  EXPECT_EQ(report->bytes_done, 1U);
}

TEST_F(upload_fixture, keeps_many_files_under_way_but_not_more_than_allowed) {
  for (int i = 0; i < 100; ++i) add_file("f" + std::to_string(i), "x");
  rules.files_in_flight_max = 7;
  upload();
  EXPECT_EQ(report->files_done, 100U);
  EXPECT_EQ(remote.most_under_way, 7U);
}

// Its service takes ten at a time, and refuses the others.
TEST_F(upload_fixture, sends_a_volume_ten_requests_at_a_time_also_when_it_reads_back) {
  for (int i = 0; i < 60; ++i) add_file("f" + std::to_string(i), "x");
  std::string const large = letters(3 * volume_range_bytes + 7);
  add_file("large", large);
  rules.plan.volume = rules.plan.verify = true;
  rules.bytes_in_flight_max = 1U << 30;
  target = "/Volumes/a/b/c/t";
  upload();
  EXPECT_EQ(report->files_verified, 61U);
  EXPECT_TRUE(remote.files[target + "/large"] == large);
  EXPECT_EQ(remote.most_under_way, 10U);
  EXPECT_EQ(remote.calls["read"], 60 + 4) << "4 MiB each";
  EXPECT_EQ(static_cast<std::uint64_t>(remote.total()), plan.requests.total());
}

TEST_F(upload_fixture, goes_on_after_an_item_that_failed) {
  for (auto const* name : {"a", "b", "c"}) add_file(name, name);
  remote.fault = [](std::string const&, int nth, when at) -> std::optional<error> {
    if (nth == 2 && at == when::before) return error(errc::permission_denied, "no");
    return std::nullopt;
  };
  upload();
  EXPECT_EQ(report->files_done, 2U);
  EXPECT_EQ(only_failure(), errc::permission_denied);
}

TEST_F(upload_fixture, fails_skips_or_replaces_a_target_that_exists) {
  for (auto const mode : {overwrite::fail, overwrite::never, overwrite::always}) {
    tree = {};
    remote.files = {{"/t/a", "old"}};
    rules.plan.overwrite = mode;
    add_file("a", "new");
    upload();
    EXPECT_EQ(report->files_failed, mode == overwrite::fail ? 1U : 0U);
    EXPECT_EQ(report->files_skipped, mode == overwrite::never ? 1U : 0U);
    EXPECT_EQ(report->files_done, mode == overwrite::always ? 1U : 0U);
    EXPECT_EQ(remote.files["/t/a"], mode == overwrite::always ? "new" : "old");
  }
  EXPECT_EQ(remote.calls["put"], 3);
  EXPECT_EQ(remote.calls["get_status"], 0);
}

TEST_F(upload_fixture, settles_a_put_whose_answer_was_lost_by_the_size_that_is_there) {
  for (bool const same : {true, false}) {
    tree = {};
    remote.files = {{"/t/a", same ? "new" : "older"}};
    add_file("a", "new");
    remote.fault = [](std::string const& call, int, when) -> std::optional<error> {
      if (call != "put") return std::nullopt;
      return fake_remote::exists().with_may_have_been_applied(true);
    };
    upload();
    EXPECT_EQ(report->files_done, same ? 1U : 0U);
    EXPECT_EQ(report->files_failed, same ? 0U : 1U);
  }
}

TEST_F(upload_fixture, puts_a_single_file_into_the_directory_that_is_there) {
  local.write("a", "x");
  remote.directories["/t/dir"] = true;
  rules.target_may_be_directory = true;
  plan = file_upload_plan(local / "a", "/t/dir", 1, rules.plan);
  testing::run(body());
  EXPECT_EQ(report->files_done, 1U);
  EXPECT_EQ(remote.files["/t/dir/a"], "x");
}

TEST_F(upload_fixture, streams_when_the_server_refuses_the_put_and_remembers_it) {
  remote.fault = [](std::string const& call, int, when) -> std::optional<error> {
    if (call != "put") return std::nullopt;
    return error(errc::invalid_request, "too large").with_http_status(413);
  };
  rules.files_in_flight_max = 1;
  add_file("a", "xyz");
  add_file("b", "xyzxyz");
  upload();
  EXPECT_EQ(report->files_done, 2U);
  EXPECT_EQ(remote.calls["put"], 1);
  EXPECT_EQ(remote.files["/t/b"], "xyzxyz");
}

TEST_F(upload_fixture, reports_a_file_that_is_gone) {
  add_file("a", "x");
  add_file("b", "x");
  std::filesystem::remove(local / "a");
  upload();
  EXPECT_EQ(report->files_done, 1U);
  EXPECT_EQ(only_failure(), errc::file_not_found);
}

TEST_F(stream, takes_the_requests_of_the_plan) {
  upload_one();
  expect_whole_and_nothing_else();
  EXPECT_EQ(static_cast<std::uint64_t>(remote.total()), plan.requests.total());
  EXPECT_EQ(remote.calls["add_block"], 4);
}

TEST_F(stream, of_an_empty_file_makes_it) {
  add_file("f", "");
  upload();
  EXPECT_EQ(report->files_done, 1U);
  EXPECT_TRUE(remote.files.contains("/t/f"));
}

// Every request loses its answer once, applied and not: the heart of the protocol.
TEST_F(stream, is_exact_whichever_answer_is_lost) {
  for (auto const* call : {"create", "add_block", "close", "get_status", "move"}) {
    for (int nth = 1; nth <= 4; ++nth) {
      for (auto const at : {when::before, when::after}) {
        if (nth > 1 && std::string(call) != "add_block") continue;
        rules.plan.overwrite = overwrite::always;
        rules.plan.targets_absent = true;
        tree = {};
        remote = fake_remote();
        remote.fault = lose(call, nth, at);
        if (std::string(call) == "get_status") {
          remote.fault = [](std::string const& c, int n, when) -> std::optional<error> {
            if (c == "get_status" && n == 1) return error(errc::unavailable, "down");
            return std::nullopt;
          };
          upload_one();
          EXPECT_EQ(only_failure(), errc::unavailable) << "an unchecked stream must not be moved";
          EXPECT_TRUE(remote.files.empty());
          continue;
        }
        upload_one();
        SCOPED_TRACE(std::string(call) + " " + std::to_string(nth) +
                     (at == when::after ? " applied" : " not applied"));
        expect_whole_and_nothing_else();
      }
    }
  }
}

TEST_F(stream, is_never_corrupt_when_many_answers_are_lost) {
  random_source random(4);
  int lost = 0;
  int done = 0;
  for (int round = 0; round < 40; ++round) {
    tree = {};
    remote = fake_remote();
    remote.fault = [&](std::string const& call, int, when) -> std::optional<error> {
      if (call == "get_status" || call == "remove" || random.unit() > 0.05) return std::nullopt;
      ++lost;
      return fake_remote::lost();
    };
    upload_one();
    if (report->files_done == 1) {
      ++done;
      expect_whole_and_nothing_else();
    } else {
      EXPECT_FALSE(remote.files.contains("/t/f") && remote.files["/t/f"] != text);
    }
  }
  EXPECT_GT(lost, 20);
  EXPECT_GT(done, 36);
}

TEST_F(stream, gives_up_after_a_bounded_number_of_beginnings_and_cleans_up) {
  remote.fault = [](std::string const& call, int, when at) -> std::optional<error> {
    if (call == "add_block" && at == when::after) return fake_remote::lost();
    return std::nullopt;
  };
  upload_one();
  EXPECT_EQ(remote.calls["create"], uploader::streams_max);
  EXPECT_EQ(only_failure(), errc::connection_lost);
  EXPECT_TRUE(remote.files.empty());
}

TEST_F(stream, ends_at_a_cancellation_that_comes_between_two_blocks) {
  add_file("f", letters(8U << 20));
  remote.fault = [this](std::string const& call, int nth, when at) -> std::optional<error> {
    bool const answered = call == "add_block" && nth == 2 && at == when::after;
    if (answered) stop.emit(asio::cancellation_type::terminal);
    return std::nullopt;
  };
  upload();
  EXPECT_LE(remote.calls["add_block"], 3);
  ASSERT_TRUE(report.has_error());
  EXPECT_EQ(report.error().code(), errc::cancelled);
  EXPECT_TRUE(remote.files.empty());
}

TEST_F(stream, begins_again_when_the_size_is_wrong_or_the_handle_is_gone) {
  remote.fault = [this](std::string const& call, int nth, when at) -> std::optional<error> {
    if (call == "close" && nth == 1 && at == when::after) {
      for (auto& [path, contents] : remote.files) contents += "doubled";
    }
    if (call == "add_block" && nth == 6 && at == when::before) return fake_remote::missing();
    return std::nullopt;
  };
  upload_one();
  expect_whole_and_nothing_else();
  EXPECT_EQ(remote.calls["create"], 3);
}

TEST_F(stream, asks_for_the_target_before_it_spends_its_blocks) {
  remote.files["/t/f"] = "old";
  upload_one();
  EXPECT_EQ(only_failure(), errc::already_exists);
  EXPECT_EQ(remote.total(), 1);
}

TEST_F(stream, replaces_a_target_only_when_the_new_one_is_whole) {
  remote.files["/t/f"] = "old";
  rules.plan.overwrite = overwrite::always;
  remote.fault = [this](std::string const& call, int, when at) -> std::optional<error> {
    if (call == "add_block" || call == "close") {
      EXPECT_EQ(remote.files["/t/f"], "old");
    }
    (void)at;
    return std::nullopt;
  };
  upload_one();
  expect_whole_and_nothing_else();
}

TEST_F(stream, does_not_take_another_writers_target_for_its_own) {
  rules.plan.targets_absent = true;
  remote.fault = [this](std::string const& call, int, when at) -> std::optional<error> {
    if (call == "close" && at == when::after) remote.files["/t/f"] = letters(text.size());
    return std::nullopt;
  };
  upload_one();
  EXPECT_EQ(only_failure(), errc::already_exists);
  EXPECT_EQ(remote.files.size(), 1U) << "the part was left behind";
}

TEST_F(stream, of_a_file_that_shrinks_or_grows_fails_and_leaves_nothing) {
  for (auto const size : {text.size() - 1, text.size() + 1}) {
    tree = {};
    remote = fake_remote();
    remote.fault = [this, size](std::string const& call, int nth, when) -> std::optional<error> {
      if (call == "add_block" && nth == 2) std::filesystem::resize_file(local / "f", size);
      return std::nullopt;
    };
    upload_one();
    EXPECT_EQ(only_failure(), errc::file_changed);
    EXPECT_TRUE(remote.files.empty());
  }
}

TEST_F(stream, keeps_few_buffers_whatever_the_number_of_files) {
  for (int i = 0; i < 12; ++i) add_file("f" + std::to_string(i), "x");
  rules.plan.targets_absent = true;
  rules.bytes_in_flight_max = 3U << 20;
  upload();
  EXPECT_EQ(report->files_done, 12U);
  EXPECT_EQ(remote.most_under_way, 3U);
}

}  // namespace
}  // namespace kiln::transfer
