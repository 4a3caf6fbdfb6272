#include "emulator/service.hpp"

#include "core/limits.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <charconv>
#include <chrono>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

api_error wrong_type(std::string_view name, std::string_view expected) {
  return invalid_parameter("Parameter " + std::string(name) + " is not " + std::string(expected));
}

/// A parameter that stands several times in a query becomes an array.
void add_to(bj::object& all, std::string_view name, std::string const& value) {
  auto& there = all[name];
  if (there.is_null()) {
    there = value;
  } else if (there.is_array()) {
    there.as_array().emplace_back(value);
  } else {
    bj::array both;
    both.emplace_back(std::move(there));
    both.emplace_back(value);
    there = std::move(both);
  }
}

}  // namespace

api_error not_found(std::string message) {
  return {404, "RESOURCE_DOES_NOT_EXIST", std::move(message)};
}

api_reply to_reply(bj::object const& body) {
  api_reply out;
  out.body = bj::serialize(body);
  return out;
}

outcome<bj::object> empty_object(outcome<void> const& done) {
  if (!done) return done.error();
  return bj::object();
}

std::string text_of(bj::object const& of, std::string_view name) {
  auto const* const at = of.if_contains(name);
  return at != nullptr && at->is_string() ? std::string(at->get_string()) : std::string();
}

std::int64_t epoch_ms(wall_time at) noexcept {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

std::optional<std::vector<std::pair<std::string_view, std::string>>> match_path(
    std::string_view pattern, std::string_view path) {
  std::vector<std::pair<std::string_view, std::string>> out;
  while (!pattern.empty()) {
    auto const open = std::min(pattern.find('{'), pattern.size());
    if (path.substr(0, open) != pattern.substr(0, open)) return std::nullopt;
    path.remove_prefix(open);
    if (open == pattern.size()) break;
    auto const close = pattern.find('}', open);
    auto const end = std::min(path.find('/'), path.size());
    auto value = percent_decoded(path.substr(0, end));
    if (!value || value->empty()) return std::nullopt;
    out.emplace_back(pattern.substr(open + 1, close - open - 1), std::move(*value));
    path.remove_prefix(end);
    pattern.remove_prefix(close + 1);
  }
  if (!path.empty()) return std::nullopt;
  return out;
}

outcome<parameters> parameters::of(api_request const& request,
                                   std::vector<std::pair<std::string_view, std::string>> in_path) {
  parameters out;
  out.caller_ = request.caller;
  auto query = parse_query(request.query);
  if (!query) return query.error();
  for (auto const& [name, value] : *query) add_to(out.all_, name, value);
  if (request.body.find_first_not_of(" \t\r\n") != std::string_view::npos) {
    boost::system::error_code code;
    bj::parse_options how;
    how.max_depth = limits::json_depth_max;
    auto body = bj::parse({request.body.data(), request.body.size()}, code, {}, how);
    if (code.failed() || !body.is_object()) {
      return api_error{400, "MALFORMED_REQUEST",
                       "Could not parse request object: the body is not "
                       "a JSON object"};
    }
    out.body_ = std::move(body.as_object());
    for (auto const& [name, value] : out.body_) out.all_[name] = value;
  }
  for (auto const& [name, value] : in_path) out.all_[name] = value;
  return out;
}

bj::value const* parameters::find(std::string_view name) const noexcept {
  auto const* at = all_.if_contains(name);
  return at == nullptr || at->is_null() ? nullptr : at;
}

outcome<std::string> parameters::text(std::string_view name) const {
  auto const* at = find(name);
  if (at == nullptr || (at->is_string() && at->get_string().empty())) return missing_field(name);
  if (!at->is_string()) return wrong_type(name, "a string");
  return std::string(at->get_string());
}

outcome<std::string> parameters::text_or(std::string_view name, std::string_view other) const {
  if (find(name) == nullptr) return std::string(other);
  if (!find(name)->is_string()) return wrong_type(name, "a string");
  return std::string(find(name)->get_string());
}

outcome<std::int64_t> parameters::integer(std::string_view name) const {
  auto const* at = find(name);
  if (at == nullptr) return missing_field(name);
  if (auto const* number = at->if_int64()) return *number;
  if (auto const* string = at->if_string()) {
    std::int64_t value = 0;
    auto const* end = string->data() + string->size();
    auto const [last, code] = std::from_chars(string->data(), end, value);
    if (code == std::errc() && last == end) return value;
  }
  return wrong_type(name, "an integer of 64 bits");
}

outcome<std::int64_t> parameters::integer_or(std::string_view name, std::int64_t other) const {
  if (find(name) == nullptr) return other;
  return integer(name);
}

outcome<bool> parameters::flag_or(std::string_view name, bool other) const {
  auto const* at = find(name);
  if (at == nullptr) return other;
  if (auto const* flag = at->if_bool()) return *flag;
  if (auto const* string = at->if_string()) {
    if (*string == "true") return true;
    if (*string == "false") return false;
  }
  return wrong_type(name, "true or false");
}

outcome<std::vector<std::string>> parameters::texts(std::string_view name) const {
  std::vector<std::string> out;
  auto const* at = find(name);
  if (at == nullptr) return out;
  if (auto const* one = at->if_string()) {
    out.emplace_back(*one);
    return out;
  }
  auto const* list = at->if_array();
  if (list == nullptr) return wrong_type(name, "a list of strings");
  for (auto const& each : *list) {
    if (!each.is_string()) return wrong_type(name, "a list of strings");
    out.emplace_back(each.get_string());
  }
  return out;
}

}  // namespace kiln::emulation
