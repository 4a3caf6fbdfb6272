#include "orchestrate/watch_hub.hpp"

#include "client/retry_policy.hpp"
#include "core/spawn.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <functional>
#include <utility>

namespace kiln {

namespace {

using event_handler = asio::any_completion_handler<void(watch_event)>;

constexpr std::size_t crowd_min = 16;

error cancelled() { return error(errc::cancelled, "the wait was cancelled"); }
error closed() { return error(errc::closed, "the workspace handle was closed"); }

}  // namespace

struct watch_entry::waiter {
  waiter(asio::any_io_executor where, event_handler h)
      : out(std::move(where)), handler(std::move(h)) {}
  asio::any_io_executor out;
  event_handler handler;
};

asio::awaitable<watch_event> watch_entry::take(std::shared_ptr<engine> core,
                                               std::shared_ptr<watch_entry> self) {
  auto initiate = [](auto handler, std::shared_ptr<engine> const& e,
                     std::shared_ptr<watch_entry> const& entry) {
    auto out = asio::prefer(asio::get_associated_executor(handler),
                            asio::execution::outstanding_work.tracked);
    auto held = std::make_shared<waiter>(std::move(out), event_handler(std::move(handler)));
    auto slot = asio::get_associated_cancellation_slot(held->handler);
    if (slot.is_connected()) {
      slot.assign([weak = std::weak_ptr(entry),
                   engine = e->weak_from_this()](asio::cancellation_type) {
        auto const alive = engine.lock();
        auto const waiting = weak.lock();
        if (!alive || !waiting) return;
        asio::post(alive->executor(),
                   [alive, waiting] { alive->companion<watch_hub>().end(waiting, cancelled()); });
      });
    }
    asio::post(entry->executor_, [entry, held = std::move(held)]() mutable {
      entry->waiter_ = std::move(held);
      entry->hand_over();
    });
  };
  return asio::async_initiate<asio::use_awaitable_t<> const, void(watch_event)>(
      initiate, asio::use_awaitable, std::move(core), std::move(self));
}

void watch_entry::hand_over() {
  if (!waiter_ || (!change_ && !outcome_)) return;
  watch_event event;
  if (change_) {
    event.change = std::move(*change_);
    event.elapsed = elapsed_;
    change_.reset();
  } else {
    event.outcome = std::move(outcome_);
    outcome_.reset();
  }
  auto const held = std::exchange(waiter_, nullptr);
  asio::post(held->out, [held, told = std::move(event)]() mutable {
    asio::get_associated_cancellation_slot(held->handler).clear();
    event_handler handler(std::move(held->handler));
    std::move(handler)(std::move(told));
  });
}

void watch_entry::post_event(watch_event event) {
  asio::post(executor_, [self = shared_from_this(), told = std::move(event)]() mutable {
    self->told_(std::move(told));
  });
}

void watch_entry::tell(watch_event change) {
  if (listens()) return post_event(std::move(change));
  elapsed_ = change.elapsed;
  change_ = std::move(change.change);
  hand_over();
}

void watch_entry::end(result<std::shared_ptr<void const>> outcome, std::uint64_t requests) {
  ended = true;
  if (listens()) {
    watch_event event;
    event.outcome = std::move(outcome);
    event.requests = requests;
    return post_event(std::move(event));
  }
  outcome_ = std::move(outcome);
  hand_over();
}

void watch_entry::drop() noexcept {
  auto const gone = std::exchange(waiter_, nullptr);
  ended = true;
}

watch_hub::watch_hub(engine& owner)
    : owner_(owner), loop_(owner.executor(), [this] { drop_all(); }) {
  owner_.on_closing([this] { end_all(); });
}

watch_hub::group& watch_hub::group_of(watch_kind const& kind) {
  if (auto const known = groups_.find(&kind); known != groups_.end()) return known->second;
  wait_core::settings s;
  s.page_items = kind.page_items;
  s.seed = std::hash<std::string>()(owner_.unique_name());
  return groups_.try_emplace(&kind, kind, s).first->second;
}

void watch_hub::add(std::shared_ptr<watch_entry> const& entry) {
  if (entry->ended) return;  // cancelled on its way here
  if (owner_.closing()) {
    entry->end(describe(closed(), *entry), requests(*entry->request.kind));
    return;
  }
  if (entries_++ == 0) loop_.arm();
  auto const& request = entry->request;
  auto& g = group_of(*request.kind);
  g.entries.emplace(request.key, entry);
  g.share = std::max(g.share, request.options.poll_share);
  g.plan.set_rate(g.share * owner_.options().budget.options().rate);
  wait_pace pace;
  pace.interval = request.options.interval;
  pace.interval_max = request.options.interval_max;
  pace.growth = request.options.growth;
  auto const now = owner_.clock().now();
  // In a crowd the next round comes soon enough; looking at each one at once would be all there is.
  bool const crowd = g.plan.watched() >= crowd_min;
  g.plan.watch(request.key, pace, crowd || request.fresh ? now + pace.interval : now);
  entry->began = now;
  schedule(*request.kind, g);
  if (request.options.timeout == std::chrono::milliseconds::max()) return;
  entry->alarm = owner_.clock().call_at(
      now + request.options.timeout, [weak = weak_from_this(), late = std::weak_ptr(entry)] {
        auto const self = weak.lock();
        auto const held = late.lock();
        if (!self || !held) return;
        auto const& last = held->last;
        std::string text = held->request.label + " did not get there in time";
        if (!last.state.empty()) text += ", it is " + last.state;
        if (!last.message.empty()) text += ": " + last.message;
        self->end(held, self->describe(error(errc::deadline_exceeded, std::move(text)), *held));
      });
}

std::uint64_t watch_hub::requests(watch_kind const& kind) {
  auto const& count = group_of(kind).plan.count();
  return count.pages + count.singles;
}

void watch_hub::hasten(std::shared_ptr<watch_entry> const& entry, wait_pace const& pace) {
  if (entry->ended) return;
  auto const& request = entry->request;
  auto& g = group_of(*request.kind);
  g.plan.watch(request.key, pace, owner_.clock().now() + pace.interval);
  g.plan.unwatch(request.key);
  schedule(*request.kind, g);
}

void watch_hub::end(std::shared_ptr<watch_entry> const& entry,
                    result<std::shared_ptr<void const>> outcome) {
  if (entry->ended) return;
  auto const at = groups_.find(entry->request.kind);
  bool known = false;
  if (at != groups_.end()) {
    auto const [first, last] = at->second.entries.equal_range(entry->request.key);
    auto const mine =
        std::find_if(first, last, [&](auto const& one) { return one.second == entry; });
    known = mine != last;
    if (known) at->second.entries.erase(mine);
  }
  entry->end(std::move(outcome), requests(*entry->request.kind));
  if (!known) return;
  owner_.clock().cancel(entry->alarm);
  at->second.plan.unwatch(entry->request.key);
  schedule(*entry->request.kind, at->second);
  if (--entries_ == 0) loop_.disarm();
}

void watch_hub::schedule(watch_kind const& kind, group& g) {
  auto& clock = owner_.clock();
  clock.cancel(std::exchange(g.next, {}));
  auto const when = g.plan.next();
  if (!when) return;
  g.next = clock.call_at(*when, [weak = weak_from_this(), &kind] {
    if (auto const self = weak.lock()) self->begin_round(kind);
  });
}

void watch_hub::begin_round(watch_kind const& kind) {
  auto& g = group_of(kind);
  g.next = {};
  g.place.reset();
  auto const asked = g.plan.begin(owner_.clock().now());
  make(kind, g, asked);
}

void watch_hub::make(watch_kind const& kind, group& g, wait_core::step const& asked) {
  auto const core = owner_.shared_from_this();
  if (asked.page) {
    if (!g.place) {
      if (!g.list) g.list = g.way->list();
      g.place.emplace(g.list->how, g.list->call.message, g.list->start, 0);
    }
    outgoing_call call = g.list->call;
    call.lane = lane::poll;
    call.message = g.place->request();
    spawn_detached(owner_.outer_executor(), fetch_page(core, &kind, g.way, std::move(call)));
  }
  for (auto const& key : asked.singles) {
    spawn_detached(owner_.outer_executor(), fetch_one(core, &kind, g.way, key));
  }
  schedule(kind, g);
}

// The answer is decoded where calls of users are: the engine's executor has better things to do.
asio::awaitable<void> watch_hub::fetch_page(std::shared_ptr<engine> core, watch_kind const* kind,
                                            watch_kind const* way, outgoing_call call) {
  std::string const operation = call.operation;
  auto answer = co_await engine::perform(core, std::move(call));
  page got{std::vector<watched_item>{}, {}};
  if (answer.has_error()) {
    got.items = std::move(answer).error();
  } else {
    got.items = way->read_list(*answer, operation, core->authority());
    got.body = std::move(answer->body);
  }
  asio::post(core->executor(), [core, kind, got = std::move(got)]() mutable {
    core->companion<watch_hub>().page_came(*kind, std::move(got));
  });
}

asio::awaitable<void> watch_hub::fetch_one(std::shared_ptr<engine> core, watch_kind const* kind,
                                           watch_kind const* way, std::string key) {
  outgoing_call call = way->get(key);
  call.lane = lane::poll;
  std::string const operation = call.operation;
  auto answer = co_await engine::perform(core, std::move(call));
  result<std::shared_ptr<void const>> got = std::shared_ptr<void const>();
  if (answer.has_error()) {
    got = std::move(answer).error();
  } else {
    got = way->read_one(*answer, operation, core->authority());
  }
  asio::post(core->executor(), [core, kind, key = std::move(key), got = std::move(got)]() mutable {
    core->companion<watch_hub>().single_came(*kind, key, std::move(got));
  });
}

void watch_hub::page_came(watch_kind const& kind, page got) {
  auto& g = group_of(kind);
  auto const now = owner_.clock().now();
  if (got.items.has_error() || !g.place) {
    bool const refused = got.items.has_error() && !is_temporary(got.items.error().code());
    bool const for_good = refused && !ask_otherwise(g);
    auto const instead = g.plan.page_failed(for_good, now);
    make(kind, g, instead);
    return;
  }
  g.place->arrived(got.body, got.items->size());
  auto const more = g.place->wants_page();
  std::vector<std::string> keys;
  keys.reserve(got.items->size());
  for (auto const& item : *got.items) keys.push_back(item.key);
  auto const next = g.plan.page_came(keys, more && *more, now);
  for (auto const& item : *got.items) show(g, item.key, item.value);
  make(kind, g, next);
}

bool watch_hub::ask_otherwise(group& g) {
  if (g.way->otherwise == nullptr) return false;
  g.way = g.way->otherwise;
  g.list.reset();
  g.plan.set_page_items(g.way->page_items);
  return true;
}

void watch_hub::single_came(watch_kind const& kind, std::string const& key,
                            result<std::shared_ptr<void const>> got) {
  auto& g = group_of(kind);
  g.plan.single_came(key, owner_.clock().now());
  if (got) {
    show(g, key, *got);
  } else if (got.error().code() == errc::not_implemented && ask_otherwise(g)) {
    // Asked for again in the next round.
  } else if (!is_temporary(got.error().code())) {
    auto const [first, last] = g.entries.equal_range(key);
    std::vector<std::shared_ptr<watch_entry>> told;
    for (auto i = first; i != last; ++i) told.push_back(i->second);
    for (auto const& entry : told) end(entry, got.error());
  }
  schedule(kind, g);
}

void watch_hub::show(group& g, std::string const& key, std::shared_ptr<void const> const& value) {
  auto const [first, last] = g.entries.equal_range(key);
  std::vector<std::shared_ptr<watch_entry>> told;
  for (auto i = first; i != last; ++i) told.push_back(i->second);
  for (auto const& entry : told) {
    auto const& request = entry->request;
    auto found = request.judge(value.get());
    bool const changed = found.state != entry->last.state;
    entry->last = found;
    bool const pending = found.what == judgement::kind::pending;
    if (changed && (request.options.observer != nullptr || (entry->listens() && pending))) {
      watch_event event;
      event.change = found;
      event.elapsed = owner_.clock().now() - entry->began;
      event.value = value;
      event.requests = requests(*request.kind);
      entry->tell(std::move(event));
    }
    if (found.what == judgement::kind::reached) {
      end(entry, value);
    } else if (found.what == judgement::kind::failed) {
      std::string text = request.label + " is " + found.state;
      if (!found.message.empty()) text += ": " + found.message;
      end(entry, describe(error(errc::conflict, std::move(text)), *entry));
    }
  }
}

error watch_hub::describe(error why, watch_entry const& entry) const {
  return std::move(why)
      .with_operation("wait for " + std::string(entry.request.kind->name))
      .with_where(owner_.authority());
}

// No further look will be had at anything.
void watch_hub::end_all() {
  std::vector<std::shared_ptr<watch_entry>> all;
  for (auto const& [kind, g] : groups_) {
    for (auto const& [key, entry] : g.entries) all.push_back(entry);
  }
  for (auto const& entry : all) end(entry, describe(closed(), *entry));
}

// Inside the destructor of the loop: what waits is let go, with the coroutines it holds.
void watch_hub::drop_all() noexcept {
  auto gone = std::exchange(groups_, {});
  entries_ = 0;
  for (auto& [kind, g] : gone) {
    for (auto& [key, entry] : g.entries) entry->drop();
  }
}

}  // namespace kiln
