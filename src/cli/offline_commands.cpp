#include "cli/api_list.hpp"
#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "json/text.hpp"

#include <kiln/budget.hpp>

#include <fmt/format.h>

namespace kiln::cli {
namespace {

exit_code list_operations(output_format form, output& out) {
  auto const all = operations();
  if (form == output_format::text) {
    out.print(operations_text(all));
    return exit_code::ok;
  }
  std::vector<std::string> items;
  for (auto const& each : all) items.push_back(operation_json(each));
  print_json(out, form, items);
  return exit_code::ok;
}

budget_options budget_of(global_args const& global) {
  budget_options options;
  if (global.rate) options.rate = *global.rate;
  return options;
}

std::string limits_text(budget_options const& b) {
  auto out = fmt::format(
      "rate           {:g} requests/s, of which {:g} % are kept back\n"
      "adaptive       {}\n"
      "in flight      at most {}\n"
      "waiting calls  at most {}\n"
      "Retry-After    obeyed up to {} ms\n"
      "lanes          interactive {}, normal {}, bulk {}, poll {}; none waits over {} ms\n",
      b.rate, b.headroom * 100, b.adaptive ? "yes: 429s lower the rate" : "no", b.in_flight_max,
      b.queue_max, b.retry_after_max.count(), b.lane_weights[0], b.lane_weights[1],
      b.lane_weights[2], b.lane_weights[3], b.lane_wait_max.count());
  for (auto const& bucket : b.buckets) {
    out += fmt::format("bucket         {} {:g} requests/s\n", bucket.name, bucket.rate);
  }
  return out;
}

std::string limits_json(budget_options const& b) {
  json_array buckets;
  for (auto const& bucket : b.buckets) {
    buckets.add(json_object().text("name", bucket.name).real("rate", bucket.rate).finish());
  }
  json_object lanes;
  lanes.number("interactive", std::uint64_t{b.lane_weights[0]})
      .number("normal", std::uint64_t{b.lane_weights[1]})
      .number("bulk", std::uint64_t{b.lane_weights[2]})
      .number("poll", std::uint64_t{b.lane_weights[3]});
  return json_object()
      .real("rate", b.rate)
      .real("headroom", b.headroom)
      .flag("adaptive", b.adaptive)
      .number("in_flight_max", std::uint64_t{b.in_flight_max})
      .number("queue_max", std::uint64_t{b.queue_max})
      .number("retry_after_max_ms", std::int64_t{b.retry_after_max.count()})
      .number("lane_wait_max_ms", std::int64_t{b.lane_wait_max.count()})
      .member("lane_weights", lanes.finish())
      .member("buckets", buckets.finish())
      .finish();
}

}  // namespace

void print_json(output& out, output_format form, std::vector<std::string> const& items) {
  if (form == output_format::jsonl) {
    for (auto const& item : items) out.print(item + '\n');
    return;
  }
  json_array document;
  for (auto const& item : items) document.add(item);
  auto const shown = json::pretty(document.finish());
  out.print((shown ? *shown : document.finish()) + '\n');
}

std::optional<exit_code> run_offline(invocation const& asked, console& err, output& out) {
  auto const form = asked.global.output;
  if (auto const* const api = std::get_if<api_args>(&asked.what); api != nullptr && api->list) {
    return list_operations(form, out);
  }
  if (auto const* const look = std::get_if<transfers_look_args>(&asked.what)) {
    return run_transfers_look(*look, form, err, out);
  }
  if (auto const* const table = std::get_if<matrix_args>(&asked.what)) {
    if (!table->validate && !table->dry_run) return std::nullopt;
    return run_matrix_offline(asked.global, *table, err, out);
  }
  if (auto const* const look = std::get_if<matrices_look_args>(&asked.what)) {
    return run_matrices_look(*look, form, err, out);
  }
  if (auto const* const clean = std::get_if<matrices_clean_args>(&asked.what)) {
    return run_matrices_clean(*clean, err);
  }
  if (auto const* const clean = std::get_if<transfers_clean_args>(&asked.what)) {
    return run_transfers_clean(asked.global, *clean, err, out);
  }
  if (auto const* const runtime = std::get_if<runtime_args>(&asked.what)) {
    if (runtime->what != runtime_args::kind::parse) return std::nullopt;
    return run_runtime_parse(*runtime, form, err, out);
  }
  if (std::get_if<limits_args>(&asked.what) != nullptr) {
    auto const budget = budget_of(asked.global);
    out.print(form == output_format::text ? limits_text(budget) : limits_json(budget) + '\n');
    return exit_code::ok;
  }
  return std::nullopt;
}

}  // namespace kiln::cli
