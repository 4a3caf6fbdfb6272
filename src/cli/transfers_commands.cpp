#include "cli/commands.hpp"
#include "cli/copy.hpp"
#include "cli/json_text.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"
#include "cli/state_dir.hpp"
#include "cli/usage_error.hpp"

#include <kiln/budget.hpp>
#include <kiln/transfer.hpp>

#include <fmt/format.h>

#include <string>
#include <string_view>
#include <vector>

namespace kiln::cli {
namespace {

std::string_view state_of(transfer_record const& t) {
  if (!t.damage.empty()) return "damaged";
  if (t.running) return "running";
  if (!t.ended) return "unfinished";
  return t.failed > 0 ? "failed" : "done";  // killed before its journal was gone
}

std::string record_text(transfer_record const& t) {
  if (!t.damage.empty()) return fmt::format("{}  damaged: {}\n", t.id, t.damage);
  auto out = fmt::format("{}  {:<10}  {}  {} -> {}  {}/{} done", t.id, state_of(t),
                         kiln::to_string(t.created), t.source, t.destination, t.done, t.items);
  if (t.failed != 0) out += fmt::format(", {} failed", t.failed);
  if (t.skipped != 0) out += fmt::format(", {} skipped", t.skipped);
  out += fmt::format(", {} of {}", human_size(t.bytes_done), human_size(t.bytes));
  if (t.running && t.pid != 0) out += fmt::format(", process {}", t.pid);
  return out + '\n';
}

std::string record_json(transfer_record const& t) {
  json_object out;
  out.text("id", t.id)
      .text("state", state_of(t))
      .text("direction", t.upload ? "upload" : "download");
  out.text("host", t.host).text("source", t.source).text("destination", t.destination);
  out.text("overwrite", kiln::to_string(t.overwrite)).text("selection", t.selection);
  out.text("created", kiln::to_string(t.created)).number("items", t.items).number("done", t.done);
  out.number("skipped", t.skipped).number("failed", t.failed).number("bytes", t.bytes);
  out.number("bytes_done", t.bytes_done);
  if (t.running) out.number("pid", t.pid);
  if (!t.damage.empty()) out.text("damage", t.damage);
  return out.finish();
}

std::string_view state_of(transfer_entry const& e) {
  return e.state ? to_string(*e.state) : std::string_view("pending");
}

std::string entry_text(transfer_entry const& e) {
  auto out = fmt::format("{:<8}  {} -> {}", state_of(e), e.item.source, e.item.destination);
  if (e.why.code() != errc::none) out += ": " + e.why.describe();
  return out + '\n';
}

/// What was asked for, above the items.
result<std::string> heading(std::string const& state, std::string const& id) {
  auto const all = list_transfers(state);
  if (all.has_error()) return all.error();
  for (auto const& t : *all) {
    if (t.id != id) continue;
    auto out = record_text(t);
    if (!t.damage.empty()) return out;
    out += fmt::format("overwrite {}", kiln::to_string(t.overwrite));
    return out + (t.selection.empty() ? "\n" : "; " + t.selection + '\n');
  }
  return std::string();
}

/// The id given, or that of the only transfer there is to go on with.
std::string chosen_id(std::string const& state, transfers_resume_args const& args) {
  if (!args.id.empty()) return args.id;
  auto const all = list_transfers(state);
  if (all.has_error()) throw failure(all.error());
  std::vector<std::string> ids;
  for (auto const& t : *all) {
    bool const fits = args.retry_failed ? t.failed > 0 : !t.ended;
    if (fits && t.damage.empty()) ids.push_back(t.id);
  }
  if (ids.size() == 1) return ids.front();
  if (!ids.empty()) throw usage_error("there are several: name one of kiln transfers list");
  throw usage_error(args.retry_failed
                        ? "no transfer has items that failed: see kiln transfers list"
                        : "no transfer is left to go on with: see kiln transfers list");
}

bool is_to_go(transfer_record const& t, transfers_clean_args const& args) {
  if (!args.id.empty()) return t.id == args.id;
  bool const finished = t.ended || !t.damage.empty();
  return !t.running && (args.all || finished);
}

result<std::vector<std::string>> ids_to_clean(std::string const& state,
                                              transfers_clean_args const& args) {
  std::vector<std::string> ids;
  if (!args.id.empty()) {
    ids.push_back(args.id);
    return ids;
  }
  auto const all = list_transfers(state);
  if (all.has_error()) return all.error();
  for (auto const& t : *all) {
    if (is_to_go(t, args)) ids.push_back(t.id);
  }
  return ids;
}

/// The transfers that would be given up, and what deleting their leftovers on the server takes.
exit_code say_clean_plan(std::string const& state, transfers_clean_args const& args,
                         global_args const& global, console& err, output& out) {
  auto const all = list_transfers(state);
  if (all.has_error()) return complain(err, all.error());
  request_counts requests;
  std::string text;
  json_array gone;
  bool found = false;
  for (auto const& t : *all) {
    if (!is_to_go(t, args)) continue;
    found = true;
    requests.delete_ += t.left_on_server;
    text += record_text(t);
    gone.add(record_json(t));
  }
  if (!found && !args.id.empty()) {
    error none(errc::file_not_found, "there is no transfer " + args.id);
    return complain(err, std::move(none).with_operation("journal"));
  }
  double const rate = global.rate.value_or(budget_options().rate);
  if (global.output == output_format::text) {
    out.print((found ? text : std::string("nothing is to be given up\n")) +
              cost_text(requests, {}, rate));
  } else {
    json_object plan;
    plan.member("transfers", gone.finish()).member("cost", cost_json(requests, {}, rate));
    out.print(plan.finish() + '\n');
  }
  return exit_code::ok;
}

}  // namespace

exit_code run_transfers_look(transfers_look_args const& args, output_format form, console& err,
                             output& out) {
  auto const state = state_or_usage(err);
  std::vector<std::string> texts;
  std::vector<std::string> jsons;
  if (args.id.empty()) {
    auto const all = list_transfers(state);
    if (all.has_error()) return complain(err, all.error());
    for (auto const& t : *all) texts.push_back(record_text(t));
    for (auto const& t : *all) jsons.push_back(record_json(t));
  } else {
    auto const items = list_transfer_items(state, args.id);
    if (items.has_error()) return complain(err, items.error());
    auto const head = heading(state, args.id);
    if (head.has_error()) return complain(err, head.error());
    texts.push_back(*head);
    for (auto const& e : *items) {
      bool const explained = e.why.code() != errc::none;
      texts.push_back(entry_text(e));
      jsons.push_back(item_json(e.item, state_of(e), explained ? &e.why : nullptr));
    }
  }
  if (form != output_format::text) {
    print_json(out, form, jsons);
  } else {
    for (auto const& text : texts) out.print(text);
  }
  return exit_code::ok;
}

namespace {

/// What is left to do of it.
asio::awaitable<exit_code> say_rest(session& s, transfers_resume_args const& args,
                                    std::string const& id, transfer_options const& options) {
  result<transfer_plan> plan = error();
  if (args.retry_failed) {
    plan = co_await plan_retry_failed(s.ws(), id, options);
  } else {
    plan = co_await plan_resume(s.ws(), id, options);
  }
  if (plan.has_error()) co_return s.fail(plan.error());
  auto const all = list_transfers(options.state_dir);
  if (all.has_error()) co_return s.fail(all.error());
  transfer_record what;
  for (auto const& t : *all) {
    if (t.id == id) what = t;
  }
  co_return say_plan(s, *plan, what.source, what.destination);
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, transfers_resume_args const& args) {
  std::string const state = state_or_usage(s.err());
  std::string const id = chosen_id(state, args);
  transfer_options options;
  options.state_dir = state;
  options.verify = args.verify;
  options.manifest = args.manifest;
  if (args.dry_run) {
    auto const code = co_await say_rest(s, args, id, options);
    co_return code;
  }
  transfer_start const start = [&](transfer_options const& o) {
    return args.retry_failed ? retry_failed(s.ws(), id, o) : resume_transfer(s.ws(), id, o);
  };
  auto const code = co_await copy(s, options, start);
  co_return code;
}

std::optional<exit_code> run_transfers_clean(global_args const& global,
                                             transfers_clean_args const& args, console& err,
                                             output& out) {
  std::string const state = state_or_usage(err);
  if (args.dry_run) return say_clean_plan(state, args, global, err, out);
  auto const ids = ids_to_clean(state, args);
  if (ids.has_error()) return complain(err, ids.error());
  auto code = exit_code::ok;
  bool all_local = true;
  for (auto const& id : *ids) {
    auto const gone = forget_local_transfer(id, state);
    if (gone.has_error()) code = complain(err, gone.error());
    if (!gone.has_error() && !*gone) all_local = false;
  }
  return all_local ? std::optional(code) : std::nullopt;
}

asio::awaitable<exit_code> run_command(session& s, transfers_clean_args const& args) {
  std::string const state = state_or_usage(s.err());
  auto const ids = ids_to_clean(state, args);
  if (ids.has_error()) co_return s.fail(ids.error());
  auto code = exit_code::ok;
  for (auto const& id : *ids) {
    auto const gone = co_await forget_transfer(s.ws(), id, state);
    if (gone.has_error()) code = s.fail(gone.error());
  }
  co_return code;
}

}  // namespace kiln::cli
