// Many runs through the library against an emulated workspace in a process of its own. Driven by
// jobs.py, which measures what issue 6 asks for: requests a run, time, worst second, memory.
#include <kiln/emulator.hpp>
#include <kiln/kiln.hpp>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <string_view>
#include <sys/resource.h>

namespace {

int serve(double rate) {
  kiln::runtime loop;
  kiln::emulator_options options;
  options.rate = rate;
  options.limiter = rate > 1'000 ? kiln::limiter_kind::none : kiln::limiter_kind::window;
  options.clusters.start = std::chrono::milliseconds(0);
  options.jobs.run_pending = std::chrono::milliseconds(0);
  options.jobs.run_cleanup = std::chrono::milliseconds(0);
  options.jobs.runs_per_hour_max = 1'000'000;
  kiln::emulator const server(loop, options);
  std::printf("%s %s\n", server.url().c_str(), server.token().c_str());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  auto const seen = server.stats();
  std::printf("{\"requests\":%llu,\"throttled\":%llu,\"worst_second\":%llu}\n",
              static_cast<unsigned long long>(seen.requests),
              static_cast<unsigned long long>(seen.throttled),
              static_cast<unsigned long long>(seen.worst_second));
  return 0;
}

int run(char** argv) {
  std::size_t const rows = std::strtoull(argv[4], nullptr, 10);
  std::string const seconds = argv[5];
  kiln::budget_options spend;
  spend.rate = std::strtod(argv[7], nullptr);
  kiln::workspace_options options;
  options.host = argv[2];
  options.credentials = kiln::credentials::personal_access_token(argv[3]);
  options.budget = kiln::budget(spend);
  kiln::runtime loop;
  kiln::workspace const ws(loop, options);
  kiln::clusters::create wanted;
  wanted.spark_version = "15.4.x-scala2.12";
  wanted.node_type_id = "Standard_DS3_v2";
  wanted.num_workers = 8;
  auto const cluster = ws.start(ws.clusters().create(wanted)).get().cluster_id;
  kiln::run_function source(rows, [&](std::size_t i) -> kiln::result<kiln::run_row> {
    kiln::run_row row;
    row.document =
        R"({"tasks":[{"task_key":"t","existing_cluster_id":")" + cluster +
        R"(","spark_python_task":{"python_file":"dbfs:/train.py","parameters":["kiln_seconds=)" +
        seconds + R"(","row=)" + std::to_string(i) + R"("]}}]})";
    return row;
  });
  kiln::run_many_options many;
  many.active_max = static_cast<std::uint32_t>(std::strtoul(argv[6], nullptr, 10));
  auto const report = ws.start(kiln::run_many(ws, source, many)).get();
  ws.start(ws.close()).get();
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  std::printf(
      "{\"succeeded\":%llu,\"requests\":%llu,\"polls\":%llu,\"seconds\":%.3f,"
      "\"peak_kib\":%ld}\n",
      static_cast<unsigned long long>(report.succeeded),
      static_cast<unsigned long long>(report.requests),
      static_cast<unsigned long long>(report.polls),
      std::chrono::duration<double>(report.elapsed).count(), used.ru_maxrss);
  return report.succeeded == rows ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) try {
  std::string_view const what = argc > 1 ? argv[1] : "";
  if (what == "serve" && argc == 3) return serve(std::strtod(argv[2], nullptr));
  if (what == "run" && argc == 8) return run(argv);
  std::fprintf(stderr,
               "usage: bench_jobs serve RATE\n"
               "       bench_jobs run URL TOKEN ROWS SECONDS ACTIVE_MAX RATE\n");
  return 2;
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_jobs: %s\n", e.what());
  return 1;
}
