#include "json/read.hpp"

#include <kiln/document.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>

namespace kiln {
namespace {

constexpr std::string_view scim_items = "Resources";
/// Answers with one of these are one thing, not a listing: their lists are parts of it.
constexpr std::array<std::string_view, 2> identities{"job_id", "run_id"};
/// The lists in a job's "settings" that API 2.2 tells page by page; all else stands on each page.
constexpr std::array<std::string_view, 4> lists_of_settings{"tasks", "job_clusters", "parameters",
                                                            "environments"};
/// What an answer says of paging, not of what was listed.
constexpr std::array<std::string_view, 7> steering{
    "next_page_token", "prev_page_token", "has_more", "next_page",
    "itemsPerPage",    "startIndex",      "schemas"};

bool steers(std::string_view name) {
  return std::find(steering.begin(), steering.end(), name) != steering.end();
}

bool is_list(std::string const& value) { return !value.empty() && value.front() == '['; }

std::optional<std::int64_t> number_in(json_members const& members, std::string_view name) {
  auto const* const text = find_member(members, name);
  if (text == nullptr) return std::nullopt;
  std::int64_t value = 0;
  auto const* const end = text->data() + text->size();
  auto const read = std::from_chars(text->data(), end, value);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  return value;
}

bool is_true(json_members const& members, std::string_view name) {
  auto const* const text = find_member(members, name);
  return text != nullptr && *text == "true";
}

/// The member whose elements are the items.
std::string items_member(json_members const& answer) {
  for (auto const name : identities) {
    if (find_member(answer, name) != nullptr) return {};
  }
  if (auto const* const found = find_member(answer, scim_items); found && is_list(*found)) {
    return std::string(scim_items);
  }
  std::string name;
  for (auto const& m : answer) {
    if (!is_list(m.value) || steers(m.name)) continue;
    if (!name.empty()) return {};
    name = m.name;
  }
  return name;
}

/// Both are JSON lists, the first without its closing bracket.
void grow(std::string& list, std::string_view more) {
  if (more.size() <= 2) return;
  if (list.size() > 1) list += ',';
  list += more.substr(1, more.size() - 2);
}

/// Settings of a job with the lists of a later page behind their own.
std::string joined_settings(std::string whole, std::string_view page) {
  auto all = members_of(whole, "settings");
  auto const more = members_of(page, "settings");
  if (!all || !more) return whole;
  for (auto const name : lists_of_settings) {
    auto const* const from = find_member(*more, name);
    if (from == nullptr || !is_list(*from)) continue;
    auto const* const have = find_member(*all, name);
    std::string list = have != nullptr && is_list(*have) ? *have : "[]";
    list.pop_back();
    grow(list, *from);
    set_member(*all, name, list + ']');
  }
  return object_of(*all);
}

error paging_error(std::string const& why) { return error(errc::decode_failed, "paging: " + why); }

}  // namespace

result<json_members> json_pager::changes_after(json_page const& page) const {
  json_members change;
  auto const count = static_cast<std::int64_t>(page.items.size());
  auto const* const token = find_member(page.answer, "next_page_token");
  if (token != nullptr && *token != "\"\"" && *token != "null") {
    change.push_back({"page_token", *token});
    return change;
  }
  auto const* const next = find_member(page.answer, "next_page");
  if (next != nullptr && next->starts_with('{')) return members_of(*next, "next_page");
  if (is_true(page.answer, "has_more")) {
    if (count == 0) return paging_error("has_more is true, but the page is empty");
    auto const offset = number_in(request_, "offset").value_or(0);
    change.push_back({"offset", std::to_string(offset + count)});
    return change;
  }
  auto const total = number_in(page.answer, "totalResults");
  if (total && page.items_name == scim_items) {
    auto const asked = number_in(request_, "startIndex").value_or(1);
    auto const after = number_in(page.answer, "startIndex").value_or(asked) + count;
    if (count > 0 && after <= *total) change.push_back({"startIndex", std::to_string(after)});
  }
  return change;
}

result<json_page> json_pager::take(std::string_view answer) {
  json_page page;
  auto members = members_of(answer, "the answer");
  if (members.has_error()) return std::move(members).error();
  page.answer = std::move(*members);
  page.items_name = items_member(page.answer);
  if (!page.items_name.empty()) {
    auto elements = json::read_as<std::vector<json_text>>(
        *find_member(page.answer, page.items_name), page.items_name);
    if (elements.has_error()) return std::move(elements).error();
    for (auto& element : *elements) page.items.push_back(std::move(element.text));
  }
  auto change = changes_after(page);
  if (change.has_error()) return std::move(change).error();
  auto next = request_;
  for (auto& m : *change) set_member(next, m.name, std::move(m.value));
  done_ = change->empty();
  if (!done_ && next == request_) return paging_error("the server repeats the page it just gave");
  if (!done_ && ++pages_ >= pages_max) return paging_error("more than 100000 pages");
  request_ = std::move(next);
  return page;
}

void json_merge::add(json_page const& page) {
  auto const find = [this](std::string_view name) {
    return std::find_if(parts_.begin(), parts_.end(), [name](auto& p) { return p.name == name; });
  };
  // A run of a for_each_task has that one task on each page, and the next of its iterations.
  auto const iterations = find("iterations");
  bool const iterates = iterations != parts_.end() && iterations->text.size() > 1;
  for (auto const& m : page.answer) {
    if (steers(m.name)) continue;
    auto const found = find(m.name);
    if (found == parts_.end()) {
      bool const grows = is_list(m.value);
      auto const kept = grows ? m.value.size() - 1 : m.value.size();
      parts_.push_back({m.name, m.value.substr(0, kept), grows});
    } else if (found->grows && is_list(m.value)) {
      if (!iterates || m.name != "tasks") grow(found->text, m.value);
    } else if (m.name == "settings") {
      found->text = joined_settings(std::move(found->text), m.value);
    }
  }
}

std::string json_merge::finish() const {
  json_members out;
  for (auto const& p : parts_) out.push_back({p.name, p.grows ? p.text + ']' : p.text});
  return object_of(out);
}

}  // namespace kiln
