#include "cli/batch_line.hpp"

#include "cli/suggest.hpp"
#include "json/read.hpp"
#include "json/scan.hpp"

#include <kiln/operations.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kiln::cli {
namespace {

constexpr std::size_t after_max = 1'000;

/// Why a line is no good; caught where it is parsed.
struct refusal {
  std::string why;
};

std::string text_of(json_member const& m) {
  auto read = json::read_as<std::string>(m.value, m.name);
  if (!read || m.value == "null") throw refusal{fmt::format("'{}': expected a text", m.name)};
  return std::move(*read);
}

/// An id is a text or a number; the text of either.
std::string id_text(std::string const& value, std::string_view name) {
  bool const number = value.front() == '-' || (value.front() >= '0' && value.front() <= '9');
  if (number) return value;
  if (value.front() != '"') {
    throw refusal{fmt::format("'{}': expected a text or a number", name)};
  }
  return json::unescape(std::string_view(value).substr(1, value.size() - 2)).value_or("");
}

verb verb_of(json_member const& m) {
  auto text = text_of(m);
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  for (auto const v : {verb::get, verb::post, verb::put, verb::patch, verb::delete_, verb::head}) {
    if (to_string(v) == text) return v;
  }
  throw refusal{
      fmt::format("'verb': '{}' is not one of GET, POST, PUT, PATCH, DELETE, HEAD", text)};
}

/// "jobs/runs_submit" of "jobs/runs/submit" and "jobs/runs-submit", as paths have it.
std::string plain_name(std::string name) {
  auto const service = std::min(name.find('/'), name.size());
  std::replace_if(
      name.begin() + static_cast<std::ptrdiff_t>(std::min(service + 1, name.size())), name.end(),
      [](char c) { return c == '-' || c == '/'; }, '_');
  return name;
}

/// Of those called so the newest, or that of the version asked for.
operation const& operation_of(std::string const& name, std::string const& version) {
  auto const wanted = plain_name(name);
  operation const* found = nullptr;
  std::vector<std::string> names;
  for (auto const& each : operations()) {
    names.push_back(fmt::format("{}/{}", each.service, each.name));
    if (names.back() != wanted) continue;
    bool const fits = each.at.path.find("/api/" + version) == 0;
    if (fits && (found == nullptr || each.at.path > found->at.path)) found = &each;
  }
  if (found != nullptr) return *found;
  auto const meant = nearest(wanted, names);
  throw refusal{fmt::format(
      "'operation': kiln knows no '{}'{}{}", name, version.empty() ? "" : " of version " + version,
      meant.empty() || meant == wanted ? "; kiln api --list has all, as SERVICE/OPERATION"
                                       : "; did you mean " + meant + "?")};
}

struct line_parts {
  json_member const *id = nullptr, *operation = nullptr, *version = nullptr, *method = nullptr,
                    *path = nullptr, *request = nullptr, *after = nullptr, *ordered = nullptr;
};

line_parts parts_of(json_members const& members) {
  line_parts out;
  auto const slots =
      std::array{std::pair{"id", &out.id},           std::pair{"operation", &out.operation},
                 std::pair{"version", &out.version}, std::pair{"verb", &out.method},
                 std::pair{"path", &out.path},       std::pair{"request", &out.request},
                 std::pair{"params", &out.request},  std::pair{"body", &out.request},
                 std::pair{"after", &out.after},     std::pair{"ordered", &out.ordered}};
  for (auto const& m : members) {
    auto const slot =
        std::find_if(slots.begin(), slots.end(), [&m](auto const& s) { return m.name == s.first; });
    if (slot == slots.end()) {
      throw refusal{
          fmt::format("'{}' is no part of an operation: id, operation, version, verb, "
                      "path, request, after, ordered",
                      m.name)};
    }
    if (*slot->second != nullptr) {
      throw refusal{"'request', 'params' and 'body' are one thing: give one of them"};
    }
    *slot->second = &m;
  }
  return out;
}

void take_call(batch_line& into, line_parts const& parts) {
  if (parts.operation != nullptr) {
    if (parts.method != nullptr || parts.path != nullptr) {
      throw refusal{"'operation' stands for verb and path: give it, or them, not both"};
    }
    auto const version = parts.version != nullptr ? text_of(*parts.version) : std::string();
    auto const& found = operation_of(text_of(*parts.operation), version);
    into.method = found.at.method;
    into.path = found.at.path;
  } else {
    if (parts.path == nullptr) throw refusal{"'operation', or 'verb' and 'path', are missing"};
    if (parts.version != nullptr) throw refusal{"'version' goes with 'operation'"};
    into.path = text_of(*parts.path);
    if (!into.path.starts_with('/') || into.path.find('?') != std::string::npos) {
      throw refusal{
          fmt::format("'path': '{}' is not /api/... without a query; what a query holds "
                      "goes to 'request'",
                      into.path)};
    }
    if (parts.method != nullptr) into.method = verb_of(*parts.method);
  }
  if (parts.request == nullptr || parts.request->value == "null") return;
  auto request = members_of(parts.request->value, parts.request->name);
  if (!request) throw refusal{request.error().message()};
  into.request = std::move(*request);
}

void take_order(batch_line& into, line_parts const& parts) {
  if (parts.after != nullptr && parts.after->value != "null") {
    auto const ids = json::read_as<std::vector<json_text>>(parts.after->value, "after");
    if (!ids) throw refusal{ids.error().message()};
    if (ids->size() > after_max) throw refusal{"'after': more than 1000 ids"};
    for (auto const& id : *ids) {
      into.after.push_back(id_text(id.text.empty() ? "null" : id.text, "after"));
    }
  }
  if (parts.ordered == nullptr || parts.ordered->value == "null") return;
  auto const& value = parts.ordered->value;
  if (value == "true") {
    into.chain.emplace();
  } else if (value.front() == '"') {
    into.chain = text_of(*parts.ordered);
  } else if (value != "false") {
    throw refusal{"'ordered': expected true, false or the name of a chain"};
  }
}

}  // namespace

std::variant<batch_line, bad_line> parse_batch_line(std::string_view text, std::uint64_t number) {
  batch_line out;
  out.number = number;
  out.id = out.id_json = std::to_string(number);
  auto const members = members_of(text, "line " + std::to_string(number));
  if (!members) return bad_line{out.id, out.id_json, members.error().message()};
  try {
    if (auto const* const id = find_member(*members, "id"); id != nullptr && *id != "null") {
      out.id = id_text(*id, "id");
      out.id_json = *id;
    }
    auto const parts = parts_of(*members);
    take_call(out, parts);
    take_order(out, parts);
  } catch (refusal const& r) {
    return bad_line{out.id, out.id_json, r.why};
  }
  return out;
}

}  // namespace kiln::cli
