#pragma once

#include "http/message.hpp"

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_set>

// How the listings of this API go on from one page to the next. No I/O: requests out, replies in.
namespace kiln {

/// One endpoint's way, all of it static storage. Made by the four functions below.
struct paging {
  enum class style : std::uint8_t {
    page_token,        ///< The reply's token goes into the next request.
    offset_has_more,   ///< Counted from 0; the reply says whether there is more.
    start_index,       ///< SCIM: counted from 1; the reply has the total.
    next_page_object,  ///< The reply holds the next request's whole body.
  };
  style kind{};
  std::string_view position;  ///< The request's member that says where a page begins.
  std::string_view more;      ///< The reply's member that says whether, or where, it goes on.
  std::string_view size;      ///< The request's member for items a page; empty: there is none.
  /// Asked for when the request does not say: the most the server gives, as every page costs a
  /// request. 0: the server's default.
  std::int64_t size_max = 0;
};

constexpr paging by_token(std::string_view size = {}, std::int64_t size_max = 0) {
  return {paging::style::page_token, "page_token", "next_page_token", size, size_max};
}
constexpr paging by_offset(std::int64_t size_max) {
  return {paging::style::offset_has_more, "offset", "has_more", "limit", size_max};
}
constexpr paging by_start_index(std::int64_t size_max) {
  return {paging::style::start_index, "startIndex", "totalResults", "count", size_max};
}
constexpr paging by_next_page(std::int64_t size_max) {
  return {paging::style::next_page_object, {}, "next_page", "limit", size_max};
}

/// Where in a listing the next page begins, and whether there is one.
class paging_core {
 public:
  /// What the caller's request said of paging itself, as text; empty: nothing.
  struct start {
    std::string position;
    std::string size;
  };
  /// `base` is the request without its paging members. `limit` is the number of items wanted over
  /// all pages, 0 for all there are.
  paging_core(paging how, http::request base, start from, std::int64_t limit);

  /// True when there is a page to ask for, false at the end. An error stays.
  [[nodiscard]] result<bool> wants_page() const;
  /// The request for that page; the same until it has arrived.
  [[nodiscard]] http::request request() const;
  /// How many of that page's items are wanted, at least one.
  [[nodiscard]] std::size_t room() const noexcept;
  /// The page came: its text, which is valid JSON, and how many items it held.
  void arrived(std::string_view body, std::size_t items);

 private:
  void go_on(std::string_view body, std::size_t items);
  void go_to_token(std::string_view value);
  void go_to_index(bool more, std::size_t items);
  void break_off(std::string what);
  [[nodiscard]] bool first_time(std::string_view position);

  paging how_;
  http::request base_;
  std::int64_t size_ = 0;   ///< Items a page, as asked for; 0: not.
  std::string size_text_;   ///< As it is sent; empty: not.
  std::string position_;    ///< Token, number or body of the page to ask for.
  std::int64_t index_ = 0;  ///< The same as a number, where it is one.
  std::int64_t left_ = 0;   ///< Items still wanted.
  bool bounded_ = false;    ///< left_ counts.
  bool ended_ = false;
  std::size_t pages_ = 0;
  std::size_t empty_in_a_row_ = 0;
  std::unordered_set<std::size_t> seen_;  ///< Hashes of the positions that have been.
  std::optional<error> broken_;
};

}  // namespace kiln
