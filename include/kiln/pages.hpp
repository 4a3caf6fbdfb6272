#pragma once

#include <kiln/result.hpp>

#include <memory>
#include <utility>
#include <vector>

namespace kiln {

namespace detail {
class page_reader;
/// Appends the next page, or all that is left, to a std::vector of the items' type.
task<void> read_pages(std::shared_ptr<page_reader> from, void* items, bool all);
}  // namespace detail

/// A listing that is read page by page:
///
///     auto runs = ws.jobs().runs_list_pages(request);
///     auto page = co_await runs.next();
///     while (page && !page->empty()) {
///       for (auto const& run : *page) print(run);
///       page = co_await runs.next();
///     }
///
/// Lazy: nothing is sent before the first next(). From then on it stays one page ahead: when a page
/// is handed out, the one behind it has been asked for. That request is withdrawn when the handle
/// is destroyed. The call options of the listing hold for every page of its own.
///
/// What is listed may change between two pages; the server then repeats or leaves out items.
/// A handle is moved, not copied. One call at a time, from any thread. It must not outlive the
/// event loop of its workspace.
template <class T>
class pages {
 public:
  explicit pages(std::shared_ptr<detail::page_reader> reader) noexcept
      : reader_(std::move(reader)) {}
  pages(pages&&) noexcept = default;
  pages& operator=(pages&&) noexcept = default;
  ~pages() = default;

  /// The items of the next page; empty only at the end. After an error the same page is asked for
  /// again. A listing that runs in circles ends in decode_failed, as does one that takes more than
  /// 100,000 pages; calling again gives that error again.
  [[nodiscard]] task<std::vector<T>> next() const { return read(reader_, false); }
  /// All that next() would still give. On an error what was read by this call is lost.
  [[nodiscard]] task<std::vector<T>> all() const { return read(reader_, true); }

 private:
  static task<std::vector<T>> read(std::shared_ptr<detail::page_reader> from, bool all) {
    std::vector<T> items;
    auto done = co_await detail::read_pages(std::move(from), &items, all);
    if (done.has_error()) co_return std::move(done).error();
    co_return items;
  }

  std::shared_ptr<detail::page_reader> reader_;
};

}  // namespace kiln
