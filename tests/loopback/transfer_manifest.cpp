// What is written down of a transfer, and what is read back: through the engine, with requests
// counted.
#include "loopback/transfer_support.hpp"

#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <vector>

namespace kiln {
namespace {

using transfer_tests::content_of;
using transfer_tests::world;

constexpr std::size_t mib = 1U << 20;

/// The text of a member of a line; empty when it has none.
std::string member(std::string const& line, std::string const& name) {
  auto at = line.find('"' + name + "\":");
  if (at == std::string::npos) return {};
  at += name.size() + 3;
  auto const text = line[at] == '"';
  return line.substr(at + (text ? 1 : 0),
                     line.find_first_of(text ? "\"" : ",}", at + 1) - at - (text ? 1 : 0));
}

struct transfer_manifest : world {
  [[nodiscard]] std::vector<std::string> lines(std::string const& name) const {
    std::vector<std::string> out;
    std::istringstream all(local.read(name));
    for (std::string line; std::getline(all, line);) out.push_back(line);
    return out;
  }
  [[nodiscard]] std::string path(std::string const& name) const {
    return (local.path() / name).string();
  }
  void make_tree() const {
    local.write("t/empty", "");
    local.write("t/small", "abc");
    local.write("t/large", content_of(5 * mib + 17));
    local.make_directory("t/void");
  }
  /// By the last component of the source.
  [[nodiscard]] std::map<std::string, std::string> by_name(std::string const& manifest) const {
    std::map<std::string, std::string> out;
    auto const all = lines(manifest);
    for (auto const& line : all) {
      auto const source = member(line, "source");
      out[source.substr(source.rfind('/') + 1)] = line;
    }
    return out;
  }
};

TEST_F(transfer_manifest, tells_the_same_of_a_tree_sent_streamed_and_received) {
  make_tree();
  std::string const up = path("up"), streamed = path("streamed"), down = path("down");
  transfer_options o;
  o.manifest = up;
  ASSERT_TRUE(upload("t", "/t", o).has_value());
  o.manifest = streamed;
  o.stream_always = true;
  ASSERT_TRUE(upload("t", "/s", o).has_value());
  o.manifest = down;
  auto const got = download("/t", "back", o);
  ASSERT_TRUE(got.has_value()) << got.error();

  auto const ups = by_name("up");
  auto const streams = by_name("streamed");
  auto const downs = by_name("down");
  EXPECT_EQ(member(ups.at("small"), "sha256"),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  for (auto const* name : {"empty", "small", "large"}) {
    EXPECT_EQ(member(ups.at(name), "sha256").size(), 64U) << name;
    EXPECT_EQ(member(ups.at(name), "sha256"), member(streams.at(name), "sha256")) << name;
    EXPECT_EQ(member(ups.at(name), "sha256"), member(downs.at(name), "sha256")) << name;
    EXPECT_EQ(member(downs.at(name), "outcome"), "done");
  }
  EXPECT_EQ(member(ups.at("large"), "requests"), "1");
  EXPECT_EQ(member(streams.at("large"), "requests"), std::to_string(6 + 5)) << "with two looks";
  EXPECT_EQ(member(downs.at("large"), "requests"), std::to_string(6 + 1));
  EXPECT_EQ(member(downs.at("large"), "bytes"), std::to_string(5 * mib + 17));
  EXPECT_EQ(member(ups.at("void"), "kind"), "directory");
  EXPECT_EQ(lines("up").size(), 5U);
  EXPECT_EQ(member(lines("up").back(), "files_done"), "3");
}

TEST_F(transfer_manifest, names_what_failed_and_what_was_skipped) {
  make_tree();
  std::filesystem::create_symlink("small", local.path() / "t/link");
  upload("t", "/t");
  std::string const at = path("m");
  transfer_options o;
  o.manifest = at;
  ASSERT_TRUE(upload("t", "/t", o).has_value());
  auto const all = by_name("m");
  EXPECT_EQ(member(all.at("small"), "outcome"), "failed");
  EXPECT_EQ(member(all.at("small"), "code"), "already_exists");
  EXPECT_EQ(member(all.at("link"), "outcome"), "skipped");
  EXPECT_EQ(member(lines("m").back(), "files_failed"), "3");
}

TEST_F(transfer_manifest, is_complete_after_a_transfer_that_was_gone_on_with) {
  for (int i = 0; i < 40; ++i) local.write("t/" + std::to_string(i), content_of(100));
  struct stopper final : transfer_observer {
    std::atomic<bool> now = false;
    void progressed(transfer_progress const& p) override { now = p.files_done >= 10; }
  };
  std::string const state = path("state"), at = path("m");
  stopper s;
  transfer_options o;
  o.state_dir = state;
  o.manifest = at;
  o.observer = &s;
  o.drain = &s.now;
  o.files_in_flight_max = 2;
  ASSERT_TRUE(upload("t", "/t", o).has_error());
  auto const first = lines("m");
  EXPECT_GE(first.size(), 10U);
  EXPECT_LT(first.size(), 40U);
  for (auto const& line : first) EXPECT_EQ(member(line, "outcome"), "done") << line;
  o.observer = nullptr;
  o.drain = nullptr;
  auto const up = upload("t", "/t", o);
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_GE(up->files_resumed, 10U);
  auto const all = lines("m");
  ASSERT_EQ(all.size(), 41U);
  std::set<std::string> sources, sums;
  for (std::size_t i = 0; i < 40; ++i) {
    sources.insert(member(all[i], "source"));
    sums.insert(member(all[i], "sha256"));
    EXPECT_EQ(member(all[i], "requests"), "1") << all[i];
  }
  EXPECT_EQ(sources.size(), 40U) << "each once";
  EXPECT_EQ(sums.size(), 1U) << "of those before as well";
}

TEST_F(transfer_manifest, that_cannot_be_made_stops_the_transfer_before_it_begins) {
  make_tree();
  std::string const at = path("no/such/m");
  transfer_options o;
  o.manifest = at;
  auto const up = upload("t", "/t", o);
  ASSERT_TRUE(up.has_error());
  EXPECT_EQ(up.error().code(), errc::file_not_found);
  EXPECT_EQ(requests(), 0U);
}

TEST_F(transfer_manifest, verification_reads_back_what_was_planned) {
  make_tree();
  for (bool const streams : {false, true}) {
    transfer_options o;
    o.verify = true;
    o.stream_always = streams;
    std::string const to = streams ? "/s" : "/t";
    auto const plan = wait(kiln::plan_upload(*ws, path("t"), to, o));
    EXPECT_EQ(plan->requests.read, 7U);
    auto before = requests();
    auto const up = upload("t", to, o);
    ASSERT_TRUE(up.has_value()) << up.error();
    EXPECT_TRUE(up->failures.empty());
    EXPECT_EQ(up->files_verified, 3U);
    EXPECT_EQ(requests() - before, plan->requests.total());
    before = requests();
    auto const down_plan = wait(kiln::plan_download(*ws, to, path("back" + to), o));
    EXPECT_EQ(down_plan->requests.read, 14U);
    auto const between = requests();
    auto const down = download(to, "back" + to, o);
    ASSERT_TRUE(down.has_value()) << down.error();
    EXPECT_EQ(down->files_verified, 3U);
    EXPECT_EQ(requests() - between,
              down_plan->requests.total() + down_plan->requests_spent.total());
    EXPECT_EQ((local / ("back" + to)).contents(), (local / "t").contents());
  }
}

TEST_F(transfer_manifest, verification_notices_a_byte_that_is_another) {
  local.write("f", "abc");
  transfer_options o;
  o.verify = true;
  fault_with_body("/api/2.0/dbfs/read", R"({"bytes_read":3,"data":"YWJk"})");
  auto const up = upload("f", "/f", o);
  ASSERT_TRUE(up.has_value()) << up.error();
  ASSERT_EQ(up->failures.size(), 1U);
  EXPECT_EQ(up->failures[0].reason.operation(), "verify");
  EXPECT_NE(up->failures[0].reason.message().find("at byte 2"), std::string::npos);

  fault_with_body("/api/2.0/dbfs/read", R"({"bytes_read":3,"data":"YWJk"})");
  auto const down = download("/f", "g", o);
  ASSERT_TRUE(down.has_value()) << down.error();
  ASSERT_EQ(down->failures.size(), 1U);
  EXPECT_EQ(down->failures[0].reason.operation(), "verify");
  EXPECT_FALSE(std::filesystem::exists(local.path() / "g")) << "nothing of it stays";
}

TEST_F(transfer_manifest, an_observer_is_told_what_is_known_of_each_item) {
  make_tree();
  struct watcher final : transfer_observer {
    std::map<std::string, std::string> sums;
    std::uint64_t requests = 0;
    void ended(transfer_outcome const& o) override {
      sums[o.item.destination] = o.sha256;
      requests += o.requests;
    }
  } watch;
  std::string const at = path("m");
  transfer_options o;
  o.manifest = at;
  o.observer = &watch;
  auto const up = upload("t", "/t", o);
  EXPECT_EQ(watch.sums.size(), 4U);
  EXPECT_EQ(watch.requests, up->requests);
}

}  // namespace
}  // namespace kiln
