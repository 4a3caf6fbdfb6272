// The engine's ceiling: small GETs as fast as they go, CONNECTIONS at a time on one thread, the
// budget out of the way. Driven by engine.py; prints one JSON object.
#include <kiln/kiln.hpp>

#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <string>
#include <string_view>
#include <sys/resource.h>
#include <thread>
#include <vector>

namespace {

constexpr std::chrono::milliseconds warm_up(500);
constexpr char const* token = "bench0123456789abcdef0123456789abcdef";  // as long as a real one

// Counted on the thread of the runtime, read by main.
struct run_state {
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> answers{0};
};

void count(run_state* run) {
  auto const before = run->answers.load(std::memory_order_relaxed);
  run->answers.store(before + 1, std::memory_order_relaxed);
}

kiln::task<void> ask_raw(kiln::workspace ws, run_state* run) {
  while (!run->stop.load(std::memory_order_relaxed)) {
    auto const answer =
        co_await ws.raw(kiln::verb::get, "/api/2.0/dbfs/get-status?path=%2Fbench%2Ffile");
    if (!answer) co_return answer.error();
    count(run);
  }
  co_return kiln::result<void>();
}

kiln::task<void> ask_typed(kiln::workspace ws, run_state* run) {
  auto const dbfs = ws.dbfs();
  while (!run->stop.load(std::memory_order_relaxed)) {
    auto const answer = co_await dbfs.get_status({.path = "/bench/file"});
    if (!answer) co_return answer.error();
    count(run);
  }
  co_return kiln::result<void>();
}

struct moment {
  std::chrono::steady_clock::time_point at = std::chrono::steady_clock::now();
  std::uint64_t answers = 0;
  double user = 0, system = 0;  // CPU seconds of the process.
};

moment look(run_state const& run) {
  auto const in_seconds = [](timeval t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  rusage use{};
  getrusage(RUSAGE_SELF, &use);
  moment m;
  m.answers = run.answers.load();
  m.user = in_seconds(use.ru_utime);
  m.system = in_seconds(use.ru_stime);
  return m;
}

kiln::workspace_options options_for(char** argv, std::size_t connections) {
  kiln::budget_options unlimited;
  unlimited.rate = 1e9;
  unlimited.headroom = 0;
  unlimited.adaptive = false;
  unlimited.in_flight_max = static_cast<std::uint32_t>(connections);
  kiln::workspace_options options;
  options.host = argv[1];
  options.tls.ca_file = std::string_view(argv[2]) == "-" ? "" : argv[2];
  options.credentials = kiln::credentials::personal_access_token(token);
  options.budget = kiln::budget(unlimited);
  options.pool.connections_max = connections;
  return options;
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::fprintf(stderr, "usage: bench_engine URL CA_FILE|- CONNECTIONS SECONDS raw|typed\n");
    return 2;
  }
  auto const connections = static_cast<std::size_t>(std::atoi(argv[3]));
  bool const typed = std::string_view(argv[5]) == "typed";
  run_state run;
  kiln::runtime loop;
  kiln::workspace const ws(loop, options_for(argv, connections));
  std::vector<std::future<void>> workers;
  for (std::size_t i = 0; i < connections; ++i) {
    workers.push_back(ws.start(typed ? ask_typed(ws, &run) : ask_raw(ws, &run)));
  }
  std::this_thread::sleep_for(warm_up);
  auto const begin = look(run);
  std::this_thread::sleep_for(std::chrono::seconds(std::atoi(argv[4])));
  auto const end = look(run);
  run.stop = true;
  for (auto& worker : workers) worker.get();
  std::printf("{\"requests\":%llu,\"seconds\":%.4f,\"user\":%.4f,\"system\":%.4f}\n",
              static_cast<unsigned long long>(end.answers - begin.answers),
              std::chrono::duration<double>(end.at - begin.at).count(), end.user - begin.user,
              end.system - begin.system);
  ws.start(ws.close()).get();
  return 0;
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_engine: %s\n", e.what());
  return 1;
}
