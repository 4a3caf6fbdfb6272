// Transfers to and from volumes: the Files API behind the same calls as DBFS.
#include "loopback/transfer_support.hpp"

#include <kiln/remote_files.hpp>
#include <kiln/services/files.hpp>
#include <kiln/sync.hpp>

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <string>
#include <vector>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;

constexpr std::size_t range = 4U << 20;
std::string const root = "/Volumes/main/default/v";
std::string const route = "/api/2.0/fs/files" + root;

struct volumes : world {
  [[nodiscard]] remote_files there() const { return remote_files(*ws); }
  [[nodiscard]] std::vector<std::string> names(std::string const& path) const {
    std::vector<std::string> out;
    auto const listed = wait(there().list(path));
    EXPECT_TRUE(listed.has_value()) << listed.error();
    for (auto const& f : *listed) out.push_back(f.path.substr(root.size()));
    return out;
  }
  void put(std::string const& name, std::string const& text) const {
    auto const data = std::as_bytes(std::span(text));
    std::string const path = root + '/' + name;
    files::upload const request{path, true};
    ASSERT_TRUE(wait(ws->files().upload(request, make_memory_source(data))).has_value()) << name;
  }
  void fault(std::string path, emulator_fault::kind what, std::uint64_t skip = 0,
             bool after = false) {
    emulator_fault f;
    f.route = std::move(path);
    f.what = what;
    f.skip = skip;
    f.after_handler = after;
    emu->add_fault(std::move(f));
  }
};

TEST_F(volumes, a_tree_goes_up_and_down_in_the_requests_that_were_planned) {
  local.write("t/a b.txt", "small");
  local.write("t/d/empty", "");
  local.write("t/d/e/one-range", content_of(range));
  local.write("t/d/e/many", content_of(2 * range + 5));
  local.make_directory("t/void");
  auto const up_plan = plan_up("t", root + "/t");
  ASSERT_TRUE(up_plan.has_value()) << up_plan.error();
  EXPECT_EQ(up_plan->requests.put, 4U);
  EXPECT_EQ(up_plan->requests.mkdirs, 1U);
  EXPECT_EQ(up_plan->requests.total(), 5U);
  auto const before = requests();
  auto const up = upload("t", "dbfs:" + root + "/t");
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_TRUE(up->failures.empty()) << up->failures.front().reason;
  EXPECT_EQ(requests() - before, 5U);

  auto const down_plan = plan_down(root + "/t", "copy");
  ASSERT_TRUE(down_plan.has_value()) << down_plan.error();
  EXPECT_EQ(down_plan->requests_spent.list, 4U);
  EXPECT_EQ(down_plan->requests.read, 1U + 1U + 3U) << "nothing for the empty file";
  EXPECT_EQ(down_plan->requests.total(), 5U) << "each range is asked for on condition";
  auto const then = requests();
  auto const down = download(root + "/t", "copy");
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_TRUE(down->failures.empty()) << down->failures.front().reason;
  EXPECT_EQ(requests() - then, 9U);
  EXPECT_EQ((local / "copy").contents(), (local / "t").contents());
}

TEST_F(volumes, a_file_goes_to_a_name_or_into_a_directory) {
  local.write("x", "one");
  ASSERT_TRUE(upload("x", root + "/named").has_value());
  ASSERT_TRUE(wait(there().mkdirs(root + "/d")).has_value());
  ASSERT_TRUE(upload("x", root + "/d").has_value());
  ASSERT_TRUE(upload("x", root + "/e/").has_value());
  EXPECT_EQ(names(root), (std::vector<std::string>{"/d", "/e", "/named"}));
  EXPECT_EQ(names(root + "/d"), std::vector<std::string>{"/d/x"});
  EXPECT_EQ(names(root + "/e"), std::vector<std::string>{"/e/x"});
  auto const plan = plan_up("x", root + "/d");
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->items.front().destination, root + "/d/x");
  EXPECT_EQ(plan->requests_spent.get_status, 2U) << "asked after as a file, then as a directory";
  ASSERT_TRUE(download(root + "/named", "back").has_value());
  EXPECT_EQ(local.read("back"), "one");
}

TEST_F(volumes, what_exists_is_kept_unless_told_otherwise) {
  put("x", "old");
  local.write("x", "new");
  auto const refused = upload("x", root + "/x");
  ASSERT_TRUE(refused.has_value()) << refused.error();
  ASSERT_EQ(refused->failures.size(), 1U);
  EXPECT_EQ(refused->failures[0].reason.code(), errc::already_exists);
  auto const skipped = upload("x", root + "/x", {.overwrite = overwrite::never});
  ASSERT_TRUE(skipped.has_value()) << skipped.error();
  EXPECT_EQ(skipped->files_skipped, 1U);
  auto const replaced = upload("x", root + "/x", {.overwrite = overwrite::always});
  ASSERT_TRUE(replaced.has_value()) << replaced.error();
  EXPECT_EQ(replaced->files_done, 1U);
  ASSERT_TRUE(download(root + "/x", "back").has_value());
  EXPECT_EQ(local.read("back"), "new");
}

TEST_F(volumes, a_lost_answer_to_a_put_does_not_fail_the_file) {
  local.write("x", content_of(10'000));
  fault(route + "/x", emulator_fault::kind::close, 0, true);
  auto const up = upload("x", root + "/x");
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_EQ(up->files_done, 1U) << "the repeated put finds what the first has made";
}

TEST_F(volumes, broken_answers_to_ranges_are_asked_for_again) {
  put("x", content_of(3 * range + 1));
  fault(route + "/x", emulator_fault::kind::truncate, 1);
  fault(route + "/x", emulator_fault::kind::reset, 2);
  fault(route + "/x", emulator_fault::kind::status, 3);
  auto const down = download(root + "/x", "x");
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_TRUE(down->failures.empty()) << down->failures.front().reason;
  EXPECT_EQ(local.read("x"), content_of(3 * range + 1));
}

/// Replaces a file on the server once the first of its bytes have come.
struct replacer final : transfer_observer {
  std::function<void()> replace;
  void progressed(transfer_progress const& p) override {
    if (p.bytes_done > 0 && replace) std::exchange(replace, nullptr)();
  }
};

TEST_F(volumes, a_file_that_changes_while_it_is_read_is_read_anew) {
  std::string const path = root + "/x";
  put("x", content_of(5 * range));
  std::string const newer = content_of(5 * range - 7);
  emulator_fault slow;  // so that the later ranges come after the change
  slow.route = route + "/x";
  slow.what = emulator_fault::kind::delay;
  slow.skip = 2;
  slow.times = 3;
  slow.delay = std::chrono::milliseconds(1'500);
  emu->add_fault(slow);
  replacer change;
  // On the transfer's own executor: the call is only started here.
  change.replace = [&] {
    files::upload const request{path, true};
    static_cast<void>(ws->start(
        ws->files().upload(request, make_memory_source(std::as_bytes(std::span(newer))))));
  };
  auto const down = download(path, "x", {.observer = &change});
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_TRUE(down->failures.empty()) << down->failures.front().reason;
  EXPECT_TRUE(local.read("x") == newer) << "neither the old one nor a mixture";
}

TEST_F(volumes, a_drained_download_goes_on_with_the_ranges_that_are_missing) {
  put("x", content_of(12 * range + 9));
  struct stopper final : transfer_observer {
    std::atomic<bool> now = false;
    void progressed(transfer_progress const& p) override {
      if (p.bytes_done >= 4 * range) now = true;
    }
  } stop;
  auto const state = (local.path() / "state").string();
  transfer_options o;
  o.state_dir = state;
  o.observer = &stop;
  o.drain = &stop.now;
  o.bytes_in_flight_max = 2 * range;
  auto const first = download(root + "/x", "x", o);
  ASSERT_FALSE(first.has_value());
  EXPECT_EQ(first.error().code(), errc::cancelled);
  auto const before = requests();
  transfer_options again;
  again.state_dir = state;
  auto const second = download("dbfs:" + root + "/x", "x", again);
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_TRUE(second->failures.empty()) << second->failures.front().reason;
  EXPECT_LE(requests() - before, 1U + 13U - 4U) << "a status, and what was missing";
  EXPECT_EQ(local.read("x"), content_of(12 * range + 9));
}

TEST_F(volumes, an_interrupted_upload_goes_on_with_the_files_that_are_missing) {
  for (int i = 0; i < 40; ++i) local.write("t/" + std::to_string(i), content_of(1'000));
  struct stopper final : transfer_observer {
    std::atomic<bool> now = false;
    void progressed(transfer_progress const& p) override { now = p.files_done >= 10; }
  } stop;
  auto const state = (local.path() / "state").string();
  transfer_options o;
  o.state_dir = state;
  o.observer = &stop;
  o.drain = &stop.now;
  o.files_in_flight_max = 2;
  ASSERT_FALSE(upload("t", root + "/t", o).has_value());
  auto const before = requests();
  transfer_options again;
  again.state_dir = state;
  auto const second = upload("t", root + "/t", again);
  ASSERT_TRUE(second.has_value()) << second.error();
  EXPECT_TRUE(second->failures.empty()) << second->failures.front().reason;
  EXPECT_LE(requests() - before, 30U);
  EXPECT_EQ(names(root + "/t").size(), 40U);
}

TEST_F(volumes, a_sync_sends_what_differs_and_deletes_what_is_gone) {
  local.write("t/same", "1");
  local.write("t/changed", "22");
  local.write("t/d/new", content_of(range + 1));
  put("t/same", "1");
  put("t/changed", "2");
  put("t/old/deep/x", "3");
  put("t/old/y", "4");
  sync_options o;
  o.remove = true;
  auto const from = (local.path() / "t").string();
  auto const plan = wait(plan_sync(*ws, from, root + "/t", o));
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->unchanged, 1U);
  EXPECT_EQ(plan->requests.put, 2U);
  EXPECT_EQ(plan->requests.delete_, 4U) << "two files, two directories";
  EXPECT_EQ(plan->requests.list, 2U) << "what is deleted is listed again first";
  auto const before = requests();
  auto const done = wait(kiln::sync(*ws, from, "dbfs:" + root + "/t", o));
  ASSERT_TRUE(done.has_value()) << done.error();
  EXPECT_EQ(done->failed, 0U);
  EXPECT_EQ(requests() - before, plan->requests.total() + plan->requests_spent.total());
  EXPECT_EQ(names(root + "/t"), (std::vector<std::string>{"/t/changed", "/t/d", "/t/same"}));

  auto const same = wait(verify(*ws, from, root + "/t"));
  ASSERT_TRUE(same.has_value()) << same.error();
  EXPECT_TRUE(same->differences.empty()) << same->differences.front().what;
  EXPECT_EQ(same->files, 3U);
  auto const down = wait(kiln::sync(*ws, root + "/t", (local.path() / "copy").string(), o));
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_EQ((local / "copy").contents(), (local / "t").contents());
  auto const idle = wait(plan_sync(*ws, root + "/t", (local.path() / "copy").string(), o));
  ASSERT_TRUE(idle.has_value()) << idle.error();
  EXPECT_TRUE(idle->steps.empty()) << "times are compared to the second";
}

TEST_F(volumes, a_tree_is_deleted_from_the_leaves_up) {
  for (int i = 0; i < 30; ++i) {
    put("t/d" + std::to_string(i % 3) + "/e/" + std::to_string(i), "x");
  }
  struct : remove_observer {
    std::vector<std::uint64_t> seen;
    std::uint64_t total = 0;
    void progressed(remove_progress const& p) override {
      seen.push_back(p.removed);
      total = p.total;
    }
  } told;
  auto const gone = wait(there().remove_all(root + "/t", &told));
  ASSERT_TRUE(gone.has_value()) << gone.error();
  EXPECT_EQ(gone->removed, 37U);
  EXPECT_EQ(told.total, 37U);
  EXPECT_EQ(told.seen.size(), 37U);
  EXPECT_EQ(gone->requests, 7U + 37U);
  EXPECT_TRUE(names(root).empty());
  EXPECT_TRUE(wait(there().remove_all(root + "/t")).has_value()) << "gone is gone";
  EXPECT_TRUE(wait(there().remove(root + "/t")).has_value());
}

TEST_F(volumes, nothing_is_deleted_when_a_part_cannot_be_listed) {
  put("t/a/x", "1");
  put("t/b/y", "2");
  emulator_fault refuse;
  refuse.route = "/api/2.0/fs/directories" + root + "/t/b";
  refuse.status = 403;
  refuse.body = R"({"error_code":"PERMISSION_DENIED","message":"not yours"})";
  emu->add_fault(refuse);
  auto const gone = wait(there().remove_all(root + "/t"));
  ASSERT_FALSE(gone.has_value());
  EXPECT_EQ(gone.error().code(), errc::permission_denied);
  EXPECT_EQ(names(root + "/t"), (std::vector<std::string>{"/t/a", "/t/b"}));
  EXPECT_EQ(names(root + "/t/a").size(), 1U);
}

TEST_F(volumes, single_paths_behave_as_on_dbfs) {
  put("d/x", "fired clay");
  auto const file = wait(there().get_status("dbfs:" + root + "/d/x"));
  ASSERT_TRUE(file.has_value()) << file.error();
  EXPECT_FALSE(file->is_dir);
  EXPECT_EQ(file->file_size, 10);
  ASSERT_TRUE(file->modification_time);
  auto const directory = wait(there().get_status(root + "/d"));
  ASSERT_TRUE(directory.has_value()) << directory.error();
  EXPECT_TRUE(directory->is_dir);
  EXPECT_EQ(wait(there().get_status(root + "/none")).error().code(), errc::not_found);
  EXPECT_EQ(wait(there().list(root + "/none")).error().code(), errc::not_found);
  EXPECT_EQ(names(root + "/d/x"), std::vector<std::string>{"/d/x"});
  std::array<std::byte, 4> into{};
  auto const read = wait(there().read(root + "/d/x", 6, into));
  ASSERT_TRUE(read.has_value()) << read.error();
  EXPECT_EQ(std::string(reinterpret_cast<char const*>(into.data()), 4), "clay");
  auto const behind = wait(there().read(root + "/d/x", 10, into));
  ASSERT_TRUE(behind.has_value()) << behind.error();
  EXPECT_EQ(*behind, 0U);
  auto const full = wait(there().remove(root + "/d"));
  ASSERT_FALSE(full.has_value());
  EXPECT_EQ(full.error().code(), errc::invalid_request);
  EXPECT_TRUE(wait(there().remove(root + "/d/x")).has_value());
  EXPECT_TRUE(wait(there().remove(root + "/d")).has_value());
}

TEST_F(volumes, what_they_cannot_do_is_said) {
  put("x", "1");
  for (auto const& [from, to] :
       {std::pair{root + "/x", root + "/y"}, std::pair{std::string("/tmp/x"), root + "/y"},
        std::pair{root + "/x", std::string("/tmp/x")}}) {
    auto const moved = wait(there().move(from, to));
    ASSERT_FALSE(moved.has_value());
    EXPECT_EQ(moved.error().code(), errc::invalid_argument);
    EXPECT_NE(moved.error().message().find("no move"), std::string::npos) << moved.error();
  }
  local.write("x", "1");
  auto const streamed = upload("x", root + "/y", {.stream_always = true});
  ASSERT_FALSE(streamed.has_value());
  EXPECT_EQ(streamed.error().code(), errc::invalid_argument);
  std::filesystem::resize_file(local.path() / "x", (std::uintmax_t{5} << 30) + 1);
  auto const before = requests();
  auto const large = upload("x", root + "/y");
  ASSERT_TRUE(large.has_value()) << large.error();
  ASSERT_EQ(large->failures.size(), 1U);
  EXPECT_NE(large->failures[0].reason.message().find("5 GiB"), std::string::npos);
  EXPECT_EQ(requests(), before) << "told before 5 GiB are sent";
}

TEST_F(volumes, a_long_directory_is_listed_in_pages) {
  for (int i = 0; i < 1'100; ++i) put("t/" + std::to_string(i), "");
  auto const plan = plan_down(root + "/t", "copy");
  ASSERT_TRUE(plan.has_value()) << plan.error();
  EXPECT_EQ(plan->files, 1'100U);
  EXPECT_EQ(plan->requests_spent.list, 2U);
  EXPECT_EQ(plan->requests.total(), 0U);
}

}  // namespace
}  // namespace kiln
