#pragma once

#include "client/paging.hpp"
#include "orchestrate/wait_core.hpp"

#include <kiln/wait.hpp>

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

// Drives wait_core: who waits for what, the requests, and whom an answer tells. One for all waits
// of a workspace; its state belongs to the engine's executor, answers are decoded on the callers'
// side.
namespace kiln {

struct watched_item {
  std::string key;
  std::shared_ptr<void const> value;  ///< An item of a page keeps the page.
};

/// A sort of things that are waited for: how they are asked for, singly and by the list. Static
/// storage: waits for things of the same object share their requests.
struct watch_kind {
  std::string_view name;  ///< "cluster"
  /// Items a page of the list holds, newest first; wait_core::one_page: there is one; 0: no list.
  std::size_t page_items = 0;
  paged_call (*list)() = nullptr;
  result<std::vector<watched_item>> (*read_list)(http::response const& answer,
                                                 std::string const& operation,
                                                 std::string const& where) = nullptr;
  outgoing_call (*get)(std::string const& key) = nullptr;
  result<std::shared_ptr<void const>> (*read_one)(http::response const& answer,
                                                  std::string const& operation,
                                                  std::string const& where) = nullptr;
  /// How to ask where the server refuses this way for good; items and values are of the same types.
  watch_kind const* otherwise = nullptr;
};

/// What a state means to who waits.
struct judgement {
  enum class kind : unsigned char { pending, reached, failed };
  kind what = kind::pending;
  std::string state;
  std::string message;
};

struct watch_request {
  watch_kind const* kind = nullptr;
  std::string key;
  std::string label;  ///< "cluster 0923-164208-meows279"
  judgement (*judge)(void const* value) = nullptr;
  wait_options options;
  /// It has just begun: not worth a look before an interval has passed.
  bool fresh = false;
};

/// Throws std::invalid_argument that names the option.
void validate(wait_options const& options);

/// The value that `judge` found to have reached its state.
task<std::shared_ptr<void const>> watch(std::shared_ptr<engine> core, watch_request what);

/// The same, typed.
template <class T>
task<T> watch_for(std::shared_ptr<engine> core, watch_request what) {
  auto found = co_await watch(std::move(core), std::move(what));
  if (found.has_error()) co_return std::move(found).error();
  co_return *static_cast<T const*>(found->get());
}

/// A watch_kind::read_list: `Items` of the reply, keyed by `key_of`.
template <auto Items, auto KeyOf>
result<std::vector<watched_item>> read_watched(http::response const& answer,
                                               std::string const& operation,
                                               std::string const& where) {
  using page = typename detail::page_member<decltype(Items)>::page;
  auto const whole = std::make_shared<page>();
  auto read = decode(answer, type_of<page>(), whole.get(), operation, where);
  if (read.has_error()) return std::move(read).error();
  std::vector<watched_item> out;
  auto& items = *whole.*Items;
  out.reserve(items.size());
  for (auto& item : items) out.push_back({KeyOf(item), std::shared_ptr<void const>(whole, &item)});
  return out;
}

/// A watch_kind::read_one for a reply that is the thing itself.
template <class T>
result<std::shared_ptr<void const>> read_watched_one(http::response const& answer,
                                                     std::string const& operation,
                                                     std::string const& where) {
  auto const whole = std::make_shared<T>();
  auto read = decode(answer, type_of<T>(), whole.get(), operation, where);
  if (read.has_error()) return std::move(read).error();
  return std::shared_ptr<void const>(whole);
}

}  // namespace kiln
