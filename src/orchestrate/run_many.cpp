#include "orchestrate/run_session.hpp"
#include "transfer/fan_out.hpp"

#include <boost/asio/this_coro.hpp>

#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

namespace kiln {

namespace {

using runs::many_job;
using runs::run_session;

void validate(run_many_options const& o) {
  auto const refuse = [](char const* text) { throw std::invalid_argument(text); };
  if (o.active_max == 0) refuse("run_many_options.active_max must be above 0");
  if (o.deadline.count() < 0) refuse("run_many_options.deadline must not be below 0");
  if (o.interval.count() <= 0) refuse("run_many_options.interval must be above 0");
  if (!(o.poll_share > 0 && o.poll_share <= 1)) {
    refuse("run_many_options.poll_share must be above 0 and at most 1");
  }
  if (o.when_cancelled != run_stop::leave && o.when_cancelled != run_stop::cancel) {
    refuse("run_many_options.when_cancelled must be leave or cancel");
  }
}

asio::awaitable<void> on_strand(std::shared_ptr<many_job> job,
                                std::shared_ptr<std::optional<result<run_report>>> out) {
  auto const strand = co_await asio::this_coro::executor;
  auto const session = std::make_shared<run_session>(strand, *job);
  auto report = co_await session->run();
  out->emplace(std::move(report));
}

task<run_report> perform(std::shared_ptr<many_job> job) {
  auto const out = std::make_shared<std::optional<result<run_report>>>();
  co_await transfer::on_own_strand(on_strand(job, out));
  if (out->has_value()) co_return std::move(**out);
  co_return error(errc::cancelled, "the call was cancelled").with_operation("run_many");
}

}  // namespace

std::string_view to_string(row_state state) noexcept {
  switch (state) {
    case row_state::succeeded:
      return "succeeded";
    case row_state::failed:
      return "failed";
    case row_state::skipped:
      return "skipped";
    case row_state::cancelled:
      return "cancelled";
    case row_state::left:
      return "left";
    case row_state::not_started:
      return "not_started";
  }
  return "unknown";
}

task<run_report> run_many(workspace ws, run_source& rows, run_many_options const& options) {
  validate(options);
  return perform(std::make_shared<many_job>(std::move(ws), &rows, options));
}

task<run_report> run_many(workspace ws, std::vector<run_row> rows,
                          run_many_options const& options) {
  validate(options);
  auto job = std::make_shared<many_job>(std::move(ws), nullptr, options);
  job->held = std::move(rows);
  job->list.emplace(job->held);
  job->rows = &*job->list;
  return perform(std::move(job));
}

}  // namespace kiln
