// Trees to an emulated workspace and back, while connections break and answers get lost: what is
// reported as done is there, byte by byte; what is not done is reported; the budget holds.
#include "sim/simulation.hpp"

#include <kiln/services/dbfs.hpp>
#include <kiln/transfer.hpp>

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <unistd.h>

namespace kiln {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;

constexpr std::uint64_t transfer_seeds = 200;

std::string content_of(fs::path const& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream out;
  out << in.rdbuf();
  return out.str();
}

using tree = std::map<std::string, std::string>;

tree read_tree(fs::path const& root) {
  tree out;
  for (auto const& entry : fs::recursive_directory_iterator(root)) {
    if (entry.is_regular_file()) {
      out[fs::relative(entry.path(), root).string()] = content_of(entry.path());
    }
  }
  return out;
}

tree make_tree(fs::path const& root, random_source& random) {
  auto const files = 1 + random.below(6);
  for (std::uint64_t i = 0; i < files; ++i) {
    auto const dir = root / (i % 2 == 0 ? "even" : "odd");
    fs::create_directories(dir);
    std::uint64_t const size =
        random.below(4) == 0 ? random.below(2'500'000) : random.below(3) * random.below(5'000);
    std::string content;
    for (random_source bytes(random.next()); content.size() < size;) content += bytes.name();
    content.resize(size);
    std::ofstream(dir / ("file-" + std::to_string(i)), std::ios::binary) << content;
  }
  return read_tree(root);
}

void add_faults(test::simulation& sim) {
  auto& random = sim.random();
  constexpr char const* routes[] = {"/api/2.0/dbfs/put",   "/api/2.0/dbfs/add-block",
                                    "/api/2.0/dbfs/close", "/api/2.0/dbfs/move",
                                    "/api/2.0/dbfs/read",  "/api/2.0/dbfs/create",
                                    "/api/2.0/dbfs/list",  "/api/2.0/dbfs/get-status"};
  using kind = emulator_fault::kind;
  constexpr kind kinds[] = {kind::status, kind::close, kind::reset, kind::truncate};
  auto const count = random.below(6);
  for (std::uint64_t i = 0; i < count; ++i) {
    emulator_fault fault;
    fault.route = routes[random.below(std::size(routes))];
    fault.what = kinds[random.below(std::size(kinds))];
    fault.after_handler = random.below(2) == 0;
    fault.skip = random.below(4);
    fault.times = 1 + random.below(2);
    fault.status = random.below(2) == 0 ? 503 : 500;
    sim.emulated().add_fault(fault);
  }
}

test::simulation::settings settings_for(std::uint64_t seed) {
  random_source random(seed * 2654435761U);
  test::simulation::settings s;
  s.seed = seed;
  s.link.seed = seed;
  s.link.latency = std::chrono::milliseconds(1 + random.below(60));
  s.link.chunk_max = random.below(3) == 0 ? 1000 + random.below(20'000) : 0;
  s.break_share = random.below(2) == 0 ? 0.15 : 0;
  constexpr limiter_kind limiters[] = {limiter_kind::window, limiter_kind::fixed,
                                       limiter_kind::bucket, limiter_kind::leaky};
  s.emulator.limiter = limiters[random.below(4)];
  s.emulator.seed = seed;
  s.emulator.retry_after = random.below(2) == 0;
  return s;
}

class transfer_sim : public testing::TestWithParam<std::uint64_t> {};

TEST_P(transfer_sim, a_tree_survives_lost_answers_and_broken_connections) {
  SCOPED_TRACE("seed " + std::to_string(GetParam()));
  auto const s = settings_for(GetParam());
  test::simulation sim(s);
  auto const base = fs::temp_directory_path() /
                    ("kiln-sim-" + std::to_string(::getpid()) + "-" + std::to_string(GetParam()));
  struct removal {
    fs::path path;
    ~removal() { fs::remove_all(path); }
  } const clean{base};
  auto const before = make_tree(base / "up", sim.random());
  bool const stream = sim.random().below(2) == 0;
  add_faults(sim);

  for (int round = 0;; ++round) {
    ASSERT_LT(round, 8) << "files fail again and again";
    transfer_options options;
    options.overwrite = overwrite::always;
    options.stream_always = stream;
    auto const local = (base / "up").string();
    auto const report = sim.world().run(upload(sim.workspace(), local, "dbfs:/tree", options));
    if (!report) continue;  // the root's status could not be had: nothing was begun
    ASSERT_EQ(report->files_done + report->files_failed, before.size());
    std::set<std::string> failed;
    for (auto const& f : report->failures) failed.insert(f.item.source);
    ASSERT_EQ(failed.size(), report->files_failed);
    if (failed.empty()) break;
  }
  for (int round = 0;; ++round) {
    ASSERT_LT(round, 8) << "files fail again and again";
    transfer_options options;
    options.overwrite = overwrite::always;
    auto const local = (base / "down").string();
    auto const report = sim.world().run(download(sim.workspace(), "dbfs:/tree", local, options));
    if (report && report->failures.empty()) break;
  }
  EXPECT_TRUE(read_tree(base / "down") == before);
  if (s.emulator.limiter == limiter_kind::window) {
    EXPECT_LE(sim.emulated().stats().worst_second, 30U);
  }
  auto const stats = sim.workspace().stats();
  EXPECT_EQ(stats.waiting, 0U);
  EXPECT_EQ(stats.in_flight, 0U);
}

// add-block has no offset: repeated blindly, every one of these would be a corrupt file.
TEST(transfer_blocks_sim, of_a_thousand_uploads_with_lost_block_answers_none_is_corrupt) {
  constexpr int files = 1000;
  constexpr int large_every = 40;
  test::simulation::settings s;
  s.link.latency = 5ms;
  s.emulator.limiter = limiter_kind::none;
  budget_options fast;
  fast.rate = 10'000;
  s.workspace.budget = budget(fast);
  test::simulation sim(s);
  auto const base = fs::temp_directory_path() / ("kiln-sim-blocks-" + std::to_string(::getpid()));
  struct removal {
    fs::path path;
    ~removal() { fs::remove_all(path); }
  } const clean{base};
  fs::create_directories(base / "up");
  for (int i = 0; i < files; ++i) {
    std::uint64_t const size = i % large_every == 0 ? 2'200'000 + sim.random().below(900'000)
                                                    : 1 + sim.random().below(2'000);
    std::string content;
    for (random_source bytes(sim.random().next()); content.size() < size;) content += bytes.name();
    content.resize(size);
    std::ofstream(base / "up" / std::to_string(i), std::ios::binary) << content;
  }
  std::uint64_t lost = 0;
  for (std::uint64_t n = 0; n < files; ++n) {
    if (sim.random().below(100) >= 4) continue;
    emulator_fault fault;
    fault.route = "/api/2.0/dbfs/add-block";
    fault.what = emulator_fault::kind::close;
    fault.after_handler = true;
    fault.skip = n;
    sim.emulated().add_fault(fault);
    ++lost;
  }
  ASSERT_GT(lost, 20U);
  transfer_options options;
  options.strategy = upload_strategy::blocks;
  auto const local = (base / "up").string();
  auto const up = sim.world().run(upload(sim.workspace(), local, "dbfs:/t", options));
  ASSERT_TRUE(up.has_value()) << up.error();
  EXPECT_EQ(up->files_done, static_cast<std::uint64_t>(files));
  EXPECT_EQ(sim.emulated().stats().faults_fired, lost);
  auto const back = (base / "down").string();
  auto const down = sim.world().run(download(sim.workspace(), "dbfs:/t", back));
  ASSERT_TRUE(down.has_value()) << down.error();
  EXPECT_TRUE(read_tree(base / "down") == read_tree(base / "up"));
}

/// A server that takes half a second for every answer, and 30 requests a second.
struct slow_server {
  static constexpr double rate = 30;
  // Beside what the budget spreads: the first answer, the last, a look behind it, round trips.
  static constexpr duration around = 3 * (500ms + 60ms) + 5 * 60ms;

  explicit slow_server(std::string const& name)
      : base(fs::temp_directory_path() / ("kiln-sim-" + name + std::to_string(::getpid()))) {
    test::simulation::settings s;
    s.link.latency = 30ms;
    s.link.window = 4U << 20;
    s.emulator.latency = 500ms;
    sim.emplace(s);
    fs::create_directories(base / "up");
  }
  ~slow_server() { fs::remove_all(base); }
  slow_server(slow_server const&) = delete;
  slow_server& operator=(slow_server const&) = delete;

  [[nodiscard]] static duration near_the_least(std::uint64_t requests) {
    std::chrono::duration<double> const least(static_cast<double>(requests) / rate);
    return std::chrono::duration_cast<duration>(least * 1.02) + around;
  }
  void expect_near_the_least(std::uint64_t requests, duration took) {
    EXPECT_LE(took, near_the_least(requests)) << requests << " requests";
    EXPECT_EQ(sim->emulated().stats().throttled, 0U);
  }
  template <class T>
  duration timed(task<T> work) {
    auto const begun = sim->world().now();
    auto const done = sim->world().run(std::move(work));
    EXPECT_TRUE(done.has_value()) << done.error();
    EXPECT_TRUE(done->failures.empty());
    return sim->world().now() - begun;
  }

  fs::path base;
  std::optional<test::simulation> sim;
};

TEST(transfer_latency_sim, a_large_download_is_bound_by_the_budget_at_half_a_second_an_answer) {
  constexpr std::uint64_t mib = 200;
  slow_server at("large");
  auto const local = (at.base / "up" / "large").string();
  std::ofstream(local, std::ios::binary) << "x";
  fs::resize_file(local, mib << 20);
  transfer_options options;
  options.fsync = false;
  at.timed(upload(at.sim->workspace(), local, "dbfs:/large", options));
  auto const back = (at.base / "back").string();
  auto const took = at.timed(download(at.sim->workspace(), "dbfs:/large", back, options));
  at.expect_near_the_least(mib, took);
  EXPECT_TRUE(content_of(back) == content_of(local));
  options.bytes_in_flight_max = 15U << 20;
  options.overwrite = overwrite::always;
  auto const fewer = at.timed(download(at.sim->workspace(), "dbfs:/large", back, options));
  EXPECT_GT(fewer, slow_server::near_the_least(mib)) << "15 ranges are too few for that";
}

TEST(transfer_latency_sim, many_small_files_are_bound_by_the_budget_at_half_a_second_an_answer) {
  constexpr std::uint64_t files = 300;
  slow_server at("small");
  for (std::uint64_t i = 0; i < files; ++i) {
    std::ofstream(at.base / "up" / std::to_string(i), std::ios::binary) << "file " << i;
  }
  transfer_options options;
  options.fsync = false;
  auto const local = (at.base / "up").string();
  auto const up = at.timed(upload(at.sim->workspace(), local, "dbfs:/small", options));
  at.expect_near_the_least(files, up);
  auto const back = (at.base / "back").string();
  auto const down = at.timed(download(at.sim->workspace(), "dbfs:/small", back, options));
  at.expect_near_the_least(files, down);
  EXPECT_TRUE(read_tree(at.base / "back") == read_tree(at.base / "up"));
  options.verify = true;
  options.overwrite = overwrite::always;
  auto const checked = at.timed(upload(at.sim->workspace(), local, "dbfs:/small", options));
  at.expect_near_the_least(2 * files, checked);
  auto const blocks = (at.base / "blocks").string();
  fs::create_directories(blocks);
  for (int i = 0; i < 60; ++i) std::ofstream(blocks + '/' + std::to_string(i)) << i;
  transfer_options streamed;
  streamed.strategy = upload_strategy::blocks;
  auto const as_blocks = at.timed(upload(at.sim->workspace(), blocks, "dbfs:/blocks", streamed));
  at.expect_near_the_least(6 * 60, as_blocks - 5 * 560ms);  // one after the other, of each file
}

INSTANTIATE_TEST_SUITE_P(transfer_seeds, transfer_sim,
                         testing::Range<std::uint64_t>(1, transfer_seeds + 1));

}  // namespace
}  // namespace kiln
