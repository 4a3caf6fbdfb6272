// A file of DBFS from a source and to a sink of the caller's own: through the engine, with requests
// counted.
#include "loopback/transfer_support.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <functional>
#include <memory>
#include <span>
#include <string>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;

constexpr std::size_t one_mib = 1U << 20;
constexpr auto of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

struct text_sink final : byte_sink {
  std::string text;
  int begun = 0;
  std::size_t room = SIZE_MAX;
  std::function<void()> on_write;
  result<void> restart() override {
    ++begun;
    text.clear();
    return {};
  }
  result<void> write(std::span<std::byte const> data) override {
    if (on_write) on_write();
    if (text.size() + data.size() > room) return error(errc::disk_full, "the sink is full");
    text.append(reinterpret_cast<char const*>(data.data()), data.size());
    return {};
  }
};

/// Counts from 0 to 255 and again, without holding it.
struct counting_source final : byte_source {
  std::uint64_t length = 0;
  std::uint64_t ends_at = UINT64_MAX;
  [[nodiscard]] std::uint64_t size() const noexcept override { return length; }
  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
    std::size_t n = 0;
    for (; n < into.size() && offset + n < std::min(length, ends_at); ++n) {
      into[n] = static_cast<std::byte>((offset + n) & 0xFFU);
    }
    return n;
  }
};

struct transfer_streams : world {
  result<stream_result> send(std::string const& text, std::string const& to,
                             transfer_options const& o = {}) const {
    return wait(kiln::upload(*ws, make_memory_source(std::as_bytes(std::span(text))), to, o));
  }
  std::shared_ptr<text_sink> sink = std::make_shared<text_sink>();
  result<stream_result> receive(std::string const& from, transfer_options const& o = {}) const {
    return wait(kiln::download(*ws, from, std::shared_ptr<byte_sink>(sink), o));
  }
};

TEST_F(transfer_streams, take_bytes_there_and_back_at_the_least_number_of_requests) {
  auto const sent = send("abc", "dbfs:/a/f");
  ASSERT_TRUE(sent.has_value()) << sent.error();
  EXPECT_EQ(sent->bytes, 3U);
  EXPECT_EQ(sent->sha256, of_abc);
  EXPECT_EQ(sent->requests, 1U);
  EXPECT_EQ(requests(), 1U);
  auto const got = receive("dbfs:/a/f");
  ASSERT_TRUE(got.has_value()) << got.error();
  EXPECT_EQ(sink->text, "abc");
  EXPECT_EQ(got->sha256, of_abc);
  EXPECT_EQ(got->requests, 2U);
  EXPECT_EQ(requests(), 3U);
}

TEST_F(transfer_streams, of_any_size_come_in_order_and_are_told_of) {
  for (std::size_t const size : {std::size_t{0}, one_mib, one_mib + 1, 9 * one_mib + 5}) {
    auto const text = content_of(size);
    auto const sent = send(text, "/f", {.overwrite = overwrite::always, .stream_always = true});
    ASSERT_TRUE(sent.has_value()) << sent.error();
    struct watcher final : transfer_observer {
      std::uint64_t bytes = 0;
      void progressed(transfer_progress const& p) override { bytes = p.bytes_done; }
    } watch;
    auto const before = requests();
    auto const got = receive("/f", {.bytes_in_flight_max = 3 * one_mib, .observer = &watch});
    ASSERT_TRUE(got.has_value()) << got.error();
    EXPECT_EQ(got->requests, requests() - before);
    EXPECT_TRUE(sink->text == text) << size;
    EXPECT_EQ(got->sha256, sent->sha256);
    EXPECT_EQ(watch.bytes, size);
  }
}

TEST_F(transfer_streams, are_sent_again_whole_when_an_answer_is_lost) {
  auto source = std::make_shared<counting_source>();
  source->length = 3 * one_mib + 7;
  lose_answer("add-block", true, 2);
  auto const sent =
      wait(kiln::upload(*ws, std::shared_ptr<byte_source>(source), "/f", {.stream_always = true}));
  ASSERT_TRUE(sent.has_value()) << sent.error();
  auto const got = receive("/f");
  EXPECT_EQ(got->bytes, source->length);
  EXPECT_EQ(got->sha256, sent->sha256);
}

TEST_F(transfer_streams, keep_what_exists_as_they_are_told) {
  send("abc", "/f");
  auto const failed = send("new", "/f");
  ASSERT_TRUE(failed.has_error());
  EXPECT_EQ(failed.error().code(), errc::already_exists);
  auto const skipped = send("new", "/f", {.overwrite = overwrite::never});
  ASSERT_TRUE(skipped.has_value()) << skipped.error();
  EXPECT_EQ(skipped->state, transfer_state::skipped);
  EXPECT_EQ(skipped->sha256, "");
  EXPECT_EQ(send("new", "/f", {.overwrite = overwrite::if_newer}).error().code(),
            errc::invalid_argument);
}

TEST_F(transfer_streams, end_with_what_source_or_sink_fail_with) {
  auto source = std::make_shared<counting_source>();
  source->length = 2 * one_mib;
  source->ends_at = one_mib + 1;
  auto const sent =
      wait(kiln::upload(*ws, std::shared_ptr<byte_source>(source), "/f", {.stream_always = true}));
  ASSERT_TRUE(sent.has_error());
  EXPECT_EQ(sent.error().code(), errc::file_changed);
  EXPECT_EQ(receive("/f").error().code(), errc::not_found) << "nothing is left of it";
  send(content_of(5 * one_mib), "/g");
  sink->room = 2 * one_mib;
  EXPECT_EQ(receive("/g").error().code(), errc::disk_full);
  send("x", "/dir/x");
  EXPECT_EQ(receive("/dir").error().code(), errc::invalid_argument);
  EXPECT_EQ(receive("relative").error().code(), errc::invalid_argument);
  EXPECT_THROW((void)kiln::download(*ws, "/g", std::shared_ptr<byte_sink>()),
               std::invalid_argument);
}

TEST_F(transfer_streams, begin_again_when_the_file_changes_under_them) {
  auto const first = content_of(4 * one_mib);
  send(first, "/f");
  bool changed = false;
  sink->on_write = [&] {
    if (!std::exchange(changed, true)) {
      emulator_fault short_answer;
      short_answer.route = "/api/2.0/dbfs/read";
      short_answer.status = 200;
      short_answer.body = R"({"bytes_read":3,"data":"YWJj"})";
      emu->add_fault(std::move(short_answer));
    }
  };
  auto const got = receive("/f", {.bytes_in_flight_max = one_mib});
  ASSERT_TRUE(got.has_value()) << got.error();
  EXPECT_EQ(sink->begun, 2);
  EXPECT_TRUE(sink->text == first);
}

TEST_F(transfer_streams, of_a_volume_come_in_its_ranges) {
  std::string const path = "/Volumes/main/default/v/f";
  std::string const text = content_of(9 * one_mib + 5);
  ASSERT_TRUE(send(text, path).has_value());
  auto const before = requests();
  auto const got = receive(path);
  ASSERT_TRUE(got.has_value()) << got.error();
  EXPECT_TRUE(sink->text == text);
  EXPECT_EQ(got->requests, 1U + 3U) << "a look, and three reads that each tell of a change";
  EXPECT_EQ(requests() - before, got->requests);
}

/// Takes each part only after other work of the loop had its turn.
struct hesitant_sink final : async_byte_sink {
  std::string text;
  int inside = 0, most_inside = 0;
  task<void> restart() override {
    text.clear();
    co_return result<void>();
  }
  task<void> write(std::span<std::byte const> data) override {
    most_inside = std::max(most_inside, ++inside);
    auto const executor = co_await asio::this_coro::executor;
    for (int turn = 0; turn < 50; ++turn) co_await asio::post(executor, asio::use_awaitable);
    text.append(reinterpret_cast<char const*>(data.data()), data.size());
    --inside;
    co_return result<void>();
  }
};

TEST_F(transfer_streams, wait_for_a_sink_that_takes_its_time) {
  std::string const text = content_of(7 * one_mib + 5);
  ASSERT_TRUE(send(text, "/f").has_value());
  auto const slow = std::make_shared<hesitant_sink>();
  auto const got = wait(kiln::download(*ws, "/f", slow, {.bytes_in_flight_max = 3 * one_mib}));
  ASSERT_TRUE(got.has_value()) << got.error();
  EXPECT_TRUE(slow->text == text) << "in order, once";
  EXPECT_EQ(slow->most_inside, 1) << "one part after the other";
}

TEST_F(transfer_streams, end_in_order_when_they_are_drained) {
  send(content_of(6 * one_mib), "/f");
  std::atomic<bool> drain = false;
  sink->on_write = [&] { drain = true; };
  auto const got = receive("/f", {.bytes_in_flight_max = one_mib, .drain = &drain});
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::cancelled);
}

}  // namespace
}  // namespace kiln
