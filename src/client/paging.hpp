#pragma once

#include "client/paging_core.hpp"
#include "client/wire.hpp"

#include <kiln/pages.hpp>

// What a service needs to give pages of a listing. In its .cpp, for a listing by token whose pages
// hold 25 runs at most and whose request may set `limit` (items a page) and `page_token` (where to
// begin) itself:
//
//     pages<run> service::runs_list_pages(jobs::runs_list const& r, std::int64_t limit,
//                                         call_options const& o) const {
//       return paginate<&jobs::runs_list::response::runs>(core_, r, by_token("limit", 25), limit,
//       o);
//     }
//     task<std::vector<run>> service::runs_list_all(jobs::runs_list const& r, std::int64_t limit,
//                                                   call_options const& o) const {
//       return runs_list_pages(r, limit, o).all();
//     }
//
// One thing whose lists come in pages is given whole by gather(), below.
//
// by_token(size, max), by_offset(max), by_start_index(max) and by_next_page(max) are in
// paging_core.hpp; a listing that calls its members otherwise makes its own `paging`. The request's
// paging members must be optional or views, so that an unset one is not sent. A service with
// headers of its own (SCIM) changes `call` of what encode_pages() gives and passes that on.
namespace kiln {

/// The call of a listing, without the members that say which page.
struct paged_call {
  outgoing_call call;
  paging how;
  paging_core::start start;
};

/// Views in `request` are not kept.
[[nodiscard]] paged_call encode_pages(endpoint const& at, type_info const& type,
                                      void const* request, paging const& how,
                                      call_options const& options);
template <class R>
[[nodiscard]] paged_call encode_pages(R const& request, paging const& how,
                                      call_options const& options) {
  return encode_pages(R::at, type_of<R>(), &request, how, options);
}

namespace detail {

/// Decodes a page, appends at most `room` of its items and tells how many it held.
using read_page_function = result<std::size_t> (*)(http::response const& answer,
                                                   std::string const& operation,
                                                   std::string const& where, void* items,
                                                   std::size_t room);

std::shared_ptr<page_reader> make_page_reader(std::shared_ptr<engine> core, paged_call what,
                                              std::int64_t limit, read_page_function read);

template <class Member>
struct page_member;
template <class Page, class Item>
struct page_member<std::vector<Item> Page::*> {
  using page = Page;
  using item = Item;
};

// All that is compiled for a listing.
template <auto Items>
result<std::size_t> read_page(http::response const& answer, std::string const& operation,
                              std::string const& where, void* items, std::size_t room) {
  using types = page_member<decltype(Items)>;
  typename types::page page{};
  auto read = decode(answer, type_of<typename types::page>(), &page, operation, where);
  if (read.has_error()) return std::move(read).error();
  auto& found = page.*Items;
  auto& into = *static_cast<std::vector<typename types::item>*>(items);
  for (std::size_t i = 0; i < found.size() && i < room; ++i) into.push_back(std::move(found[i]));
  return found.size();
}

// All that is compiled for a thing that comes in pages.
template <auto Join, class T>
result<std::size_t> read_part(http::response const& answer, std::string const& operation,
                              std::string const& where, void* items, std::size_t) {
  T part{};
  auto read = decode(answer, type_of<T>(), &part, operation, where);
  if (read.has_error()) return std::move(read).error();
  auto& whole = *static_cast<std::vector<T>*>(items);
  if (!whole.empty()) return Join(whole.front(), std::move(part));
  whole.push_back(std::move(part));
  return 1;
}
template <class T>
task<T> read_whole(std::shared_ptr<page_reader> from) {
  std::vector<T> whole;
  auto done = co_await read_pages(std::move(from), &whole, true);
  if (done.has_error()) co_return std::move(done).error();
  co_return std::move(whole.front());
}

}  // namespace detail

/// A thing that is told in pages, each with the next elements of its lists, as one. `Join(T& whole,
/// T&& page)` moves those of a page behind those there are and gives their number; pages that bring
/// none, or run in circles, are an error as they are in a listing.
template <auto Join, class R>
[[nodiscard]] task<typename R::response> gather(std::shared_ptr<engine> core, R const& request,
                                                call_options const& options) {
  using whole = typename R::response;
  auto reader =
      detail::make_page_reader(std::move(core), encode_pages(request, by_token(), options), 0,
                               &detail::read_part<Join, whole>);
  return detail::read_whole<whole>(std::move(reader));
}

/// `Items` points to the reply's vector of items; `limit` is their number over all pages, 0 for
/// all.
template <auto Items>
[[nodiscard]] auto paginate(std::shared_ptr<engine> core, paged_call what, std::int64_t limit) {
  using item = typename detail::page_member<decltype(Items)>::item;
  return pages<item>(
      detail::make_page_reader(std::move(core), std::move(what), limit, &detail::read_page<Items>));
}
template <auto Items, class R>
[[nodiscard]] auto paginate(std::shared_ptr<engine> core, R const& request, paging const& how,
                            std::int64_t limit, call_options const& options) {
  return paginate<Items>(std::move(core), encode_pages(request, how, options), limit);
}

}  // namespace kiln
