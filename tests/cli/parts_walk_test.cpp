#include "cli/walk.hpp"

#include <kiln/emulator.hpp>
#include <kiln/kiln.hpp>
#include <kiln/remote_files.hpp>

#include <gtest/gtest.h>

#include <chrono>
#include <cstddef>
#include <string>
#include <utility>

namespace kiln::cli {
namespace {

/// A workspace of its own each time: its connections are those of one walk.
workspace without_limit(runtime& loop, emulator const& at) {
  budget_options fast;
  fast.rate = 100'000;
  workspace_options options;
  options.host = at.url();
  options.credentials = credentials::personal_access_token(at.token());
  options.budget = budget(fast);
  return {loop, std::move(options)};
}

// The service of volumes refuses what is more than ten.
TEST(walk, of_a_volume_has_ten_lists_under_way_at_most) {
  constexpr std::size_t directories = 60;
  runtime loop;
  runtime server;
  emulator_options slow;
  slow.limiter = limiter_kind::none;
  slow.latency = std::chrono::milliseconds(2);
  emulator const at(server, slow);
  for (std::string const& root : {std::string("/Volumes/m/s/v"), std::string("/dbfs")}) {
    bool const volume = root != "/dbfs";
    auto const maker = without_limit(loop, at);
    remote_files const there(maker);
    for (std::size_t i = 0; i < directories; ++i) {
      maker.start(there.mkdirs(root + "/d" + std::to_string(i))).get();
    }
    auto const before = at.stats().connections;
    auto const walker = without_limit(loop, at);
    auto const found = walker.start(walk(walker, root)).get();
    EXPECT_EQ(found.size(), directories);
    auto const connections = at.stats().connections - before;
    EXPECT_LE(connections, volume ? 10U : 24U) << root;
    EXPECT_GT(connections, 1U) << root;
    EXPECT_EQ(remote_files::requests_in_flight_max("dbfs:" + root), volume ? 10U : 24U);
  }
}

}  // namespace
}  // namespace kiln::cli
