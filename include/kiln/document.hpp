#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/workspace.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Endpoints called with JSON instead of structs: for programs that pass documents through. Numbers
/// stay spelled as they are, so that ids of any size survive.
namespace kiln {

/// A member of a JSON object; the value is JSON text.
struct json_member {
  std::string name;
  std::string value;
  bool operator==(json_member const&) const = default;
};
using json_members = std::vector<json_member>;

/// The members of one JSON object in their order, values compact. Fails with decode_failed, also
/// for a name that stands twice. `what` names the text in the error.
[[nodiscard]] result<json_members> members_of(std::string_view json, std::string_view what);
/// {"name":value,…}
[[nodiscard]] std::string object_of(json_members const& members);
/// Replaces the member, or adds it at the end.
void set_member(json_members& members, std::string_view name, std::string value);
/// Null when there is none.
[[nodiscard]] std::string const* find_member(json_members const& members,
                                             std::string_view name) noexcept;

/// Calls an endpoint. Of the request's members those that the path names as "{member}" go there;
/// the rest to the query (GET, HEAD, DELETE) or the body. In a query null is left out, a list
/// repeats its name, and an object gives "outer.inner". Fails with invalid_argument when a member
/// that the path needs is missing; otherwise as workspace::raw() does.
[[nodiscard]] task<raw_response> call_json(workspace const& ws, endpoint const& at,
                                           json_members const& request,
                                           call_options const& options = {});

/// One answer of a listing, taken apart.
struct json_page {
  json_members answer;
  /// The member that holds what was listed, such as "clusters"; empty when there is none, more than
  /// one candidate, or the answer is one thing: a job or a run, which API 2.2 tells in pages.
  std::string items_name;
  std::vector<std::string> items;  ///< JSON texts.
};

/// Pages through any listing of the API, however it pages: page_token and next_page_token, offset
/// and has_more, SCIM's startIndex, or an answer that holds the next request as "next_page". Pure:
/// who uses it sends request() and hands the answer to take(), until done().
class json_pager {
 public:
  static constexpr std::uint64_t pages_max = 100'000;

  explicit json_pager(json_members request) : request_(std::move(request)) {}

  [[nodiscard]] json_members const& request() const noexcept { return request_; }
  [[nodiscard]] bool done() const noexcept { return done_; }
  /// Fails with decode_failed when the answer is no JSON object, or asks for the same page again.
  [[nodiscard]] result<json_page> take(std::string_view answer);

 private:
  [[nodiscard]] result<json_members> changes_after(json_page const& page) const;

  json_members request_;
  std::uint64_t pages_ = 0;
  bool done_ = false;
};

/// Collects pages into one document: lists grow, also those in the settings of a job, other members
/// are those of the first page, and what only steers paging is left out.
class json_merge {
 public:
  void add(json_page const& page);
  [[nodiscard]] std::string finish() const;

 private:
  struct part {
    std::string name;
    std::string text;  ///< Of a list: without its closing bracket.
    bool grows = false;
  };
  std::vector<part> parts_;
};

}  // namespace kiln
