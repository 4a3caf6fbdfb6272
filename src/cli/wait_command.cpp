#include "cli/commands.hpp"
#include "cli/service_table.hpp"
#include "json/scan.hpp"

#include <kiln/operations.hpp>
#include <kiln/services/clusters.hpp>
#include <kiln/services/jobs.hpp>
#include <kiln/wait.hpp>

#include <fmt/format.h>

#include <charconv>
#include <utility>

namespace kiln::cli {
namespace {

/// A line on stderr for each state.
class state_lines final : public wait_observer {
 public:
  explicit state_lines(session& s) : s_(s) {}
  void changed(wait_progress const& now) override {
    if (s_.global().no_progress) return;
    auto line = fmt::format("kiln: {} {}", now.what, now.state);
    if (!now.message.empty()) line += fmt::format(": {}", now.message);
    s_.err().line(line);
  }

 private:
  session& s_;
};

/// The text of a member of the answer or else of the request; empty when neither has it.
std::string id_in(std::string_view name, json_members const& request, std::string const& answer) {
  auto const told = members_of(answer, "answer");
  auto const* found = told ? find_member(*told, name) : nullptr;
  if (found == nullptr) found = find_member(request, name);
  if (found == nullptr) return {};
  if (!found->starts_with('"')) return *found;
  return json::unescape(std::string_view(*found).substr(1, found->size() - 2)).value_or("");
}

asio::awaitable<exit_code> show(session& s, std::string_view path, std::string_view name,
                                std::string const& value, std::string_view api_version) {
  endpoint at{verb::get, path};
  at.lane = lane::interactive;
  json_members request;
  set_member(request, name, value);
  call_options options;
  options.api_version = api_version;
  auto const answer = co_await call_whole(s, at, request, options);
  if (answer.has_error()) co_return s.fail(answer.error());
  co_return print_answer(s, path, *answer);
}

asio::awaitable<exit_code> after_run(session& s, service_args const& args, std::string const& id,
                                     wait_options options) {
  until::run_finished what;
  auto const read = std::from_chars(id.data(), id.data() + id.size(), what.run_id);
  if (read.ec != std::errc()) {
    error const why(errc::decode_failed, "the answer has no run_id to wait for");
    co_return s.fail(why);
  }
  auto const run = co_await wait_until(s.ws(), what, options);
  if (run.has_error()) co_return s.fail(run.error());
  auto const shown = co_await show(s, "/api/2.1/jobs/runs/get", "run_id", id, args.api_version);
  bool const good = jobs::is_success(run->state);
  co_return shown == exit_code::ok && !good ? exit_code::run_failed : shown;
}

asio::awaitable<exit_code> after_cluster(session& s, service_args const& args,
                                         std::string const& id, wait_options options) {
  std::optional<error> why;
  if (args.row->wait == wait_for::cluster_running) {
    until::cluster_running const what{id};
    auto const cluster = co_await wait_until(s.ws(), what, options);
    if (cluster.has_error()) why = cluster.error();
  } else {
    until::cluster_terminated const what{id};
    auto const cluster = co_await wait_until(s.ws(), what, options);
    if (cluster.has_error()) why = cluster.error();
  }
  if (why) co_return s.fail(*why);
  std::string const quoted = '"' + id + '"';
  co_return co_await show(s, "/api/2.0/clusters/get", "cluster_id", quoted, args.api_version);
}

}  // namespace

asio::awaitable<exit_code> wait_and_show(session& s, service_args const& args,
                                         json_members const& request, std::string const& answer) {
  state_lines observer(s);
  wait_options options;
  options.observer = &observer;
  if (args.wait_timeout) options.timeout = *args.wait_timeout;
  if (args.row->wait == wait_for::run_finished) {
    auto const run = id_in("run_id", request, answer);
    co_return co_await after_run(s, args, run, options);
  }
  auto const cluster = id_in("cluster_id", request, answer);
  co_return co_await after_cluster(s, args, cluster, options);
}

}  // namespace kiln::cli
