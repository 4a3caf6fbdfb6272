#include "client/wire.hpp"

#include "client/error_body.hpp"
#include "http/url.hpp"
#include "json/read.hpp"
#include "json/write.hpp"

#include <kiln/workspace.hpp>

#include <algorithm>
#include <utility>

namespace kiln {

bool sends_body(verb method) noexcept {
  return method == verb::post || method == verb::put || method == verb::patch;
}

namespace {

/// "/api/2.1/jobs/get" of "/api/2.0/jobs/get" and "2.1".
std::string path_in_version(std::string_view path, std::string_view version) {
  constexpr std::string_view prefix = "/api/";
  auto const end = path.find('/', prefix.size());
  if (version.empty() || !path.starts_with(prefix) || end == std::string_view::npos) {
    return std::string(path);
  }
  std::string out(prefix);
  http::append_segment(out, version);
  out += path.substr(end);
  return out;
}

bool has_token(type_info const& type, void const* request) {
  auto const* const field = type.find(token_member);
  if (field == nullptr) return false;
  auto const* const at = static_cast<std::byte const*>(request) + field->offset;
  auto const kind = field->type().kind;
  return (kind == value_kind::string && !reinterpret_cast<std::string const*>(at)->empty()) ||
         (kind == value_kind::string_view &&
          !reinterpret_cast<std::string_view const*>(at)->empty());
}

}  // namespace

repeat repeats_of(endpoint const& at, bool with_token) noexcept {
  return at.repeats == repeat::token && !with_token ? repeat::not_idempotent : at.repeats;
}

namespace {

/// Each segment encoded, the slashes between them as they are, one of them in front.
void append_path(std::string& out, std::string_view path) {
  if (path.starts_with('/')) path.remove_prefix(1);
  for (std::size_t at = 0; at <= path.size();) {
    auto const end = std::min(path.find('/', at), path.size());
    out += '/';
    http::append_segment(out, path.substr(at, end - at));
    at = end + 1;
  }
}

}  // namespace

std::string fill_path(std::string_view pattern, std::vector<json::scalar_field>& fields,
                      std::vector<std::string_view>& taken) {
  std::string out;
  for (std::size_t at = 0; at < pattern.size();) {
    auto const open = pattern.find('{', at);
    out += pattern.substr(at, open - at);
    if (open == std::string_view::npos) break;
    auto const close = pattern.find('}', open);
    auto const name = pattern.substr(open + 1, close - open - 1);
    auto const field = std::find_if(fields.begin(), fields.end(),
                                    [name](auto const& f) { return f.name == name; });
    if (field != fields.end()) {
      if (out.ends_with('/')) {
        http::append_segment(out, field->text);
      } else {
        append_path(out, field->text);
      }
      fields.erase(field);
    }
    taken.push_back(name);
    at = close + 1;
  }
  return out;
}

std::string operation_name(std::string_view path) {
  path = path.substr(0, path.find('?'));
  if (path.starts_with("/api/")) {
    auto const version_end = path.find('/', 5);
    if (version_end != std::string_view::npos) path.remove_prefix(version_end + 1);
  }
  auto const open = path.find('{');
  if (open != std::string_view::npos && open > 0 && path[open - 1] != '/') {
    path = path.substr(0, open);
  }
  return std::string(path);
}

outgoing_call prepare(endpoint const& at, call_options const& options) {
  outgoing_call call;
  call.operation = operation_name(at.path);
  call.repeats = at.repeats;
  call.lane = options.lane.value_or(at.lane);
  call.bucket = at.bucket;
  call.deadline = options.deadline;
  call.tenant = options.tenant;
  call.single_attempt = options.single_attempt;
  call.message.method = at.method;
  call.message.target = path_in_version(at.path, options.api_version);
  return call;
}

outgoing_call encode(endpoint const& at, type_info const& type, void const* request,
                     call_options const& options) {
  std::vector<json::scalar_field> none;
  return encode(at, type, request, options, {}, none);
}

outgoing_call encode(endpoint const& at, type_info const& type, void const* request,
                     call_options const& options, std::span<std::string_view const> without,
                     std::vector<json::scalar_field>& taken) {
  outgoing_call call = prepare(at, options);
  call.repeats = repeats_of(at, has_token(type, request));
  std::vector<json::scalar_field> fields;
  std::vector<std::string_view> unwritten(without.begin(), without.end());
  std::string const path = call.message.target;
  bool const in_path = at.path.find('{') != std::string_view::npos;
  if (in_path || !without.empty() || !sends_body(at.method)) {
    fields = json::scalar_fields(type, request);
  }
  for (auto const name : without) {
    auto const field = std::find_if(fields.begin(), fields.end(),
                                    [name](auto const& f) { return f.name == name; });
    if (field == fields.end()) continue;
    taken.push_back(std::move(*field));
    fields.erase(field);
  }
  call.message.target = fill_path(path, fields, unwritten);
  if (sends_body(at.method) || at.body_too) {
    json::write_value(call.message.body, type, request, unwritten);
    call.message.headers.push_back({"Content-Type", std::string(at.media_type)});
  }
  if (!sends_body(at.method)) {
    for (auto const& field : fields) {
      http::append_query(call.message.target, field.name, field.text);
    }
  }
  if (at.media_type != endpoint().media_type) {
    call.message.headers.push_back({"Accept", std::string(at.media_type)});
  }
  return call;
}

result<void> decode(http::response const& answer, type_info const& type, void* into,
                    std::string const& operation, std::string const& where) {
  auto const describe = [&](error why) {
    return std::move(why)
        .with_operation(operation)
        .with_where(where)
        .with_http_status(answer.status)
        .with_request_id(request_id(answer))
        .with_attempts(answer.attempts);
  };
  if (answer.body.find_first_not_of(" \t\r\n") == std::string::npos) {
    return describe(
        error(errc::not_databricks,
              "the answer is empty where JSON was expected; is the host a Databricks workspace?"));
  }
  auto read = json::read_value(answer.body, type, into, operation);
  if (read.has_error()) return describe(std::move(read).error());
  return {};
}

task<void> receive_nothing(std::shared_ptr<engine> core, outgoing_call call) {
  auto answer = co_await engine::perform(std::move(core), std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  co_return result<void>();
}

task<std::string> receive_body(std::shared_ptr<engine> core, outgoing_call call) {
  auto answer = co_await engine::perform(std::move(core), std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  co_return std::move(answer->body);
}

task<raw_response> receive_raw(std::shared_ptr<engine> core, outgoing_call call) {
  auto answer = co_await engine::perform(std::move(core), std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  raw_response out;
  out.status = answer->status;
  out.content_type = answer->find("content-type");
  out.body = std::move(answer->body);
  co_return out;
}

}  // namespace kiln
