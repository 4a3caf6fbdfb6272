#pragma once

#include "core/context_watch.hpp"
#include "orchestrate/wait_core.hpp"
#include "orchestrate/waiter.hpp"

#include <boost/asio/any_completion_handler.hpp>

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <unordered_map>

namespace kiln {

/// What a wait is told: a change of state, or its end.
struct watch_event {
  judgement change;
  duration elapsed{};  ///< Since the wait began.
  std::optional<result<std::shared_ptr<void const>>> outcome;
  std::shared_ptr<void const> value;  ///< Of a change; for listeners only.
  std::uint64_t requests = 0;         ///< For things of this kind so far; for listeners only.
};

/// One wait. Its state belongs to the engine's executor; take() is called elsewhere.
class watch_entry final : public std::enable_shared_from_this<watch_entry> {
 public:
  watch_entry(watch_request what, asio::any_io_executor executor)
      : request(std::move(what)), executor_(std::move(executor)) {}
  /// One that calls `told` with each event, posted to `where`, instead of being waited for.
  using listener = std::function<void(watch_event)>;
  watch_entry(watch_request what, asio::any_io_executor where, listener told)
      : request(std::move(what)), executor_(std::move(where)), told_(std::move(told)) {}

  /// The next event. Cancelled, it ends the wait.
  static asio::awaitable<watch_event> take(std::shared_ptr<engine> core,
                                           std::shared_ptr<watch_entry> self);
  [[nodiscard]] bool listens() const noexcept { return told_ != nullptr; }
  void tell(watch_event change);
  void end(result<std::shared_ptr<void const>> outcome, std::uint64_t requests);
  void drop() noexcept;

  watch_request const request;
  judgement last;  ///< As last seen.
  instant began{};
  timers::id alarm;  ///< Its timeout.
  bool ended = false;

 private:
  struct waiter;
  void hand_over();
  void post_event(watch_event event);
  asio::any_io_executor executor_;
  listener told_;
  std::shared_ptr<waiter> waiter_;
  std::optional<judgement> change_;
  duration elapsed_{};
  std::optional<result<std::shared_ptr<void const>>> outcome_;
};

/// All waits of an engine, which keeps it. Threads: the engine's executor.
class watch_hub final : public std::enable_shared_from_this<watch_hub> {
 public:
  explicit watch_hub(engine& owner);

  void add(std::shared_ptr<watch_entry> const& entry);
  /// Ends it, if it has not ended.
  void end(std::shared_ptr<watch_entry> const& entry, result<std::shared_ptr<void const>> outcome);
  /// Requests so far for things of this kind.
  [[nodiscard]] std::uint64_t requests(watch_kind const& kind);
  /// From now on it is looked at at this pace, if that is the faster one.
  void hasten(std::shared_ptr<watch_entry> const& entry, wait_pace const& pace);

 private:
  struct group {
    group(watch_kind const& kind, wait_core::settings s) : way(&kind), plan(s) {}
    watch_kind const* way;  ///< How it is asked: the kind itself, or what it has instead.
    wait_core plan;
    double share = 0;
    std::unordered_multimap<std::string, std::shared_ptr<watch_entry>> entries;
    timers::id next;
    std::optional<paged_call> list;
    std::optional<paging_core> place;  ///< Of the round under way.
  };
  struct page {
    result<std::vector<watched_item>> items;
    std::string body;
  };

  group& group_of(watch_kind const& kind);
  void schedule(watch_kind const& kind, group& g);
  void begin_round(watch_kind const& kind);
  void make(watch_kind const& kind, group& g, wait_core::step const& asked);
  void page_came(watch_kind const& kind, page got);
  void single_came(watch_kind const& kind, std::string const& key,
                   result<std::shared_ptr<void const>> got);
  bool ask_otherwise(group& g);
  void show(group& g, std::string const& key, std::shared_ptr<void const> const& value);
  void end_all();
  void drop_all() noexcept;
  [[nodiscard]] error describe(error why, watch_entry const& entry) const;

  static asio::awaitable<void> fetch_page(std::shared_ptr<engine> core, watch_kind const* kind,
                                          watch_kind const* way, outgoing_call call);
  static asio::awaitable<void> fetch_one(std::shared_ptr<engine> core, watch_kind const* kind,
                                         watch_kind const* way, std::string key);

  engine& owner_;
  std::map<watch_kind const*, group> groups_;
  std::size_t entries_ = 0;
  context_watch loop_;
};

}  // namespace kiln
