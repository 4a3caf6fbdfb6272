#include "emulator/scim_listing.hpp"

#include "core/ascii.hpp"
#include "emulator/scim_filter.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

/// Names separated by commas.
std::vector<std::string_view> names_of(std::string_view text) {
  std::vector<std::string_view> out;
  while (!text.empty()) {
    auto const end = std::min(text.find(','), text.size());
    auto name = text.substr(0, end);
    while (name.starts_with(' ')) name.remove_prefix(1);
    while (name.ends_with(' ')) name.remove_suffix(1);
    if (!name.empty()) out.push_back(name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

bool always(std::string_view attribute) noexcept {
  return attribute == "id" || attribute == "schemas";
}

/// Of an object, or of each in a list: only the member `part`, or all but it.
bj::value narrowed(bj::value const& v, std::string_view part, bool only) {
  if (auto const* list = v.if_array()) {
    bj::array out;
    for (auto const& each : *list) out.push_back(narrowed(each, part, only));
    return out;
  }
  auto const* object = v.if_object();
  if (object == nullptr) return v;
  bj::object out;
  for (auto const& [key, value] : *object) {
    if (same_text(key, part) == only) out[key] = value;
  }
  return out;
}

bj::object with_only(bj::object const& of, std::vector<std::string_view> const& names) {
  bj::object out;
  for (auto const& [key, value] : of) {
    if (always(key)) out[key] = value;
    for (auto const name : names) {
      auto const dot = std::min(name.find('.'), name.size());
      if (!same_text(key, name.substr(0, dot))) continue;
      out[key] = dot == name.size() ? value : narrowed(value, name.substr(dot + 1), true);
    }
  }
  return out;
}

bj::object without(bj::object const& of, std::vector<std::string_view> const& names) {
  bj::object out;
  for (auto const& [key, value] : of) {
    auto kept = value;
    bool stays = true;
    for (auto const name : names) {
      auto const dot = std::min(name.find('.'), name.size());
      if (always(key) || !same_text(key, name.substr(0, dot))) continue;
      stays = dot != name.size();
      if (!stays) break;
      kept = narrowed(kept, name.substr(dot + 1), false);
    }
    if (stays) out[key] = std::move(kept);
  }
  return out;
}

std::string sort_key(bj::object const& of, std::string_view by) {
  auto const values = scim_values(of, by);
  if (values.empty()) return {};
  std::string out = values.front()->is_string() ? std::string(values.front()->get_string())
                                                : bj::serialize(*values.front());
  out = ascii::to_lower(out);
  // Ids are numbers: the shorter is the smaller.
  if (same_text(by, "id")) out.insert(0, 24 - std::min<std::size_t>(24, out.size()), '0');
  return out;
}

outcome<void> sort(std::vector<bj::object>& all, parameters const& in,
                   std::span<std::string_view const> known) {
  auto const by = in.text_or("sortBy", "id");
  if (!by) return by.error();
  auto const order = in.text_or("sortOrder", "ascending");
  if (!order) return order.error();
  auto const top = std::string_view(*by).substr(0, by->find('.'));
  if (std::none_of(known.begin(), known.end(), [top](auto n) { return same_text(n, top); })) {
    return scim_error(400, "invalidPath", "sortBy names no attribute: " + *by);
  }
  bool const down = same_text(*order, "descending");
  if (!down && !same_text(*order, "ascending")) {
    return scim_error(400, "invalidValue", "sortOrder is neither ascending nor descending");
  }
  std::vector<std::pair<std::string, std::size_t>> keys;
  for (std::size_t i = 0; i < all.size(); ++i) keys.emplace_back(sort_key(all[i], *by), i);
  std::sort(keys.begin(), keys.end(), [down](auto const& a, auto const& b) {
    if (a.first == b.first) return a.second < b.second;
    return down ? b.first < a.first : a.first < b.first;
  });
  std::vector<bj::object> sorted;
  for (auto const& [key, i] : keys) sorted.push_back(std::move(all[i]));
  all = std::move(sorted);
  return {};
}

}  // namespace

outcome<bj::object> scim_projection(bj::object const& of, parameters const& in) {
  auto const only = in.text_or("attributes", "");
  if (!only) return only.error();
  auto const excluded = in.text_or("excludedAttributes", "");
  if (!excluded) return excluded.error();
  auto const wanted = names_of(*only);
  auto out = wanted.empty() ? of : with_only(of, wanted);
  auto const unwanted = names_of(*excluded);
  return unwanted.empty() ? out : without(out, unwanted);
}

outcome<bj::object> scim_page(std::vector<bj::object> all, parameters const& in,
                              std::span<std::string_view const> known) {
  auto const filter = in.text_or("filter", "");
  if (!filter) return filter.error();
  if (!filter->empty()) {
    auto const chosen = scim_filter::parse(*filter, known);
    if (!chosen) return chosen.error();
    std::erase_if(all, [&](bj::object const& each) { return !chosen->matches(each); });
  }
  if (auto const done = sort(all, in, known); !done) return done.error();
  auto const start = in.integer_or("startIndex", 1);
  auto const count = in.integer_or("count", scim_count_max);
  if (!start || !count) {
    return scim_error(400, "invalidValue", "startIndex and count are integers");
  }
  auto const total = static_cast<std::int64_t>(all.size());
  auto const first = std::clamp<std::int64_t>(*start, 1, total + 1);
  auto const room = std::clamp<std::int64_t>(*count, 0, scim_count_max);
  auto const end = std::min(total, first - 1 + room);
  bj::array resources;
  for (auto i = first - 1; i < end; ++i) {
    auto each = scim_projection(all[static_cast<std::size_t>(i)], in);
    if (!each) return each.error();
    resources.push_back(std::move(*each));
  }
  bj::object out{{"schemas", bj::array{"urn:ietf:params:scim:api:messages:2.0:ListResponse"}},
                 {"totalResults", total},
                 {"startIndex", std::max<std::int64_t>(*start, 1)},
                 {"itemsPerPage", resources.size()}};
  if (!resources.empty()) out["Resources"] = std::move(resources);
  return out;
}

}  // namespace kiln::emulation
