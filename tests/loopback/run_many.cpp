#include "support/small_cluster.hpp"
#include "support/state_folder.hpp"

#include <kiln/emulator.hpp>
#include <kiln/kiln.hpp>
#include <kiln/services/jobs20.hpp>

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <csignal>
#include <cstdint>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <random>
#include <spawn.h>
#include <string>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <vector>

extern char** environ;  // NOLINT: POSIX has it in no header

// Many runs over real sockets, with a journal, and in processes that are killed.
namespace kiln {
namespace {

using namespace std::chrono_literals;
namespace fs = std::filesystem;
using test::state_folder;

constexpr std::size_t killed_rows = 60;

std::vector<run_row> short_rows(std::size_t count, std::string const& more = "") {
  std::vector<run_row> out(count);
  for (std::size_t i = 0; i < count; ++i) {
    out[i].name = "r" + std::to_string(i);
    out[i].document = '{' + test::on_small_cluster +
                      R"("spark_python_task":)"
                      R"({"python_file":"dbfs:/a.py","parameters":["n=)" +
                      std::to_string(i) + "\"" + more + "]}}";
    out[i].call = run_call::submit_20;
  }
  return out;
}

workspace_options options_for(std::string const& url, std::string const& token) {
  budget_options fast;
  fast.rate = 2'000;
  workspace_options out;
  out.host = url;
  out.credentials = credentials::personal_access_token(token);
  out.budget = budget(fast);
  return out;
}

emulator_options quick_server() {
  emulator_options out;
  out.limiter = limiter_kind::none;
  out.jobs.run_pending = 0ms;
  out.jobs.run_duration = 20ms;
  out.jobs.run_cleanup = 0ms;
  out.jobs.tokens_of_active_runs_only = true;  // a forgotten token is no help
  return out;
}

run_many_options quick(std::string const& state_dir) {
  run_many_options out;
  out.active_max = 20;
  out.interval = 50ms;
  out.poll_share = 1;
  out.state_dir = state_dir;
  return out;
}

struct counted final : run_observer {
  void finished(row_result const& r) override {
    ++ends[r.row];
    if (r.resumed) ++resumed;
    last = r;
  }
  std::map<std::size_t, int> ends;
  std::size_t resumed = 0;
  row_result last;
};

TEST(run_many, the_same_call_again_starts_nothing_and_tells_all_results_again) {
  runtime loop;
  emulator const server(loop, quick_server());
  state_folder const state;
  workspace const ws(loop, options_for(server.url(), server.token()));
  auto const rows = short_rows(30, R"(,"kiln_output=it is done")");
  auto options = quick(state.path);
  options.output = true;
  for (int round = 0; round < 2; ++round) {
    counted seen;
    options.observer = &seen;
    auto const report = ws.start(run_many(ws, rows, options)).get();
    EXPECT_EQ(report.succeeded, rows.size());
    EXPECT_EQ(seen.ends.size(), rows.size());
    EXPECT_EQ(report.submits, round == 0 ? rows.size() : 0U);
    EXPECT_EQ(seen.resumed, round == 0 ? 0U : rows.size());
    EXPECT_FALSE(seen.last.run_page_url.empty());
    EXPECT_EQ(seen.last.result_state, "SUCCESS");
  }
  auto const listed = list_run_journals(state.path);
  ASSERT_TRUE(listed.has_value() && listed->size() == 1);
  EXPECT_EQ(listed->front().succeeded, rows.size());
  options.observer = nullptr;
  options.attempt = "2";
  EXPECT_EQ(ws.start(run_many(ws, rows, options)).get().submits, rows.size()) << "other runs";
  EXPECT_TRUE(remove_run_journal(state.path, listed->front().id).has_value());
  EXPECT_EQ(remove_run_journal(state.path, "../x").error().code(), errc::file_not_found);
  ws.start(ws.close()).get();
}

TEST(run_many, failed_rows_are_started_anew_when_asked_and_only_then) {
  runtime loop;
  emulator const server(loop, quick_server());
  state_folder const state;
  workspace const ws(loop, options_for(server.url(), server.token()));
  auto const rows = short_rows(5, R"(,"kiln_result=FAILED,SUCCESS")");
  auto options = quick(state.path);
  EXPECT_EQ(ws.start(run_many(ws, rows, options)).get().failed, rows.size());
  EXPECT_EQ(ws.start(run_many(ws, rows, options)).get().submits, 0U);
  options.rerun_failed = true;
  auto const third = ws.start(run_many(ws, rows, options)).get();
  EXPECT_EQ(third.submits, rows.size());
  EXPECT_EQ(third.succeeded, rows.size());
  ws.start(ws.close()).get();
}

TEST(run_many, bad_rows_are_an_error_before_anything_is_sent) {
  runtime loop;
  emulator const server(loop, quick_server());
  workspace const ws(loop, options_for(server.url(), server.token()));
  auto const why = [&ws](std::vector<run_row> rows) {
    try {
      (void)ws.start(run_many(ws, std::move(rows), run_many_options())).get();
    } catch (failure const& e) {
      EXPECT_EQ(e.error().code(), errc::invalid_argument);
      return e.error().message();
    }
    return std::string("good");
  };
  auto rows = short_rows(3);
  rows[2].document = "{";
  EXPECT_NE(why(rows).find("row 3 ('r2')"), std::string::npos) << why(rows);
  rows = short_rows(3);
  rows[2].document = rows[0].document;
  EXPECT_NE(why(rows).find("rows 1 and 3 are the same run"), std::string::npos) << why(rows);
  rows = short_rows(3);
  rows[0].after = {"r1"};
  rows[1].after = {"r0"};
  EXPECT_NE(why(rows).find("rows wait for each other"), std::string::npos) << why(rows);
  EXPECT_EQ(ws.stats().requests, 0U);
  run_many_options wrong;
  wrong.active_max = 0;
  EXPECT_THROW((void)run_many(ws, short_rows(1), wrong), std::invalid_argument);
  ws.start(ws.close()).get();
}

TEST(run_many, told_to_cancel_it_cancels_what_runs) {
  runtime loop;
  emulator const server(loop, quick_server());
  workspace const ws(loop, options_for(server.url(), server.token()));
  auto options = quick("");
  std::atomic<run_stop> stop = run_stop::none;
  options.stop = &stop;
  auto running = ws.start(run_many(ws, short_rows(40, R"(,"kiln_seconds=600")"), options));
  while (ws.stats().requests < 20) std::this_thread::yield();
  stop = run_stop::cancel;
  auto const report = running.get();
  EXPECT_GE(report.cancelled, 15U);
  EXPECT_EQ(report.cancelled + report.not_started, 40U);
  jobs20::runs_list active;
  active.active_only = true;
  auto const left = ws.start(ws.jobs20().runs_list_all(active)).get();
  for (auto const& run : left) {
    EXPECT_EQ(run.state.life_cycle_state, jobs::run_life_cycle_state::terminating);
  }
  ws.start(ws.close()).get();
}

/// One-time runs and runs of a job, by both versions of the API.
std::vector<run_row> rows_of_all_calls(std::int64_t job) {
  auto out = short_rows(killed_rows);
  constexpr run_call calls[] = {run_call::submit_20, run_call::now, run_call::submit,
                                run_call::now_20};
  for (std::size_t i = 0; i < out.size(); ++i) {
    auto& row = out[i];
    row.call = calls[i % 4];
    auto const n = std::to_string(i);
    if (row.call == run_call::submit) {
      row.document = R"({"tasks":[{"task_key":"t",)" + row.document.substr(1) + "]}";
    } else if (row.call != run_call::submit_20) {
      row.document =
          R"({"job_id":)" + std::to_string(job) + R"(,"notebook_params":{"n":")" + n + R"("}})";
    }
  }
  return out;
}

std::int64_t make_job(workspace const& ws) {
  jobs20::create what;
  what.name = "rows";
  what.new_cluster = test::small_cluster();
  what.notebook_task.emplace().notebook_path = "/n";
  what.max_concurrent_runs = 1'000;
  return ws.start(ws.jobs20().create(what)).get().job_id;
}

/// How often each row ran, by what its runs are known by.
std::map<std::string, int> runs_of_rows(workspace const& ws) {
  std::map<std::string, int> out;
  auto const all = ws.start(ws.jobs20().runs_list_all()).get();
  for (auto const& run : all) {
    auto const& given = run.overriding_parameters;
    bool const of_job = given && given->notebook_params.contains("n");
    ++out[of_job ? "job " + given->notebook_params.at("n") : run.run_name];
  }
  return out;
}

/// A server is given so little time that the waits for it are killed in their midst, too.
workspace_options impatient(std::string const& url, std::string const& token) {
  auto out = options_for(url, token);
  out.timeouts.first_byte = 50ms;
  return out;
}

// The process that is killed is this very program, told by its environment what to do.
int be_killed() {
  char const* const url = std::getenv("KILN_KILLED_URL");
  char const* const token = std::getenv("KILN_KILLED_TOKEN");
  char const* const state = std::getenv("KILN_KILLED_STATE");
  char const* const job = std::getenv("KILN_KILLED_JOB");
  if (url == nullptr || token == nullptr || state == nullptr || job == nullptr) return 0;
  bool good = false;
  {
    runtime loop;
    workspace const ws(loop, impatient(url, token));
    auto const rows = rows_of_all_calls(std::strtoll(job, nullptr, 10));
    auto const report = ws.start(run_many(ws, rows, quick(state))).get();
    good = report.succeeded == killed_rows;
    ws.start(ws.close()).get();
  }
  std::_Exit(good ? 0 : 1);
}
[[maybe_unused]] int const before_any_test = be_killed();

pid_t start_process(emulator const& server, std::string const& state_dir, std::int64_t job) {
  std::vector<std::string> variables{
      "KILN_KILLED_URL=" + server.url(), "KILN_KILLED_TOKEN=" + server.token(),
      "KILN_KILLED_STATE=" + state_dir, "KILN_KILLED_JOB=" + std::to_string(job)};
  for (char** each = environ; *each != nullptr; ++each) variables.emplace_back(*each);
  std::vector<char*> pointers;
  for (auto& each : variables) pointers.push_back(each.data());
  pointers.push_back(nullptr);
  std::string program = fs::read_symlink("/proc/self/exe").string();
  char* arguments[] = {program.data(), nullptr};
  pid_t child = 0;
  EXPECT_EQ(::posix_spawn(&child, program.c_str(), nullptr, nullptr, arguments, pointers.data()),
            0);
  return child;
}

// The workspace knows the tokens of active runs only, and a run lasts a fiftieth of a second.
TEST(run_many, killed_at_two_hundred_random_moments_it_never_starts_a_row_twice) {
#ifdef __SANITIZE_THREAD__
  constexpr int kills = 20;
#else
  constexpr int kills = 200;
#endif
  auto seed = std::random_device{}();
  if (char const* const given = std::getenv("KILN_TEST_SEED")) {
    seed = static_cast<unsigned>(std::strtoul(given, nullptr, 10));
  }
  SCOPED_TRACE("KILN_TEST_SEED=" + std::to_string(seed));
  std::mt19937 random(seed);
  runtime loop;
  int killed = 0;
  for (int round = 0; killed < kills; ++round) {
    ASSERT_LT(round, kills);
    emulator const server(loop, quick_server());
    state_folder const state;
    workspace const ws(loop, options_for(server.url(), server.token()));
    auto const job = make_job(ws);
    for (bool over = false; !over;) {
      auto const child = start_process(server, state.path, job);
      if (killed < kills)
        std::this_thread::sleep_for(std::chrono::microseconds(random() % 200'000));
      if (killed < kills) ::kill(child, SIGKILL);
      int status = 0;
      ASSERT_EQ(::waitpid(child, &status, 0), child);
      if (WIFSIGNALED(status)) {
        ++killed;
        continue;
      }
      ASSERT_EQ(WEXITSTATUS(status), 0) << "round " << round;
      over = true;
    }
    auto const runs = runs_of_rows(ws);
    EXPECT_EQ(runs.size(), killed_rows) << "round " << round;
    for (auto const& [name, count] : runs) EXPECT_EQ(count, 1) << name << " in round " << round;
    ws.start(ws.close()).get();
  }
}

}  // namespace
}  // namespace kiln
