#include "client/wire.hpp"
#include "core/failed_task.hpp"
#include "http/url.hpp"
#include "json/read.hpp"
#include "json/scan.hpp"
#include "json/text.hpp"

#include <kiln/document.hpp>

#include <algorithm>

namespace kiln {
namespace {

/// Of one object at the outermost level; no answer of the API has nearly as many.
constexpr std::size_t members_max = 4096;

error not_an_object(std::string_view what, std::string const& why) {
  return error(errc::decode_failed, std::string(what) + ": " + why);
}

/// What a value is in a query: nothing, a text, several, or "outer.inner". Values are valid JSON.
void add_scalars(std::vector<json::scalar_field>& out, std::string const& name,
                 std::string const& value) {
  if (value.empty() || value == "null") return;
  if (value.front() == '[') {
    auto const elements = json::read_as<std::vector<json_text>>(value, name);
    if (!elements) return;
    for (auto const& element : *elements) add_scalars(out, name, element.text);
  } else if (value.front() == '{') {
    auto const members = members_of(value, name);
    if (!members) return;
    for (auto const& m : *members) add_scalars(out, name + '.' + m.name, m.value);
  } else if (value.front() == '"') {
    auto text = json::unescape(std::string_view(value).substr(1, value.size() - 2));
    out.push_back({name, text.value_or("")});
  } else {
    out.push_back({name, value});
  }
}

}  // namespace

result<json_members> members_of(std::string_view text, std::string_view what) {
  // The reader checks the whole text, the scanner only what it needs to step over it.
  auto const compact = json::compact(text, what);
  if (!compact) return compact.error();
  json::object_scanner scanner(*compact);
  json_members out;
  for (;;) {
    auto const step = scanner.next();
    if (step == json::object_scanner::step::end) return out;
    if (step == json::object_scanner::step::malformed) {
      return not_an_object(what, "expected a JSON object");
    }
    auto name = json::unescape(scanner.key());
    if (!name) return not_an_object(what, "a member's name has a bad escape");
    if (find_member(out, *name) != nullptr) {
      return not_an_object(what, "member '" + *name + "' stands twice");
    }
    if (out.size() == members_max) return not_an_object(what, "more than 4096 members");
    out.push_back({std::move(*name), std::string(scanner.value())});
  }
}

std::string object_of(json_members const& members) {
  std::string out = "{";
  for (auto const& m : members) {
    if (out.size() > 1) out += ',';
    json::append_quoted(out, m.name);
    (out += ':') += m.value;
  }
  return out += '}';
}

std::string const* find_member(json_members const& members, std::string_view name) noexcept {
  auto const found = std::find_if(members.begin(), members.end(),
                                  [name](auto const& m) { return m.name == name; });
  return found != members.end() ? &found->value : nullptr;
}

void set_member(json_members& members, std::string_view name, std::string value) {
  auto const found = std::find_if(members.begin(), members.end(),
                                  [name](auto const& m) { return m.name == name; });
  if (found != members.end()) {
    found->value = std::move(value);
  } else {
    members.push_back({std::string(name), std::move(value)});
  }
}

task<raw_response> call_json(workspace const& ws, endpoint const& at, json_members const& request,
                             call_options const& options) {
  outgoing_call out = prepare(at, options);
  auto const* const token = find_member(request, token_member);
  out.repeats = repeats_of(at, token != nullptr && *token != "null" && *token != "\"\"");
  std::vector<json::scalar_field> fields;
  bool const in_path = at.path.find('{') != std::string_view::npos;
  if (in_path || !sends_body(at.method)) {
    for (auto const& m : request) add_scalars(fields, m.name, m.value);
  }
  std::vector<std::string_view> taken;
  auto const pattern = out.message.target;
  out.message.target = fill_path(pattern, fields, taken);
  for (auto const name : taken) {
    auto const* const given = find_member(request, name);
    if (given == nullptr || *given == "null" || *given == "\"\"") {
      return failed_task<raw_response>(
          error(errc::invalid_argument, "'" + std::string(name) + "' is missing; the path needs it")
              .with_operation(out.operation));
    }
  }
  if (sends_body(at.method) || at.body_too) {
    json_members body;
    for (auto const& m : request) {
      if (std::find(taken.begin(), taken.end(), m.name) == taken.end()) body.push_back(m);
    }
    out.message.body = object_of(body);
    out.message.headers.push_back({"Content-Type", std::string(at.media_type)});
  }
  if (!sends_body(at.method)) {
    for (auto const& field : fields) http::append_query(out.message.target, field.name, field.text);
  }
  if (at.media_type != endpoint().media_type) {
    out.message.headers.push_back({"Accept", std::string(at.media_type)});
  }
  return receive_raw(ws.core(), std::move(out));
}

}  // namespace kiln
