#include "transfer/sync_plan.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <map>
#include <random>
#include <set>

namespace kiln::transfer {
namespace {

using strings = std::vector<std::string>;

timestamp moment_at(int seconds) {
  return timestamp(std::chrono::seconds(1'600'000'000 + seconds));
}

sync_entry file_entry(std::string path, std::uint64_t size = 1, int seconds = 0,
                      std::uint64_t inode = 0) {
  return {std::move(path), false, size, moment_at(seconds), inode};
}
sync_entry directory(std::string path) { return {std::move(path), true, 0, std::nullopt, 0}; }

sync_rules up(bool remove = false) {
  sync_rules out;
  out.remove = remove;
  out.uploads.overwrite = overwrite::always;
  return out;
}

strings told(sync_plan const& plan) {
  strings out;
  for (auto const& s : plan.steps) {
    out.push_back(std::string(to_string(s.action)) + ' ' + (s.from.empty() ? "" : s.from + "->") +
                  s.path);
  }
  return out;
}

TEST(sync_plan, of_two_equal_trees_does_nothing) {
  auto const plan =
      make_sync_plan({{file_entry("a"), directory("d"), file_entry("d/b")},
                      {file_entry("a", 1, 9), directory("d"), file_entry("d/b", 1, 9)},
                      {},
                      {}},
                     up(true));
  EXPECT_TRUE(plan.steps.empty());
  EXPECT_EQ(plan.unchanged, 2U);
  EXPECT_EQ(plan.requests.total(), 0U);
}

TEST(sync_plan, copies_what_is_missing_larger_smaller_or_newer_at_the_source) {
  auto const plan = make_sync_plan(
      {{file_entry("gone"), file_entry("newer", 1, 10), file_entry("older", 1, 1),
        file_entry("size", 2)},
       {file_entry("newer", 1, 5), file_entry("older", 1, 5), file_entry("size", 3, 5)},
       {},
       {}},
      up());
  EXPECT_EQ(told(plan), (strings{"copy gone", "replace newer", "replace size"}));
  EXPECT_EQ(plan.requests.put, 3U);
  EXPECT_EQ(plan.bytes, 4U);
}

TEST(sync_plan, replaces_files_whose_content_was_found_to_differ) {
  two_trees const trees{
      {file_entry("a"), file_entry("b")}, {file_entry("a", 1, 5), file_entry("b", 1, 5)}, {}, {}};
  EXPECT_EQ(seemingly_alike(trees, up()), (strings{"a", "b"}));
  auto const plan = make_sync_plan(trees, up(), {"b"});
  EXPECT_EQ(told(plan), strings{"replace b"});
}

TEST(sync_plan, removes_only_when_told_to_and_a_directory_as_a_whole) {
  two_trees const trees{
      {file_entry("keep")},
      {file_entry("keep", 1, 5), directory("old"), file_entry("old/a"), file_entry("old/b"),
       directory("old-er"), file_entry("old-er/c"), file_entry("z")},
      {},
      {}};
  EXPECT_TRUE(make_sync_plan(trees, up()).steps.empty());
  auto const plan = make_sync_plan(trees, up(true));
  EXPECT_EQ(told(plan), (strings{"remove old", "remove old-er", "remove z"}));
  EXPECT_EQ(plan.requests.delete_, 3U);
}

TEST(sync_plan, removes_nothing_that_could_not_be_looked_at) {
  auto const plan = make_sync_plan(
      {{}, {directory("d"), directory("d/x"), file_entry("d/y"), file_entry("e")}, {"d/x"}, {}},
      up(true));
  EXPECT_EQ(told(plan), (strings{"remove d/y", "remove e"}));
  auto const blind = make_sync_plan({{}, {file_entry("a")}, {""}, {}}, up(true));
  EXPECT_TRUE(blind.steps.empty());
}

TEST(sync_plan, leaves_alone_what_is_not_chosen) {
  auto const chosen = selection::make({}, strings{"*.log"});
  ASSERT_TRUE(chosen.has_value());
  auto rules = up(true);
  rules.chosen = &*chosen;
  auto const plan = make_sync_plan({{file_entry("a.log"), file_entry("a")},
                                    {directory("d"), file_entry("d/b.log"), file_entry("d/c")},
                                    {},
                                    {}},
                                   rules);
  EXPECT_EQ(told(plan), (strings{"copy a", "remove d/c"}));
}

TEST(sync_plan, moves_a_file_that_was_renamed_and_not_touched_on_either_side) {
  remembered_file const was{"old/a", 7, 42, moment_at(1), moment_at(5)};
  two_trees const trees{{directory("new"), file_entry("new/a", 7, 1, 42)},
                        {directory("old"), file_entry("old/a", 7, 4)},
                        {},
                        {was}};
  auto const plan = make_sync_plan(trees, up(true));
  EXPECT_EQ(told(plan), (strings{"make_directory new", "move old/a->new/a", "remove old"}));
  EXPECT_EQ(plan.requests.move, 1U);
  EXPECT_EQ(plan.requests.put, 0U);
}

TEST(sync_plan, sends_a_renamed_file_again_where_anything_may_have_changed) {
  remembered_file const was{"old", 7, 42, moment_at(1), moment_at(5)};
  auto const plan_of = [&](sync_entry source, sync_entry target, bool remove = true) {
    return told(make_sync_plan({{std::move(source)}, {std::move(target)}, {}, {was}}, up(remove)));
  };
  EXPECT_EQ(plan_of(file_entry("new", 7, 1, 42), file_entry("old", 7, 4)).front(), "move old->new");
  EXPECT_EQ(plan_of(file_entry("new", 7, 2, 42), file_entry("old", 7, 4)).front(),
            "copy new");  // written to
  EXPECT_EQ(plan_of(file_entry("new", 7, 1, 43), file_entry("old", 7, 4)).front(),
            "copy new");  // another
  EXPECT_EQ(plan_of(file_entry("new", 7, 1, 42), file_entry("old", 7, 6)).front(),
            "copy new");  // replaced there
  EXPECT_EQ(plan_of(file_entry("new", 7, 1, 42), file_entry("old", 8, 4)).front(), "copy new");
  EXPECT_EQ(plan_of(file_entry("new", 7, 1, 42), file_entry("old", 7, 4), false),
            strings{"copy new"});
}

TEST(sync_plan, makes_room_where_a_file_became_a_directory_or_the_other_way) {
  auto const plan =
      make_sync_plan({{directory("a"), file_entry("a/x"), file_entry("b")},
                      {file_entry("a"), directory("b"), file_entry("b/y"), file_entry("b/z")},
                      {},
                      {}},
                     up(true));
  EXPECT_EQ(told(plan), (strings{"remove a", "remove b", "copy a/x", "copy b"}));
}

// On such a target each of them would be written over the one before.
TEST(sync_plan, takes_the_first_of_names_that_are_one_at_the_target) {
  auto rules = up(true);
  rules.upload = false;
  rules.ignores_case = true;
  two_trees const trees{
      {file_entry("Read"), file_entry("read"), file_entry("new"), directory("D"),
       file_entry("D/x", 2)},
      {file_entry("READ", 1, 9), directory("d"), file_entry("d/X", 2, 9), file_entry("stray")},
      {},
      {}};
  auto const plan = make_sync_plan(trees, rules);
  EXPECT_EQ(told(plan), (strings{"copy new", "remove stray"}));
  EXPECT_EQ(plan.unchanged, 2U);
  ASSERT_EQ(plan.refused.size(), 1U);
  EXPECT_EQ(plan.refused[0].item.source, "read");
  EXPECT_EQ(plan.refused[0].reason.code(), errc::unsafe_name);
  rules.ignores_case = false;
  EXPECT_TRUE(make_sync_plan(trees, rules).refused.empty());
}

TEST(sync_plan, makes_empty_directories_and_no_others) {
  auto const plan = make_sync_plan(
      {{directory("a"), file_entry("a/x"), directory("e"), directory("e/f")}, {}, {}, {}}, up());
  EXPECT_EQ(told(plan), (strings{"make_directory e/f", "copy a/x"}));
  EXPECT_EQ(plan.requests.mkdirs, 1U);
}

TEST(sync_plan, downloads_cost_reads_and_nothing_else) {
  sync_rules rules;
  rules.upload = false;
  rules.remove = true;
  auto const plan =
      make_sync_plan({{file_entry("a", 0), file_entry("b", 5)}, {file_entry("c")}, {}, {}}, rules);
  EXPECT_EQ(told(plan), (strings{"copy a", "copy b", "remove c"}));
  EXPECT_EQ(plan.requests.total(), 1U);
}

// Whatever two trees look like: carried out on a model, the target is the source afterwards.
using model = std::map<std::string, std::uint64_t>;  // files and their sizes

model random_tree(std::mt19937& random) {
  model out;
  for (char const* name : {"a", "b", "c/d", "c/e", "c/f/g", "h/i", "c-x", "j"}) {
    if (random() % 2 == 0) out[name] = random() % 3;
  }
  return out;
}

std::vector<sync_entry> entries_of(model const& tree, int seconds) {
  std::set<std::string> directories;
  std::vector<sync_entry> out;
  for (auto const& [path, size] : tree) {
    out.push_back(file_entry(path, size, seconds));
    for (auto i = path.find('/'); i != std::string::npos; i = path.find('/', i + 1)) {
      directories.insert(path.substr(0, i));
    }
  }
  for (auto const& d : directories) out.push_back(directory(d));
  return out;
}

TEST(sync_plan, carried_out_makes_the_target_like_the_source) {
  std::mt19937 random(5);
  for (int round = 0; round < 2'000; ++round) {
    auto const source = random_tree(random);
    auto target = random_tree(random);
    auto const plan =
        make_sync_plan({entries_of(source, 0), entries_of(target, 5), {}, {}}, up(true));
    for (auto const& step : plan.steps) {
      if (step.action == sync_action::remove) {
        auto const below = step.path + '/';
        auto const gone = std::erase_if(target, [&](auto const& entry) {
          return entry.first == step.path || entry.first.starts_with(below);
        });
        EXPECT_GT(gone, 0U) << "removed twice: " << step.path;
      } else {
        target[step.path] = source.at(step.path);
      }
    }
    ASSERT_EQ(target, source) << "round " << round;
  }
}

}  // namespace
}  // namespace kiln::transfer
