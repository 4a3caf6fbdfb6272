#include "cli/commands.hpp"
#include "cli/progress_display.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"
#include "cli/temp_dir.hpp"
#include "cli/tree.hpp"
#include "cli/walk.hpp"
#include "core/timers.hpp"

#include <kiln/emulator.hpp>
#include <kiln/orchestrate.hpp>
#include <kiln/runtime.hpp>
#include <kiln/transfer.hpp>

#include <fmt/format.h>

#include <chrono>
#include <filesystem>
#include <optional>

namespace kiln::cli {
namespace {

namespace fs = std::filesystem;

constexpr double rate_default = 30;
constexpr auto latency = std::chrono::milliseconds(20);
/// More than this and the emulated workspace keeps its files on the disk.
constexpr std::uint64_t memory_bytes_max = 512U << 20;
constexpr std::uint64_t demo_seed = 20;
constexpr std::string_view remote_root = "dbfs:/demo";
constexpr std::uint64_t runs = 200;
constexpr auto run_time = std::chrono::seconds(5);

struct demo_run {
  session& s;
  emulator const& served;
  fs::path staged;
  fs::path copy;
  double rate = rate_default;
};

struct outcome {
  std::uint64_t failed = 0;
  std::chrono::nanoseconds busy{};  ///< While requests were sent.
  tree_comparison compared;
  std::uint64_t runs_succeeded = 0, run_requests = 0;
};

/// Adds the time it lives to a sum.
class stopwatch {
 public:
  stopwatch(timers& clock, std::chrono::nanoseconds& sum)
      : clock_(clock), sum_(sum), start_(clock.now()) {}
  ~stopwatch() { sum_ += clock_.now() - start_; }
  stopwatch(stopwatch const&) = delete;
  stopwatch& operator=(stopwatch const&) = delete;

 private:
  timers& clock_;
  std::chrono::nanoseconds& sum_;
  instant start_;
};

void note(demo_run const& d, outcome& sums, transfer_report const& report) {
  d.s.out().print(report_text(report) + '\n');
  for (auto const& f : report.failures) d.s.err().line(failure_text(f));
  sums.failed += report.failures.size();
}

task<void> copy_up(demo_run& d, outcome& sums) {
  stopwatch const watch(d.s.loop().clock(), sums.busy);
  auto const local = d.staged.string();
  transfer_options options;
  auto const plan = co_await plan_upload(d.s.ws(), local, remote_root, options);
  if (plan.has_error()) co_return plan.error();
  d.s.out().print(plan_text(*plan, "the tree", remote_root));
  progress_display progress(d.s, !d.s.global().no_progress, nullptr);
  options.observer = &progress;
  auto const report = co_await upload(d.s.ws(), local, remote_root, options);
  progress.stop();
  if (report.has_error()) co_return report.error();
  note(d, sums, *report);
  co_return result<void>();
}

task<void> list_all(demo_run& d, outcome& sums) {
  stopwatch const watch(d.s.loop().clock(), sums.busy);
  std::string const root(remote_root.substr(remote_root.find('/')));
  auto const files = co_await walk(d.s.ws(), root);
  if (files.has_error()) co_return files.error();
  d.s.out().print("list    dbfs:/demo\n");
  d.s.out().print(usage_text(add_up(*files, root)) + '\n');
  co_return result<void>();
}

task<void> copy_down(demo_run& d, outcome& sums) {
  stopwatch const watch(d.s.loop().clock(), sums.busy);
  auto const local = d.copy.string();
  transfer_options options;
  auto const plan = co_await plan_download(d.s.ws(), remote_root, local, options);
  if (plan.has_error()) co_return plan.error();
  d.s.out().print(plan_text(*plan, remote_root, "a temporary directory"));
  progress_display progress(d.s, !d.s.global().no_progress, nullptr);
  options.observer = &progress;
  auto const report = co_await download(d.s.ws(), remote_root, local, options);
  progress.stop();
  if (report.has_error()) co_return report.error();
  note(d, sums, *report);
  co_return result<void>();
}

result<run_row> make_row(std::size_t number) {
  run_row row;
  row.name = fmt::format("demo {}", number + 1);
  row.document =
      fmt::format(R"({{"tasks":[{{"task_key":"train","new_cluster":{{)"
                  R"("spark_version":"15.4.x-scala2.12","node_type_id":"Standard_DS3_v2",)"
                  R"("num_workers":2}},)"
                  R"("spark_python_task":{{"python_file":"dbfs:/demo/train.py",)"
                  R"("parameters":["fold={}"]}}}}]}})",
                  number);
  return row;
}

task<void> run_jobs(demo_run& d, outcome& sums) {
  run_function rows(runs, make_row);
  run_many_options options;
  options.active_max = runs;
  options.interval = std::chrono::seconds(2);
  auto const before = d.served.stats().requests;
  auto const report = co_await run_many(d.s.ws(), rows, options);
  if (report.has_error()) co_return report.error();
  auto const spent = sums.run_requests = d.served.stats().requests - before;
  sums.runs_succeeded = report->succeeded;
  d.s.out().print(
      fmt::format("\nruns    {} of {} s each, one matrix\n", grouped(runs), run_time.count()));
  d.s.out().print(fmt::format(
      "        {} succeeded, {} started, {} requests to watch them all: {:.2f} requests a run\n\n",
      grouped(report->succeeded), grouped(report->submits), grouped(report->polls),
      static_cast<double>(spent) / static_cast<double>(runs)));
  co_return result<void>();
}

exit_code verdict(demo_run const& d, outcome const& sums) {
  auto const seen = d.served.stats();
  double const seconds = std::chrono::duration<double>(sums.busy).count();
  auto const file_requests = seen.requests - sums.run_requests;
  double const used =
      seconds > 0 ? static_cast<double>(file_requests) / (seconds * d.rate) * 100 : 0;
  bool const identical = sums.compared.differences.empty();
  bool const within = static_cast<double>(seen.worst_second) <= d.rate;
  bool const all_ran = sums.runs_succeeded == runs;
  bool const passed = identical && within && sums.failed == 0 && all_ran;
  auto& out = d.s.out();
  for (auto const& line : sums.compared.differences) out.print("differs  " + line + '\n');
  out.print(fmt::format("compared         {}, {} byte by byte: {}\n",
                        counted(sums.compared.files, "file"), human_size(sums.compared.bytes),
                        identical ? "identical" : "NOT identical"));
  out.print(fmt::format("requests sent    {}\n", grouped(file_requests)));
  out.print(fmt::format("seconds          {:.1f}\n", seconds));
  out.print(fmt::format("share of budget  {:.0f} % of {:g} requests/s\n", used, d.rate));
  out.print(
      fmt::format("worst second     {} requests, as the workspace counted\n", seen.worst_second));
  out.print(fmt::format("429 answers      {}\n", seen.throttled));
  out.print(fmt::format("failed items     {}\n", sums.failed));
  out.print(fmt::format("runs             {} of {} succeeded\n", sums.runs_succeeded, runs));
  out.print(passed ? "verdict          PASS: an identical copy, within the budget\n"
                   : "verdict          FAIL\n");
  if (passed) return exit_code::ok;
  if (!all_ran) return exit_code::run_failed;
  return sums.failed != 0 ? exit_code::some_failed : exit_code::other;
}

asio::awaitable<exit_code> there_and_back(demo_run& d) {
  outcome sums;
  auto done = co_await copy_up(d, sums);
  if (done.has_value()) done = co_await list_all(d, sums);
  if (done.has_value()) done = co_await copy_down(d, sums);
  if (done.has_value()) done = co_await run_jobs(d, sums);
  if (done.has_error()) co_return d.s.fail(done.error());
  sums.compared = compare_trees(d.staged, d.copy);
  co_return verdict(d, sums);
}

result<staged_tree> make_tree(demo_args const& args, fs::path const& staged) {
  stage_options options;
  fs::path const source = args.directory.empty() ? "." : args.directory;
  if (args.directory.empty()) options.skipped_names = {".git", "build"};
  auto tree = stage_tree(source, staged, options);
  if (tree.has_error() || args.big_file_bytes == 0) return tree;
  auto const generated = staged / "generated-by-kiln-demo.bin";
  auto const made = generate_file(generated, args.big_file_bytes, demo_seed);
  if (made.has_error()) return made.error();
  ++tree->files;
  tree->bytes += args.big_file_bytes;
  return tree;
}

workspace_options options_for(emulator const& served, double rate) {
  workspace_options options;
  options.host = served.url();
  options.credentials = credentials::personal_access_token(served.token());
  budget_options spend;
  spend.rate = rate;
  options.budget = budget(spend);
  return options;
}

}  // namespace

exit_code run_demo(loop& on, global_args const& global, console& err, output& out,
                   demo_args const& args) {
  temp_dir const work("kiln-demo");
  auto const tree = make_tree(args, work.path() / "tree");
  if (tree.has_error()) {
    err.line(error_text(tree.error()));
    return exit_code_of(tree.error().code());
  }
  emulator_options options;
  options.rate = global.rate.value_or(rate_default);
  options.latency = latency;
  options.jobs.run_duration = run_time;
  if (tree->bytes > memory_bytes_max) {
    options.storage = storage_kind::directory;
    options.data_dir = (work.path() / "workspace").string();
    fs::create_directory(options.data_dir);
  }
  runtime server_loop;
  emulator const served(server_loop, options);
  out.print(fmt::format("{} ({}) go to an emulated workspace at {} and back.\n",
                        counted(tree->files, "file"), human_size(tree->bytes), served.url()));
  out.print(fmt::format("It lets {:g} requests through in any second and answers after {} ms.\n\n",
                        options.rate, latency.count()));
  if (tree->left_out != 0) {
    err.line(fmt::format("kiln: left out {} that are no readable files",
                         counted(tree->left_out, "entry")));
  }
  session s(on, global, err, out, options_for(served, options.rate));
  demo_run d{s, served, work.path() / "tree", work.path() / "copy", options.rate};
  auto const code = on.run(there_and_back(d));
  s.close();
  return code;
}

}  // namespace kiln::cli
