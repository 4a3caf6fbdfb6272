#include "cli/api_request.hpp"
#include "cli/commands.hpp"
#include "cli/input_text.hpp"
#include "cli/service_table.hpp"
#include "cli/usage_error.hpp"
#include "json/text.hpp"

#include <kiln/document.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kiln::cli {
namespace {

bool has_query_only(verb method) {
  return method == verb::get || method == verb::delete_ || method == verb::head;
}

/// How the endpoint is called. One that kiln knows may be repeated as its row says.
endpoint endpoint_of(api_args const& args, std::string_view path) {
  endpoint at;
  at.method = args.method;
  at.path = path;
  at.repeats = natural_repeat(args.method);
  at.lane = lane::interactive;
  if (auto const* const known = find_operation(args.method, path)) {
    at.repeats = known->at.repeats;
    at.bucket = known->at.bucket;
    at.media_type = known->at.media_type;
  }
  return at;
}

json_members request_of(api_args const& args, std::vector<std::string> const& fields,
                        std::string_view query, std::string const& input) {
  json_members request;
  if (!input.empty()) {
    auto read = members_of(input, "--input");
    if (read.has_error()) throw usage_error(read.error().message());
    request = std::move(*read);
  }
  for (auto& m : query_members(query)) set_member(request, m.name, std::move(m.value));
  for (auto& m : field_members(fields)) set_member(request, m.name, std::move(m.value));
  if (!query.empty() && !has_query_only(args.method)) {
    throw usage_error("PATH: a query does not go with a body here; give the fields with -f");
  }
  return request;
}

asio::awaitable<exit_code> print(session& s, std::string const& body) {
  if (s.format() == output_format::jsonl) {
    auto const line = json::compact(body);
    if (line.has_value()) {
      s.out().print(*line + '\n');
      co_return exit_code::ok;
    }
  }
  auto const written = co_await s.out().stream(body);
  if (written.has_error()) co_return s.fail(written.error());
  // A prompt behind the last brace is of no use; a program that reads gets the exact bytes.
  if (s.out().is_terminal() && !body.ends_with('\n')) s.out().print("\n");
  co_return exit_code::ok;
}

void print_lines(session const& s, std::vector<std::string> const& items) {
  for (auto const& item : items) s.out().print(item + '\n');
}

asio::awaitable<exit_code> follow(session& s, endpoint at, json_members const& request) {
  bool const lines = s.format() == output_format::jsonl;
  json_pager pager(request);
  json_merge merged;
  while (!pager.done() && !s.out().closed()) {
    auto const answer = co_await call_json(s.ws(), at, pager.request());
    if (answer.has_error()) co_return s.fail(answer.error());
    auto const page = pager.take(answer->body);
    if (page.has_error()) co_return fail_answer(s, at.path, page.error());
    if (lines && !page->items_name.empty()) {
      print_lines(s, page->items);
    } else {
      merged.add(*page);
    }
  }
  // Among lines what has no items is one, such as a job with all of its pages.
  auto const whole = merged.finish();
  if (!lines || whole != "{}") s.out().print(whole + '\n');
  co_return exit_code::ok;
}

task<raw_response> send_once(session& s, api_args const& args, endpoint const& at,
                             std::vector<std::string> const& fields, std::string const& input) {
  auto path = args.path;
  std::string body = input;
  if (has_query_only(args.method)) {
    path = path_with_query(path, fields);
  } else if (args.input.empty()) {
    body = body_of(fields);
  }
  call_options options;
  options.lane = lane::interactive;
  return s.ws().raw(args.method, path, body, options, at.repeats);
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, api_args const& args) {
  if (!args.path.starts_with('/')) {
    throw usage_error(
        fmt::format("PATH: '{}' does not start with a slash, as /api/2.0/... does", args.path));
  }
  auto fields = args.words;
  fields.insert(fields.end(), args.fields.begin(), args.fields.end());
  if (!fields.empty() && !args.input.empty()) {
    throw usage_error("--input holds the whole body: give it, or fields, not both");
  }
  std::string input;
  if (!args.input.empty()) input = input_text(s, args.input, "--input");
  auto const path = args.path.substr(0, args.path.find('?'));
  auto const query = args.path.substr(std::min(args.path.size(), path.size() + 1));
  auto const at = endpoint_of(args, path);
  if (args.paginate) {
    auto const request = request_of(args, fields, query, input);
    co_return co_await follow(s, at, request);
  }
  // The path goes out as it was typed, unless the endpoint speaks something else than plain JSON.
  bool const plain = at.media_type == endpoint().media_type && path.find('{') == std::string::npos;
  auto sending = plain ? send_once(s, args, at, fields, input)
                       : call_json(s.ws(), at, request_of(args, fields, query, input));
  auto const answer = co_await std::move(sending);
  if (answer.has_error()) co_return s.fail(answer.error());
  co_return co_await print(s, answer->body);
}

}  // namespace kiln::cli
