#include "cli/program.hpp"
#include "support/text.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <optional>
#include <string>
#include <vector>

// The commands of the services, raw calls that page, runtime versions, and what is generated.
namespace kiln::cli_test {
namespace {

using test::has;

/// An answer of the emulated workspace for a route, so often.
std::string scripted(std::string const& route, std::string const& body, int times = 1) {
  std::string text;
  for (char const c : body) {
    if (c == '"' || c == '\\') text += '\\';
    text += c;
  }
  return R"({"route":")" + route + R"(","status":200,"times":)" + std::to_string(times) +
         R"(,"body":")" + text + R"("})";
}

TEST(program_runtime, explains_keys_without_a_workspace) {
  auto const one = run({"runtime", "parse", "7.3.x-cpu-ml-scala2.12"});
  EXPECT_EQ(one.code, 0) << one;
  EXPECT_TRUE(has(one.out, "Databricks Runtime 7.3 LTS, CPU, ML; Apache Spark 3.0.1")) << one;
  auto const json = run({"runtime", "parse", "-o", "jsonl", "9.1.x-scala2.12", "custom:x"});
  EXPECT_EQ(json.code, 0) << json;
  EXPECT_EQ(std::count(json.out.begin(), json.out.end(), '\n'), 2) << json;
  EXPECT_TRUE(has(json.out, R"("spark":"3.1.2")")) << json;
  auto const bad = run({"runtime", "parse", "9.1.y-scala2.12"});
  EXPECT_EQ(bad.code, 2) << bad;
  EXPECT_TRUE(has(bad.err, "column 5")) << bad;
}

TEST(program_api_list, needs_no_workspace_and_names_every_endpoint) {
  auto const text = run({"api", "--list"});
  EXPECT_EQ(text.code, 0) << text;
  EXPECT_TRUE(has(text.out, "/api/2.0/dbfs/add-block")) << text;
  auto const lines = run({"api", "--list", "-o", "jsonl"});
  EXPECT_EQ(lines.code, 0) << lines;
  EXPECT_TRUE(has(lines.out, R"("service":"dbfs","operation":"read","verb":"GET",)")) << lines;
  EXPECT_EQ(std::count(lines.out.begin(), lines.out.end(), '\n') + 1,
            std::count(text.out.begin(), text.out.end(), '\n'));
  EXPECT_EQ(run({"api", "GET", "/api/2.0/x", "--list"}).code, 2);
  EXPECT_EQ(run({"api"}).code, 2);
  EXPECT_EQ(run({"api", "GET"}).code, 2);
}

TEST(program_service, fails_where_the_answer_is_no_json) {
  emulated_workspace const workspace;
  for (std::string const route : {"clusters/get", "clusters/list-zones"}) {
    workspace.fault(scripted("/api/2.0/" + route, R"({"zones":)"));
  }
  auto const one = workspace.kiln({"clusters", "get", "a"});
  EXPECT_EQ(one.code, 1) << one;
  EXPECT_TRUE(has(one.err, "kiln: clusters/get at 127.0.0.1:")) << one;
  EXPECT_TRUE(has(one.err, ": the answer")) << one;
  EXPECT_TRUE(has(one.err, ": invalid JSON at byte 9: ")) << one;
  auto const all = workspace.kiln({"clusters", "list-zones"});
  EXPECT_EQ(all.code, 1) << all;
  EXPECT_TRUE(has(all.err, "kiln: clusters/list-zones at 127.0.0.1:")) << all;
}

TEST(program_service, says_what_is_wrong_with_a_document) {
  emulated_workspace const workspace;
  auto const create = [&workspace](std::string const& document) {
    return workspace.kiln({"jobs", "create", "--json", document});
  };
  auto const empty = create("");
  EXPECT_EQ(empty.code, 2) << empty;
  EXPECT_TRUE(has(empty.err, "--json: '' is no file and no JSON")) << empty;
  auto const missing = create("no-such.json");
  EXPECT_EQ(missing.code, 2) << missing;
  EXPECT_TRUE(has(missing.err, "cannot be opened: No such file or directory")) << missing;
  auto const list = create("[1]");
  EXPECT_EQ(list.code, 2) << list;
  EXPECT_TRUE(has(list.err, "--json: expected a JSON object")) << list;
  auto const slip = create(
      R"({"name":"j","max_concurrent_run":2,"tasks":[{"task_key":"a","existing_cluster_id":"c",)"
      R"("notebook_task":{"notebook_path":"/x"}}]})");
  EXPECT_EQ(slip.code, 0) << slip;
  EXPECT_TRUE(has(slip.err, "max_concurrent_run; did you mean max_concurrent_runs?")) << slip;
}

TEST(program_api, takes_fields_behind_the_path) {
  emulated_workspace const workspace;
  auto const made = workspace.kiln({"api", "post", "/api/2.0/dbfs/mkdirs", "path=/d"});
  EXPECT_EQ(made.code, 0) << made;
  auto const found = workspace.kiln({"api", "get", "/api/2.0/dbfs/get-status", "path=/d"});
  EXPECT_EQ(found.code, 0) << found;
  EXPECT_TRUE(has(found.out, R"("is_dir":true)")) << found;
}

TEST(program_api, follows_pages_and_keeps_every_digit) {
  emulated_workspace const workspace;
  auto const script = [&workspace] {
    workspace.fault(scripted("/api/2.0/dbfs/list",
                             R"({"jobs":[{"job_id":9007199254740993},{"job_id":2}],)"
                             R"("has_more":true,"next_page_token":"t 1"})"));
    workspace.fault(scripted("/api/2.0/dbfs/list", R"({"jobs":[{"job_id":3}]})"));
  };
  script();
  auto const lines =
      workspace.kiln({"api", "get", "/api/2.0/dbfs/list?limit=2", "--paginate", "-o", "jsonl"});
  EXPECT_EQ(lines.code, 0) << lines;
  EXPECT_EQ(lines.out, "{\"job_id\":9007199254740993}\n{\"job_id\":2}\n{\"job_id\":3}\n");
  script();
  auto const merged = workspace.kiln({"api", "get", "/api/2.0/dbfs/list", "--paginate"});
  EXPECT_EQ(merged.code, 0) << merged;
  EXPECT_EQ(merged.out,
            "{\"jobs\":[{\"job_id\":9007199254740993},{\"job_id\":2},{\"job_id\":3}]}\n");
}

TEST(program_limits, shows_the_budget_that_was_asked_for) {
  auto const text = run({"--rate", "12", "limits", "show"});
  EXPECT_EQ(text.code, 0) << text;
  EXPECT_TRUE(has(text.out, "12 requests/s")) << text;
  EXPECT_TRUE(has(text.out, "mlflow-search")) << text;
  EXPECT_TRUE(has(run({"limits", "show", "-o", "json"}).out, R"("rate":30,)"));
}

int bash_ends_with(std::string const& script) {
  scratch const at;
  auto const path = at.path("script");
  std::filesystem::path const file(path);
  std::FILE* const out = std::fopen(file.c_str(), "w");
  std::fwrite(script.data(), 1, script.size(), out);
  std::fclose(out);
  return std::system(("bash " + path + " >/dev/null 2>&1").c_str());
}

/// A job of one notebook task in the emulated workspace; gives its id.
std::string make_job(emulated_workspace const& workspace, std::string const& name) {
  auto const made = workspace.kiln({"jobs", "create", "--name", name, "--json",
                                    R"({"tasks":[{"task_key":"t",)"
                                    R"("notebook_task":{"notebook_path":"/n"}}]})"});
  EXPECT_EQ(made.code, 0) << made;
  auto const from = made.out.find(": ") + 2;
  return made.out.substr(from, made.out.find_first_not_of("0123456789", from) - from);
}

TEST(program_jobs, are_made_listed_shown_and_deleted) {
  emulated_workspace const workspace;
  auto const first = make_job(workspace, "42");
  auto const second = make_job(workspace, "tab\there");
  auto const table = workspace.kiln({"jobs", "list", "-o", "text"});
  EXPECT_EQ(table.code, 0) << table;
  EXPECT_TRUE(has(table.out, first + "\t42\t")) << table;
  EXPECT_TRUE(has(table.out, second + "\ttab here\t")) << table;
  auto const piped = workspace.kiln({"jobs", "list", "--page-size", "1", "--limit", "2"});
  EXPECT_TRUE(piped.out.starts_with("[\n")) << piped;
  EXPECT_TRUE(has(piped.out, R"("name": "42")")) << piped;
  EXPECT_EQ(workspace.kiln({"jobs", "list", "--limit", "1", "-o", "jsonl"}).out.find('\n') + 1,
            workspace.kiln({"jobs", "list", "--limit", "1", "-o", "jsonl"}).out.size());
  auto const shown = workspace.kiln({"jobs", "get", first, "-o", "text"});
  EXPECT_EQ(shown.code, 0) << shown;
  EXPECT_TRUE(has(shown.out, "settings.name ")) << shown;
  EXPECT_EQ(workspace.kiln({"jobs", "delete", first}).code, 0);
  EXPECT_NE(workspace.kiln({"jobs", "get", first}).code, 0);
}

TEST(program_jobs, of_more_tasks_than_an_answer_holds_are_shown_whole) {
  emulated_workspace const workspace({"--rate", "5000"});
  std::string tasks = R"({"tasks":[)";
  for (int i = 0; i < 201; ++i) {
    tasks += (i > 0 ? "," : "") + std::string(R"({"task_key":"t)") + std::to_string(i) +
             R"(","notebook_task":{"notebook_path":"/n",)"
             R"("base_parameters":{"kiln_seconds":"0"}}})";
  }
  tasks += "]}";
  auto const id_of = [](ended const& made) {
    EXPECT_EQ(made.code, 0) << made;
    auto const from = made.out.find(':') + 1;
    return made.out.substr(from, made.out.find('}') - from);
  };
  auto const keys_in = [](ended const& shown) {
    EXPECT_EQ(shown.code, 0) << shown;
    EXPECT_EQ(std::count(shown.out.begin(), shown.out.end(), '\n'), 1) << shown;
    EXPECT_FALSE(has(shown.out, "next_page_token")) << shown;
    int count = 0;
    for (auto at = shown.out.find("\"task_key\""); at != std::string::npos; ++count) {
      at = shown.out.find("\"task_key\"", at + 1);
    }
    return count;
  };
  auto const job = id_of(
      workspace.kiln({"jobs", "create", "--api-version", "2.2", "-o", "jsonl", "--json", tasks}));
  EXPECT_EQ(keys_in(workspace.kiln({"jobs", "get", job, "--api-version", "2.2", "-o", "jsonl"})),
            201);
  EXPECT_EQ(keys_in(workspace.kiln({"jobs", "get", job, "-o", "jsonl"})), 201);
  EXPECT_EQ(keys_in(workspace.kiln(
                {"api", "get", "/api/2.2/jobs/get", "job_id=" + job, "--paginate", "-o", "jsonl"})),
            201);
  EXPECT_EQ(
      keys_in(workspace.kiln({"api", "get", "/api/2.2/jobs/get", "job_id=" + job, "--paginate"})),
      201);
  auto const run = id_of(
      workspace.kiln({"jobs", "submit", "--api-version", "2.2", "-o", "jsonl", "--json", tasks}));
  auto const get_run = [&](std::vector<std::string> more) {
    more.insert(more.begin(), {"jobs", "get-run", run, "--api-version", "2.2", "-o", "jsonl"});
    return workspace.kiln(more);
  };
  EXPECT_EQ(keys_in(get_run({})), 201);
  EXPECT_EQ(keys_in(get_run({"--wait"})), 201);
  EXPECT_EQ(get_run({"--page-token", "e100"}).code, 2) << "kiln follows the pages itself";
}

TEST(program_jobs, that_are_named_wrongly_are_a_usage_error_before_anything_is_sent) {
  emulated_workspace const workspace;
  auto const word = workspace.kiln({"jobs", "get", "nightly"});
  EXPECT_EQ(word.code, 2) << word;
  EXPECT_TRUE(has(word.err, "JOB_ID: 'nightly' is not a whole number")) << word;
  EXPECT_EQ(workspace.kiln({"jobs", "delete"}).code, 2);
  auto const missing = workspace.kiln({"jobs", "run-now", "--idempotency-token", "t"});
  EXPECT_EQ(missing.code, 2) << missing;
  EXPECT_TRUE(has(missing.err, "JOB_ID is missing")) << missing;
  auto const json = workspace.kiln({"jobs", "create", "--json", "{nope"});
  EXPECT_EQ(json.code, 2) << json;
  EXPECT_TRUE(has(json.err, "--json: ")) << json;
  auto const meant = workspace.kiln({"jobs", "lst"});
  EXPECT_TRUE(has(meant.err, "did you mean kiln jobs list?")) << meant;
  EXPECT_EQ(workspace.kiln({"jobs", "list", "--limit", "0"}).code, 2);
}

TEST(program_jobs, run_and_are_waited_for_and_a_failed_run_has_its_exit_code) {
  emulated_workspace const workspace;
  auto const job = make_job(workspace, "nightly");
  auto const run_to = [&](std::string const& end) {
    return workspace.kiln({"jobs", "run", job, "--param", "kiln_result=" + end, "--notebook-params",
                           "kiln_seconds=0", "--notebook-params", "kiln_pending_seconds=0",
                           "--notebook-params", "kiln_cleanup_seconds=0", "--wait", "-o", "text"});
  };
  auto const good = run_to("SUCCESS");
  EXPECT_EQ(good.code, 0) << good;
  EXPECT_TRUE(has(good.out, "state.result_state ")) << good;
  EXPECT_TRUE(has(good.err, "kiln: run ")) << good;
  auto const bad = run_to("FAILED");
  EXPECT_EQ(bad.code, 7) << bad;
  EXPECT_TRUE(has(bad.out, "FAILED")) << bad;
  auto const runs = workspace.kiln({"jobs", "list-runs", "--job-id", job, "-o", "jsonl"});
  EXPECT_EQ(std::count(runs.out.begin(), runs.out.end(), '\n'), 2) << runs;
}

TEST(program_jobs, that_run_can_be_waited_for_by_their_id) {
  emulated_workspace const workspace({"--rate", "5000"});
  auto const submit = [&workspace](std::string const& end) {
    auto const started = workspace.kiln(
        {"jobs", "submit", "-o", "jsonl", "--json",
         R"({"run_name":"r","tasks":[{"task_key":"t","notebook_task":)"
         R"({"notebook_path":"/n","base_parameters":{"kiln_seconds":"0","kiln_result":")" +
             end + R"("}}}]})"});
    EXPECT_EQ(started.code, 0) << started;
    auto const from = started.out.find(':') + 1;
    return started.out.substr(from, started.out.find('}') - from);
  };
  auto const good = workspace.kiln({"jobs", "wait", submit("SUCCESS")});
  EXPECT_EQ(good.code, 0) << good;
  EXPECT_TRUE(has(good.out, "TERMINATED")) << good;
  EXPECT_EQ(workspace.kiln({"jobs", "wait", submit("FAILED"), "--wait-timeout", "1m"}).code, 7);
  EXPECT_EQ(workspace.kiln({"jobs", "wait"}).code, 2);
}

TEST(program_calls, that_start_something_start_it_once_though_the_answer_was_lost) {
  emulated_workspace const workspace({"--rate", "5000"});
  auto const job = make_job(workspace, "nightly");
  struct start {
    char const* route;
    std::vector<std::string> words;
    std::vector<std::string> list;
  };
  start const starts[] = {
      {"/api/2.1/jobs/run-now", {"jobs", "run-now", job}, {"jobs", "list-runs", "-o", "jsonl"}},
      {"/api/2.0/clusters/create",
       {"clusters", "create", "--json",
        R"({"spark_version":"7.3.x-scala2.12","node_type_id":"Standard_DS3_v2","num_workers":1})"},
       {"clusters", "list", "-o", "jsonl"}},
  };
  for (auto const& each : starts) {
    workspace.fault(std::string(R"({"route":")") + each.route +
                    R"(","what":"close","after_handler":true,"times":1})");
    auto const started = workspace.kiln(each.words);
    EXPECT_EQ(started.code, 0) << started;
    auto const there = workspace.kiln(each.list);
    EXPECT_EQ(std::count(there.out.begin(), there.out.end(), '\n'), 1) << each.route << there;
  }
}

TEST(program_jobs, are_created_once_by_a_key_whatever_becomes_of_the_answer) {
  emulated_workspace const workspace({"--rate", "5000"});
  std::string const document = R"({"name":"load","tasks":[{"task_key":"t","notebook_task":)"
                               R"({"notebook_path":"/n"}}]})";
  auto const create = [&](std::vector<std::string> more) {
    std::vector<std::string> words{"jobs", "create", "-o", "jsonl", "--json", document};
    words.insert(words.end(), more.begin(), more.end());
    return workspace.kiln(words);
  };
  workspace.fault(
      R"({"route":"/api/2.1/jobs/create","what":"close","after_handler":true,"times":1})");
  auto const first = create({"--once", "nightly"});
  EXPECT_EQ(first.code, 0) << first;
  auto const second = create({"--once", "nightly"});
  EXPECT_EQ(second.code, 0) << second;
  EXPECT_EQ(second.out, first.out);
  EXPECT_TRUE(has(second.err, "there already")) << second;
  auto const listed = workspace.kiln({"jobs", "list", "-o", "jsonl"});
  EXPECT_EQ(std::count(listed.out.begin(), listed.out.end(), '\n'), 1) << listed;
  EXPECT_EQ(create({"--once", "a b"}).code, 2);
  EXPECT_EQ(create({"--once", "nightly", "--api-version", "2.0"}).code, 2);
}

TEST(program_completion, of_bash_loads_and_completes) {
  auto const script = run({"completion", "bash"});
  ASSERT_EQ(script.code, 0) << script;
  auto const completes = [&script](std::string const& line, std::string const& wanted) {
    return bash_ends_with(script.out + "COMP_WORDS=(" + line +
                          ")\nCOMP_CWORD=$((${#COMP_WORDS[@]} - 1))\n_kiln\n"
                          "[[ \" ${COMPREPLY[*]} \" == *\" " +
                          wanted + " \"* ]]\n") == 0;
  };
  EXPECT_TRUE(completes("kiln emu", "emulate"));
  EXPECT_TRUE(completes("kiln fs c", "cp"));
  EXPECT_TRUE(completes("kiln --rate 3 fs cp --over", "--overwrite"));
  EXPECT_TRUE(completes("kiln fs cp --ti", "--timeout"));
  EXPECT_FALSE(completes("kiln fs c", "emulate"));
}

/// What `shell` writes when it has loaded the completion as FILE and runs `then`; nullopt: there is
/// no such shell here.
std::optional<std::string> shell_says(std::string const& shell, std::string const& then) {
  if (std::system(("command -v " + shell + " >/dev/null").c_str()) != 0) return std::nullopt;
  auto const completion = run({"completion", shell});
  EXPECT_EQ(completion.code, 0) << completion;
  scratch const at;
  std::ofstream(at.path("FILE")) << completion.out;
  std::ofstream(at.path("script")) << then;
  auto const plain = shell == "zsh" ? " -f " : " --no-config ";
  auto const ended = std::system(
      ("cd " + at.path() + " && HOME=. TERM=dumb " + shell + plain + "script >out 2>&1 </dev/null")
          .c_str());
  EXPECT_EQ(ended, 0) << content(at.path("out"));
  return content(at.path("out"));
}

TEST(program_completion, of_fish_loads_and_completes) {
  auto const said = shell_says("fish",
                               "source FILE\n"
                               "complete -C 'kiln emu'\n"
                               "complete -C 'kiln fs c'\n"
                               "complete -C 'kiln --rate 3 fs cp --over'\n"
                               "complete -C 'kiln clusters create --runtime'\n");
  if (!said) {
    std::cout << "passed over: there is no fish on this machine\n";
    return;
  }
  EXPECT_TRUE(has(*said, "emulate\t")) << *said;
  EXPECT_TRUE(has(*said, "\ncp\t")) << *said;
  EXPECT_TRUE(has(*said, "\ncat\t")) << *said;
  EXPECT_FALSE(has(*said, "\ncompletion\t")) << *said;
  EXPECT_TRUE(has(*said, "\n--overwrite\t")) << *said;
  EXPECT_TRUE(has(*said, "\n--runtime-engine\tNULL, PHOTON, STANDARD")) << *said;
}

// Its own functions that show what was found need a terminal.
TEST(program_completion, of_zsh_loads_and_completes) {
  auto const said = shell_says("zsh",
                               "autoload -Uz compinit && compinit -u -D\n"
                               "source ./FILE || exit 1\n"
                               "[[ ${_comps[kiln]} == _kiln ]] || exit 1\n"
                               "_describe() { print -rl -- \"${(@P)2}\" }\n"
                               "_files() { print FILES }\n"
                               "at() { words=(\"$@\"); CURRENT=$#words; print \"at $*\"; _kiln }\n"
                               "at kiln ''\n"
                               "at kiln fs ''\n"
                               "at kiln --rate 3 fs cp --\n"
                               "at kiln fs cp ''\n");
  if (!said) {
    std::cout << "passed over: there is no zsh on this machine\n";
    return;
  }
  auto const behind = [&said](std::string const& line) {
    auto const from = said->find("at " + line + "\n");
    return from == std::string::npos ? "" : said->substr(from, said->find("\nat ", from) - from);
  };
  EXPECT_TRUE(has(behind("kiln "), "\nemulate:Serve an emulated workspace")) << *said;
  EXPECT_TRUE(has(behind("kiln fs "), "\ncp:Copy files")) << *said;
  EXPECT_FALSE(has(behind("kiln fs "), "emulate")) << *said;
  EXPECT_TRUE(has(behind("kiln --rate 3 fs cp --"), "\n--overwrite:Replace")) << *said;
  EXPECT_TRUE(has(behind("kiln --rate 3 fs cp --"), "\n--timeout:")) << *said;
  EXPECT_TRUE(has(behind("kiln fs cp "), "\nFILES")) << *said;
}

TEST(program_completion, of_another_shell_there_is_none) {
  EXPECT_EQ(run({"completion", "tcsh"}).code, 2);
}

TEST(program_man_page, names_every_command) {
  auto const page = run({"man"});
  ASSERT_EQ(page.code, 0) << page;
  for (auto const* const command : {"fs cp", "api", "runtime select", "emulate", "demo"}) {
    EXPECT_TRUE(has(page.out, std::string(".SS \"") + command + "\"")) << command;
  }
}

}  // namespace
}  // namespace kiln::cli_test
