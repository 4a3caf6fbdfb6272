#include "transfer/at_target.hpp"

#include "transfer/names.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace kiln::transfer {
namespace {

timestamp at(int seconds) { return timestamp(std::chrono::seconds(seconds)); }

found file_of(std::uint64_t size, int modified) { return {"", false, size, at(modified)}; }

/// Uploads of 10 bytes each, changed at second 100.
transfer_plan plan_of(std::vector<std::string> const& names, bool upload = true) {
  listing tree;
  for (auto const& name : names) tree.entries.push_back({name, false, 10, at(100)});
  return upload ? upload_plan(std::move(tree), "/here", "/there", {})
                : download_plan(std::move(tree), "/there", "/here");
}

std::vector<std::string> left_of(transfer_plan const& plan) {
  std::vector<std::string> out;
  for (auto const& item : plan.items) out.emplace_back(last_component(item.destination));
  return out;
}

struct at_target : ::testing::Test {
  std::map<std::string, found> there{{"older", file_of(10, 99)},
                                     {"younger", file_of(10, 101)},
                                     {"other", file_of(11, 101)},
                                     {"dir", {"", true, 0, std::nullopt}}};
  transfer_plan plan = plan_of({"older", "younger", "other", "dir", "new"});

  void settle(overwrite how, plan_rules const& rules = {}) {
    leave_standing(plan, how, rules, [this](transfer_item const& item) {
      auto const found_there = there.find(std::string(last_component(item.destination)));
      return found_there == there.end() ? std::optional<found>()
                                        : std::optional<found>(found_there->second);
    });
  }
};

TEST_F(at_target, keeps_what_is_not_older_than_the_source_when_only_newer_ones_are_wanted) {
  settle(overwrite::if_newer);
  EXPECT_EQ(left_of(plan), (std::vector<std::string>{"dir", "new", "older"}));
  EXPECT_EQ(plan.files, 3U);
  EXPECT_EQ(plan.bytes, 30U);
  EXPECT_EQ(plan.requests.put, 3U);
  ASSERT_EQ(plan.refused.size(), 2U);
  for (auto const& f : plan.refused) {
    EXPECT_EQ(f.state, transfer_state::skipped);
    EXPECT_EQ(f.reason.code(), errc::already_exists);
  }
}

TEST_F(at_target, keeps_what_looks_the_same_when_only_different_ones_are_wanted) {
  settle(overwrite::if_different);
  EXPECT_EQ(left_of(plan), (std::vector<std::string>{"dir", "new", "older", "other"}));
  ASSERT_EQ(plan.refused.size(), 1U);
  EXPECT_EQ(plan.refused[0].item.destination, "/there/younger");
}

TEST_F(at_target, keeps_all_that_is_there_when_nothing_is_to_be_replaced) {
  settle(overwrite::never);
  EXPECT_EQ(left_of(plan), std::vector<std::string>{"new"});
  EXPECT_EQ(plan.refused.size(), 4U);
}

TEST_F(at_target, counts_the_requests_of_a_stream_that_makes_way_for_itself) {
  plan = plan_of({"older", "new"});
  plan_rules streams;
  streams.stream_always = true;
  streams.overwrite = overwrite::always;
  settle(overwrite::if_newer, streams);
  EXPECT_EQ(plan.requests.create, 2U);
  EXPECT_EQ(plan.requests.delete_, 1U);
  EXPECT_EQ(plan.requests.move, 3U);
  EXPECT_EQ(plan.requests.get_status, 3U);
}

TEST(case_collisions, leave_the_first_of_names_that_differ_in_case_only) {
  auto plan = plan_of({"Read", "read", "a/READ", "A/read", "\xC3\x84", "\xC3\xA4"}, false);
  refuse_case_collisions(plan);
  EXPECT_EQ(plan.files, 3U);
  EXPECT_EQ(plan.requests.read, 3U);
  ASSERT_EQ(plan.refused.size(), 3U);
  for (auto const& f : plan.refused) {
    EXPECT_EQ(f.state, transfer_state::failed);
    EXPECT_EQ(f.reason.code(), errc::unsafe_name);
    EXPECT_NE(f.reason.message().find("differs only in case"), std::string::npos);
  }
}

TEST(case_collisions, are_seen_in_latin_greek_and_cyrillic) {
  EXPECT_EQ(without_case("ABCz019_"), "abcz019_");
  EXPECT_EQ(without_case("\xC3\x9C\xCE\xA3\xD0\x96\xD0\x81"), "\xC3\xBC\xCF\x83\xD0\xB6\xD1\x91");
  EXPECT_EQ(without_case("\xC3\x97\xE2\x82\xAC\xFF"), "\xC3\x97\xE2\x82\xAC\xFF");
}

}  // namespace
}  // namespace kiln::transfer
