#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace kiln {

/// A 4-ary heap of slab indices whose places are kept in the slab, so that any element can be
/// removed or moved in O(log n). `Order` has `bool before(a, b)` and `std::uint32_t& place(a)`
/// and is passed to each call: the heap itself is one vector of 4 bytes an element.
class heap4 {
 public:
  using index = std::uint32_t;

  [[nodiscard]] bool empty() const noexcept { return items_.empty(); }
  [[nodiscard]] std::size_t size() const noexcept { return items_.size(); }
  [[nodiscard]] std::size_t bytes() const noexcept { return items_.capacity() * sizeof(index); }
  [[nodiscard]] index top() const noexcept { return items_.front(); }

  template <class Order>
  void push(index item, Order&& order) {
    items_.push_back(item);
    up(items_.size() - 1, order);
  }
  template <class Order>
  void erase(index item, Order&& order) {
    std::size_t const at = order.place(item);
    index const last = items_.back();
    items_.pop_back();
    if (at == items_.size()) return;
    items_[at] = last;
    order.place(last) = static_cast<std::uint32_t>(at);
    moved(last, order);
  }
  /// The order of `item` against the others changed.
  template <class Order>
  void moved(index item, Order&& order) {
    std::size_t const at = order.place(item);
    if (!up(at, order)) down(at, order);
  }
  /// An empty heap gives its memory back: there may be as many heaps as tenants.
  void trim() {
    if (items_.empty() && items_.capacity() > 64) items_.shrink_to_fit();
  }

 private:
  template <class Order>
  bool up(std::size_t at, Order&& order) {
    index const item = items_[at];
    std::size_t const from = at;
    while (at > 0) {
      std::size_t const parent = (at - 1) / 4;
      if (!order.before(item, items_[parent])) break;
      put(at, items_[parent], order);
      at = parent;
    }
    put(at, item, order);
    return at != from;
  }
  template <class Order>
  void down(std::size_t at, Order&& order) {
    index const item = items_[at];
    for (;;) {
      std::size_t const first = at * 4 + 1;
      if (first >= items_.size()) break;
      std::size_t const end = std::min(first + 4, items_.size());
      std::size_t best = first;
      for (std::size_t i = first + 1; i < end; ++i) {
        if (order.before(items_[i], items_[best])) best = i;
      }
      if (!order.before(items_[best], item)) break;
      put(at, items_[best], order);
      at = best;
    }
    put(at, item, order);
  }
  template <class Order>
  void put(std::size_t at, index item, Order&& order) {
    items_[at] = item;
    order.place(item) = static_cast<std::uint32_t>(at);
  }

  std::vector<index> items_;
};

}  // namespace kiln
