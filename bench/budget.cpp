// How well a budget of 30 requests/s is used: CALLS small calls, CONCURRENCY at a time, against a
// server that limits. Driven by budget.py; prints one JSON object, per call the moment it ended,
// how long it took (seconds), and the requests and 429s of the whole handle so far.
#include <kiln/kiln.hpp>

#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <future>
#include <iterator>
#include <string>
#include <vector>

namespace {

using clock_type = std::chrono::steady_clock;

struct mark {
  double ended = 0;
  double took = 0;
  std::uint64_t requests = 0;
  std::uint64_t throttled = 0;
};

// Used on the thread of the runtime only.
struct run_state {
  clock_type::time_point begin = clock_type::now();
  clock_type::time_point end;
  int calls_left = 0;
  int failed = 0;
  std::vector<mark> marks;
};

double seconds(clock_type::duration d) { return std::chrono::duration<double>(d).count(); }

kiln::task<void> work(kiln::workspace ws, run_state* run) {
  while (run->calls_left > 0 && clock_type::now() < run->end) {
    --run->calls_left;
    auto const started = clock_type::now();
    auto const answer = co_await ws.raw(kiln::verb::get, "/api/2.0/dbfs/get-status?path=%2F");
    if (!answer) {
      if (++run->failed == 1) std::fprintf(stderr, "%s\n", answer.error().describe().c_str());
      continue;
    }
    auto const now = clock_type::now();
    auto const stats = ws.stats();
    run->marks.push_back({.ended = seconds(now - run->begin),
                          .took = seconds(now - started),
                          .requests = stats.requests,
                          .throttled = stats.throttled});
  }
  co_return kiln::result<void>();
}

void print(run_state const& run, kiln::workspace_stats const& stats) {
  std::printf("{\"failed\":%d,\"requests\":%llu,\"throttled\":%llu,\"seconds\":%.3f,\"marks\":[",
              run.failed, static_cast<unsigned long long>(stats.requests),
              static_cast<unsigned long long>(stats.throttled),
              seconds(clock_type::now() - run.begin));
  for (auto const& m : run.marks) {
    std::printf("%s[%.4f,%.4f,%llu,%llu]", &m == run.marks.data() ? "" : ",", m.ended, m.took,
                static_cast<unsigned long long>(m.requests),
                static_cast<unsigned long long>(m.throttled));
  }
  std::printf("]}\n");
}

}  // namespace

int main(int argc, char** argv) try {
  if (argc != 6) {
    std::fprintf(stderr, "usage: bench_budget URL TOKEN CALLS CONCURRENCY SECONDS_MAX\n");
    return 2;
  }
  kiln::workspace_options options;
  options.host = argv[1];
  options.credentials = kiln::credentials::personal_access_token(argv[2]);

  run_state run;
  run.calls_left = std::atoi(argv[3]);
  run.end = run.begin + std::chrono::seconds(std::atoi(argv[5]));
  kiln::runtime loop;
  kiln::workspace const ws(loop, options);
  std::vector<std::future<void>> workers;
  for (int i = 0; i < std::atoi(argv[4]); ++i) workers.push_back(ws.start(work(ws, &run)));
  for (auto& worker : workers) worker.get();
  print(run, ws.stats());
  ws.start(ws.close()).get();
  return 0;
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_budget: %s\n", e.what());
  return 1;
}
