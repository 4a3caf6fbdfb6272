#include "core/timers.hpp"
#include "support/virtual_world.hpp"

#include <kiln/for_each.hpp>

#include <gtest/gtest.h>

#include <list>
#include <memory>
#include <string>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using test::virtual_world;

struct for_each_suite : testing::Test {
  virtual_world world;
  std::size_t now = 0;
  std::size_t most = 0;
  std::vector<int> begun;

  /// Takes `item` seconds; fails below zero.
  task<std::string> work(int item) {
    begun.push_back(item);
    most = std::max(most, ++now);
    error why(errc::cancelled, "told to");
    try {
      auto const length = std::chrono::seconds(item < 0 ? -item : item);
      co_await world.clock()->sleep_until(world.now() + length);
    } catch (boost::system::system_error const&) {
      --now;
      co_return why;
    }
    --now;
    if (item < 0) co_return error(errc::not_found, "none");
    co_return std::to_string(item);
  }
  auto worker() {
    return [this](int item) { return work(item); };
  }
};

struct listener final : for_each_observer {
  void ended(std::size_t item, error const* why, for_each_progress const& p) override {
    items.push_back(item);
    if (why != nullptr) reasons.push_back(why->code());
    last = p;
  }
  std::vector<std::size_t> items;
  std::vector<errc> reasons;
  for_each_progress last;
};

TEST_F(for_each_suite, gives_a_result_an_item_in_their_order) {
  std::vector<int> const items{3, -1, 2};
  auto const out = world.run(for_each(items, worker()));
  ASSERT_TRUE(out.has_value());
  ASSERT_EQ(out->size(), 3U);
  EXPECT_EQ(*(*out)[0], "3");
  EXPECT_EQ((*out)[1].error().code(), errc::not_found);
  EXPECT_EQ(*(*out)[2], "2");
}

TEST_F(for_each_suite, never_has_more_under_way_than_allowed) {
  std::list<int> const items(50, 1);
  for_each_options options;
  options.in_flight_max = 7;
  auto const out = world.run(for_each(items, worker(), options));
  EXPECT_EQ(out->size(), 50U);
  EXPECT_EQ(most, 7U);
  EXPECT_EQ(begun.size(), 50U);
}

TEST_F(for_each_suite, tells_of_each_end_as_it_comes) {
  std::vector<int> const items{3, -1, 2};
  listener heard;
  for_each_options options;
  options.observer = &heard;
  auto const out = world.run(for_each(items, worker(), options));
  EXPECT_TRUE(out.has_value());
  EXPECT_EQ(heard.items, (std::vector<std::size_t>{1, 2, 0}));
  EXPECT_EQ(heard.reasons, (std::vector<errc>{errc::not_found}));
  EXPECT_EQ(heard.last.items, 3U);
  EXPECT_EQ(heard.last.done, 2U);
  EXPECT_EQ(heard.last.failed, 1U);
  EXPECT_EQ(heard.last.in_flight, 0U);
}

TEST_F(for_each_suite, begins_nothing_more_after_so_many_failures) {
  std::vector<int> const items{-1, 5, -2, 1, 1, 1};
  for_each_options options;
  options.in_flight_max = 2;
  options.failures_max = 2;
  auto const out = world.run(for_each(items, worker(), options));
  EXPECT_EQ(begun, (std::vector<int>{-1, 5, -2}));
  EXPECT_EQ(*(*out)[1], "5") << "what was under way is finished";
  EXPECT_EQ((*out)[3].error().code(), errc::cancelled);
}

TEST_F(for_each_suite, hands_a_cancellation_to_what_is_under_way_and_begins_no_more) {
  std::vector<int> const items{1, 60, 60, 1};
  for_each_options options;
  options.in_flight_max = 2;
  auto const running = world.start(for_each(items, worker(), options));
  world.run_for(2s);
  EXPECT_EQ(begun.size(), 3U);
  running->stop.emit(asio::cancellation_type::terminal);
  world.settle();
  ASSERT_TRUE(running->done());
  EXPECT_EQ(now, 0U);
  EXPECT_EQ(begun.size(), 3U);
  ASSERT_TRUE(running->value.has_value());
  auto const& out = **running->value;
  EXPECT_EQ(*out[0], "1");
  EXPECT_EQ(out[1].error().code(), errc::cancelled);
  EXPECT_EQ(out[3].error().code(), errc::cancelled);
}

TEST_F(for_each_suite, throws_what_leaves_the_work_once_all_have_ended) {
  std::vector<int> const items{60, 1, 60};
  auto throwing = [this](int item) -> task<std::string> {
    auto inner = work(item);
    auto out = co_await std::move(inner);
    if (item == 1) throw std::runtime_error("no");
    co_return out;
  };
  EXPECT_THROW(static_cast<void>(world.run(for_each(items, throwing))), std::runtime_error);
  EXPECT_EQ(now, 0U);
}

TEST_F(for_each_suite, works_through_nothing_at_once_and_refuses_to_have_none_under_way) {
  std::vector<int> const none;
  EXPECT_TRUE(world.run(for_each(none, worker()))->empty());
  for_each_options options;
  options.in_flight_max = 0;
  EXPECT_THROW(static_cast<void>(for_each(none, worker(), options)), std::invalid_argument);
}

TEST_F(for_each_suite, keeps_results_that_can_only_be_moved) {
  std::vector<std::unique_ptr<int>> items;
  items.push_back(std::make_unique<int>(4));
  auto const out = world.run(for_each(
      std::move(items), [](std::unique_ptr<int> const& item) -> task<std::unique_ptr<int>> {
        auto twice = std::make_unique<int>(*item * 2);
        co_return std::move(twice);
      }));
  ASSERT_EQ(out->size(), 1U);
  EXPECT_EQ(**(*out)[0], 8);
}

}  // namespace
}  // namespace kiln
