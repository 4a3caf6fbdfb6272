#include "client/engine.hpp"

#include "client/error_body.hpp"
#include "client/retry_policy.hpp"
#include "core/context_watch.hpp"
#include "core/log_line.hpp"
#include "core/redact.hpp"
#include "core/spawn.hpp"
#include "http/retry_after.hpp"
#include "http/sent_secrets.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/dispatch.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <list>
#include <utility>
#include <vector>

namespace kiln {

namespace {
using reply_handler = asio::any_completion_handler<void(result<http::response>)>;
using drained_handler = asio::any_completion_handler<void()>;
using wake_handler = asio::any_completion_handler<void()>;

// Where a coroutine that waits is resumed. It is posted there, never dispatched: no caller's code
// runs within the engine's. Until then it keeps the caller's loop running.
template <class Handler>
asio::any_io_executor way_out(Handler const& handler) {
  return asio::prefer(asio::get_associated_executor(handler),
                      asio::execution::outstanding_work.tracked);
}

bool is_expected(http::response const& answer, answer_kind what) {
  if (what == answer_kind::page) return true;
  bool const dated = what == answer_kind::file && !answer.find("last-modified").empty();
  if (dated) return true;
  if (what != answer_kind::document) return !looks_like_html(answer);
  return !answer.find("content-type").starts_with("text/html");
}

error ended_early(errc code) {
  if (code == errc::closed) return error(code, "the workspace handle was closed");
  if (code == errc::deadline_exceeded) {
    return error(code, "the call's deadline passed while it waited for a login");
  }
  return error(code, "the call was cancelled");
}
}  // namespace

struct engine::call final : gate_entry, net::departures, std::enable_shared_from_this<call> {
  call(engine& e, outgoing_call&& o, asio::any_io_executor where, reply_handler h)
      : owner(&e),
        what(std::move(o)),
        handler(std::move(h)),
        out(std::move(where)),
        retries(e.options_.retry, what.repeats, what.single_attempt),
        own_headers(what.message.headers.size()) {}
  ~call() { forget_proof(); }
  call(call const&) = delete;
  call& operator=(call const&) = delete;

  void on_grant() override { owner->attempt_granted(shared_from_this()); }
  instant try_leave(instant now) override { return owner->gate_->try_leave(now); }
  void on_refused(error why) override {
    auto const held = shared_from_this();
    owner->counters_.waiting.fetch_sub(1, std::memory_order_relaxed);
    owner->finish(*this, owner->describe(*this, std::move(why)));
  }

  /// What an attempt added, its authorization among it.
  void forget_proof() {
    auto& headers = what.message.headers;
    for (std::size_t i = own_headers; i < headers.size(); ++i) wipe(headers[i].value);
    headers.resize(std::min(own_headers, headers.size()));
  }

  engine* owner;
  outgoing_call what;
  reply_handler handler;
  asio::any_io_executor out;
  std::optional<result<http::response>> outcome;  ///< Once finished.
  retry_state retries;
  std::size_t own_headers;     ///< What the service set; the rest is each attempt's.
  worker* by = nullptr;        ///< Whose coroutine its attempt runs in; until then null.
  std::optional<errc> ending;  ///< Cancelled or closed while its attempt was under way.
  bool fresh_connection = false;
  bool finished = false;
  std::list<std::shared_ptr<call>>::iterator place;
};

// A coroutine that makes attempts, one after the other: starting one costs as much as an attempt.
struct engine::worker {
  asio::cancellation_signal stop;
  std::shared_ptr<call> job;  ///< The next; null at the end.
};

// Ends a call that waits for its authorization when its deadline passes.
class engine::deadline_guard {
 public:
  deadline_guard(engine& e, std::shared_ptr<call> const& c)
      : clock_(*e.clock_), alarm_(e.clock_->call_at(c->deadline, [w = std::weak_ptr(c)] {
          if (auto const held = w.lock()) held->owner->cancel(*held, errc::deadline_exceeded);
        })) {}
  ~deadline_guard() { clock_.cancel(alarm_); }
  deadline_guard(deadline_guard const&) = delete;
  deadline_guard& operator=(deadline_guard const&) = delete;

 private:
  timers& clock_;
  timers::id alarm_;
};

struct engine::live {
  live(asio::any_io_executor const& executor, double retry_share, std::function<void()> on_shutdown)
      : reserve(retry_share), watch(executor, std::move(on_shutdown)) {}
  std::list<std::shared_ptr<call>> calls;
  struct idle_worker {
    std::shared_ptr<worker> who;
    wake_handler wake;
  };
  std::vector<idle_worker> idle;  ///< Until rest(): waiting keeps the loop running.
  retry_reserve reserve;
  context_watch watch;
  bool reached = false;  ///< The host has answered at least once.
  bool closing = false;
  bool may_rest = false;  ///< rest() is posted.
  std::vector<std::function<void()>> when_drained;
  std::vector<std::function<void()>> when_closing;
};

std::shared_ptr<engine> engine::create(engine_parts parts, workspace_options options,
                                       http::base_url host) {
  auto const executor = parts.executor;
  // Timers and sockets belong to the engine's executor to the last: destroyed there too.
  auto const last_rites = [executor](engine* e) {
    asio::post(executor, [owned = std::unique_ptr<engine>(e)] {});
  };
  return {new engine(std::move(parts), std::move(options), std::move(host)), last_rites};
}

engine::engine(engine_parts parts, workspace_options options, http::base_url host)
    : executor_(std::move(parts.executor)),
      outer_(std::move(parts.outer_executor)),
      options_(std::move(options)),
      host_(std::move(host)),
      host_header_(host_.authority()),
      host_text_((host_.tls ? "https://" : "http://") + host_header_),
      user_agent_((options_.user_agent.empty() ? "" : options_.user_agent + " ") +
                  "kiln/" KILN_VERSION " cpp/20 os/linux"),
      name_seed_(random_source(parts.seed).next()),
      clock_(std::move(parts.clock)),
      random_(parts.seed),
      transport_(parts.make_transport(*clock_)),
      gate_(std::make_unique<scheduler>(*clock_, random_, options_.budget)),
      live_(std::make_unique<live>(executor_, options_.retry.retry_share, [this] { drop_all(); })) {
  counters_.rate = gate_->stats().rate;
}

engine::~engine() {
  gate_->close();
  transport_->close();
}

task<http::response> engine::perform(std::shared_ptr<engine> self, outgoing_call call_to_make) {
  auto initiate = [](auto handler, std::shared_ptr<engine> const& e, outgoing_call&& what) {
    auto out = way_out(handler);
    auto c = std::make_shared<call>(*e, std::move(what), std::move(out),
                                    reply_handler(std::move(handler)));
    auto slot = asio::get_associated_cancellation_slot(c->handler);
    if (slot.is_connected()) {
      slot.assign([w = std::weak_ptr(c), strong = e->weak_from_this()](asio::cancellation_type) {
        auto const alive = strong.lock();
        if (!alive) return;
        asio::post(alive->executor_, [w, alive] {
          if (auto const held = w.lock()) alive->cancel(*held, errc::cancelled);
        });
      });
    }
    asio::dispatch(e->executor_, [e, c = std::move(c)]() mutable { e->begin(std::move(c)); });
  };
  return asio::async_initiate<asio::use_awaitable_t<> const, void(result<http::response>)>(
      initiate, asio::use_awaitable, std::move(self), std::move(call_to_make));
}

void engine::begin(std::shared_ptr<call> c) {
  auto& entry = *c;
  if (live_->calls.empty()) live_->watch.arm();
  entry.place = live_->calls.insert(live_->calls.end(), std::move(c));
  if (!host_.path.empty()) entry.what.message.target.insert(0, host_.path);
  entry.lane = entry.what.lane;
  entry.tenant = entry.what.tenant;
  entry.bucket = gate_->bucket_of(entry.what.bucket);
  entry.deadline = clock_->now() + entry.what.deadline.value_or(options_.deadline);
  if (live_->closing) {
    finish(entry, describe(entry, error(errc::closed, "the workspace handle was closed")));
    return;
  }
  counters_.waiting.fetch_add(1, std::memory_order_relaxed);
  gate_->submit(entry);
}

void engine::attempt_granted(std::shared_ptr<call> c) {
  auto& entry = *c;
  counters_.waiting.fetch_sub(1, std::memory_order_relaxed);
  counters_.in_flight.fetch_add(1, std::memory_order_relaxed);
  if (entry.ending) {  // cancelled between the grant and now
    net::attempt_outcome nothing_sent{error(*entry.ending, "cancelled"), {}, false, false};
    answered(entry, std::move(nothing_sent));
    return;
  }
  if (!live_->idle.empty()) {
    auto free = std::move(live_->idle.back());
    live_->idle.pop_back();
    free.who->job = std::move(c);
    std::move(free.wake)();
    return;
  }
  auto hired = std::make_shared<worker>();
  hired->job = std::move(c);
  std::shared_ptr<asio::cancellation_signal> stop(hired, &hired->stop);
  auto self = shared_from_this();
  spawn_detached(executor_, work(std::move(self), std::move(hired)), std::move(stop));
}

asio::awaitable<void> engine::work(std::shared_ptr<engine> self, std::shared_ptr<worker> me) {
  auto const cancellation = co_await asio::this_coro::cancellation_state;
  while (me->job) {
    auto c = std::exchange(me->job, nullptr);
    c->by = me.get();
    net::attempt_outcome outcome{error(errc::cancelled, "cancelled"), {}, false, false};
    try {
      auto& source = *self->options_.credentials.source();
      auto const* proof = source.at_hand();
      result<authorization> fetched;
      if (proof == nullptr) {
        deadline_guard const guard(*self, c);
        fetched = co_await source.authorize();
        if (fetched) proof = &*fetched;
      }
      if (proof != nullptr) {
        auto const options = self->leaving(*c, *proof);
        // Until the transport says otherwise; when cancelled, it cannot.
        outcome.sent = http::sent::all;
        outcome = co_await self->transport_->perform(c->what.message, options);
      } else {
        outcome.reply = std::move(fetched).error();
      }
    } catch (boost::system::system_error const& e) {
      if (e.code() != asio::error::operation_aborted) {
        outcome.reply = error(errc::connection_lost, e.code().message());
      }
    } catch (std::exception const& e) {  // of a token source
      outcome.reply = error(errc::unauthenticated, "login: " + redact(e.what()));
    }
    self->answered(*c, std::move(outcome));
    c.reset();  // nothing of a call is kept while there is no job
    bool const spent = cancellation.cancelled() != asio::cancellation_type::none;
    if (spent) co_return;
    co_await self->next_job(me);
  }
}

asio::awaitable<void> engine::next_job(std::shared_ptr<worker> who) {
  auto initiate = [](auto handler, live* l, std::shared_ptr<worker>&& idle) {
    l->idle.push_back({std::move(idle), wake_handler(std::move(handler))});
  };
  return asio::async_initiate<asio::use_awaitable_t<> const, void()>(initiate, asio::use_awaitable,
                                                                     live_.get(), std::move(who));
}

// What an attempt adds to the service's request, and how it is to be sent.
net::attempt_options engine::leaving(call& c, authorization const& proof) {
  auto& message = c.what.message;
  message.host = host_header_;
  c.forget_proof();
  message.headers.reserve(c.own_headers + 1 + proof.headers.size());
  message.headers.push_back({"User-Agent", user_agent_});
  for (auto const& [name, value] : proof.headers) message.headers.push_back({name, value});
  counters_.requests.fetch_add(1, std::memory_order_relaxed);
  if (c.retries.attempts() > 0) counters_.retries.fetch_add(1, std::memory_order_relaxed);
  net::attempt_options options;
  options.limits.body_bytes_max = options_.response_bytes_max;
  options.limits.sink_type = c.what.sink_type;
  // JSON is no longer in a sink than it would be in memory.
  if (!c.what.sink_type.empty()) options.limits.sink_bytes_max = options_.response_bytes_max;
  options.sink = c.what.sink.get();
  options.deadline = c.deadline;
  options.gate = &c;
  options.fresh_connection = c.fresh_connection;
  return options;
}

// What a server sends back of the credentials is hidden before anything is made of it. The body of
// a good answer is the caller's, its headers may end in an error when it does not decode.
void engine::unlearn(call const& c, http::response& answer, bool body_too) {
  auto const& sent = c.what.message.headers;
  for (std::size_t i = c.own_headers; i < sent.size(); ++i) {
    if (!is_secret_header(sent[i].name)) continue;
    http::sent_secrets const secrets(sent[i].value);
    if (body_too) secrets.hide_in(answer.body);
    secrets.hide_in(answer.reason);
    for (auto& header : answer.headers) secrets.hide_in(header.value);
  }
}

// The same of what is said about an answer that was not one.
error engine::unlearn(call const& c, error why) {
  auto const& sent = c.what.message.headers;
  std::string text = why.message();
  for (std::size_t i = c.own_headers; i < sent.size(); ++i) {
    if (is_secret_header(sent[i].name)) http::sent_secrets(sent[i].value).hide_in(text);
  }
  if (text == why.message()) return why;
  return error(why.code(), std::move(text))
      .with_operation(why.operation())
      .with_where(why.where())
      .with_http_status(why.http_status())
      .with_retry_after(why.retry_after());
}

void engine::answered(call& c, net::attempt_outcome outcome) {
  auto const held = c.shared_from_this();
  counters_.in_flight.fetch_sub(1, std::memory_order_relaxed);
  c.by = nullptr;
  if (outcome.sent == http::sent::all) {
    counters_.bytes_sent.fetch_add(
        c.what.message.source ? c.what.message.source->size() : c.what.message.body.size(),
        std::memory_order_relaxed);
  }
  if (outcome.reply.has_error()) {
    gate_->finished(c, outcome.sent == http::sent::nothing ? verdict::unused : verdict::failed);
    attempt_failed(c, outcome, unlearn(c, std::move(outcome.reply).error()));
    return;
  }
  auto& answer = *outcome.reply;
  bool const good =
      answer.status >= 200 && answer.status < 300 && is_expected(answer, c.what.expects);
  unlearn(c, answer, !good);
  counters_.bytes_received.fetch_add(answer.body_bytes, std::memory_order_relaxed);
  live_->reached = true;
  if (answer.status >= 200 && answer.status < 300) {
    gate_->finished(c, verdict::done);
    live_->reserve.succeeded();
    if (!good) {
      auto why = describe(c, not_databricks_error(answer));
      finish(c, std::move(why).with_attempts(c.retries.attempts() + 1));
    } else {
      answer.attempts = c.retries.attempts() + 1;
      finish(c, std::move(answer));
    }
    return;
  }
  auto const wait = http::parse_retry_after(answer.find("retry-after"), clock_->wall(),
                                            options_.budget.options().retry_after_max);
  error why = error_from_response(answer);
  if (wait) {
    why = std::move(why).with_retry_after(std::chrono::ceil<std::chrono::milliseconds>(*wait));
  }
  if (answer.status == 429) {
    counters_.throttled.fetch_add(1, std::memory_order_relaxed);
    bool const concurrency = why.message().find("concurrent") != std::string::npos;
    if (c.what.quota_ends_it && is_quota(why)) {
      gate_->finished(c, verdict::done);
    } else {
      gate_->finished(c, concurrency ? verdict::throttled_concurrency : verdict::throttled_rate,
                      wait);
    }
  } else {
    gate_->finished(c, answer.status >= 500 ? verdict::failed : verdict::done);
  }
  attempt_failed(c, outcome, std::move(why));
}

void engine::attempt_failed(call& c, net::attempt_outcome const& outcome, error why) {
  attempt_facts facts;
  facts.code = why.code();
  facts.status = why.http_status();
  facts.error_code = why.error_code();
  facts.sent = outcome.sent;
  facts.response_started = outcome.response_started;
  facts.reused_connection = outcome.reused_connection;
  facts.retry_after = why.retry_after();
  bool const renewed = facts.status == 401 && options_.credentials.source()->refused(http::find(
                                                  c.what.message.headers, "authorization"));
  auto const now = clock_->now();
  auto decision =
      c.retries.next(facts, now, c.deadline, live_->reached, renewed, live_->reserve, random_);
  if (c.ending || (c.what.quota_ends_it && is_quota(why))) decision = {};
  if (decision.what != retry_decision::kind::give_up) {
    log(log_level::info, c, std::string(decision.why) + ", trying again: " + why.message());
    c.fresh_connection = decision.what == retry_decision::kind::again_fresh;
    c.not_before = now + decision.delay;
    counters_.waiting.fetch_add(1, std::memory_order_relaxed);
    gate_->submit(c);
    return;
  }
  if (c.ending) {
    why = ended_early(*c.ending);
  } else if (why.code() == errc::timed_out && now >= c.deadline) {
    why = error(errc::deadline_exceeded, "the call's deadline passed: " + why.message());
  } else if (!decision.why.empty()) {
    std::string text = why.message() + "; not tried again: " + std::string(decision.why);
    why = error(why.code(), std::move(text))
              .with_http_status(why.http_status())
              .with_error_code(why.error_code())
              .with_request_id(why.request_id())
              .with_retry_after(why.retry_after());
  }
  finish(c, describe(c, std::move(why)));
}

error engine::describe(call const& c, error e) const {
  return std::move(e)
      .with_operation(c.what.operation)
      .with_where(host_header_)
      .with_attempts(c.retries.attempts())
      .with_may_have_been_applied(c.retries.ambiguous());
}

void engine::finish(call& c, result<http::response> outcome) {
  if (c.finished) return;
  c.finished = true;
  if (outcome.has_error()) {
    counters_.failed.fetch_add(1, std::memory_order_relaxed);
    log(log_level::warning, c, outcome.error().describe());
  } else {
    log(log_level::debug, c, "done");
  }
  counters_.rate.store(gate_->stats().rate, std::memory_order_relaxed);
  auto held = *c.place;
  live_->calls.erase(c.place);
  c.outcome = std::move(outcome);
  asio::post(c.out, [done = std::move(held)] {
    asio::get_associated_cancellation_slot(done->handler).clear();
    reply_handler handler(std::move(done->handler));
    std::move(handler)(std::move(*done->outcome));
  });
  if (!live_->calls.empty()) return;
  for (auto& drained : std::exchange(live_->when_drained, {})) drained();
  if (std::exchange(live_->may_rest, true)) return;
  asio::post(executor_, [self = shared_from_this()] { self->rest(); });
}

// Behind the callers that have just got their answers: what they ask next is begun by now.
void engine::rest() {
  live_->may_rest = false;
  if (!live_->calls.empty()) return;
  live_->watch.disarm();
  for (auto& free : std::exchange(live_->idle, {})) std::move(free.wake)();
}

void engine::cancel(call& c, errc code) {
  if (c.finished || c.ending) return;
  if (gate_->withdraw(c)) {
    counters_.waiting.fetch_sub(1, std::memory_order_relaxed);
    finish(c, describe(c, ended_early(code)));
    return;
  }
  c.ending = code;
  if (c.by != nullptr) c.by->stop.emit(asio::cancellation_type::terminal);
}

void engine::drop_all() noexcept {
  // Callers' coroutines go with their handlers; they may drop the last reference to this engine,
  // whose destruction is posted, so this frame stays valid. An attempt that waits for another's
  // connection holds its call, and nothing of the loop's holds the attempt.
  std::vector<reply_handler> owed;
  owed.reserve(live_->calls.size());
  for (auto& c : live_->calls) {
    c->finished = true;
    (void)gate_->withdraw(*c);
    owed.push_back(std::move(c->handler));
  }
  transport_->close();
  auto dropped = std::exchange(live_->calls, {});
  auto idle = std::exchange(live_->idle, {});
  auto waiting = std::exchange(live_->when_drained, {});
  clock_->clear();
}

task<void> engine::close(std::shared_ptr<engine> self, duration grace) {
  struct waiter {
    waiter(asio::any_io_executor where, drained_handler h)
        : out(std::move(where)), handler(std::move(h)) {}
    asio::any_io_executor out;
    drained_handler handler;
  };
  auto initiate = [](auto handler, engine* e, duration patience) {
    auto out = way_out(handler);
    auto held = std::make_shared<waiter>(std::move(out), drained_handler(std::move(handler)));
    asio::post(e->executor_, [e = e->shared_from_this(), held = std::move(held), patience] {
      e->drain(patience, [held] {
        asio::post(held->out, [held] {
          drained_handler h(std::move(held->handler));
          std::move(h)();
        });
      });
    });
  };
  auto* const e = self.get();
  co_await asio::async_initiate<asio::use_awaitable_t<> const, void()>(
      initiate, asio::use_awaitable, e, grace);
  co_return result<void>();
}

void engine::drain(duration grace, std::function<void()> done) {
  live_->closing = true;
  for (auto const& hook : std::exchange(live_->when_closing, {})) hook();
  auto const shut = [this, done = std::move(done)] {
    gate_->close();
    transport_->close();
    done();
  };
  if (live_->calls.empty()) {
    shut();
    return;
  }
  live_->when_drained.push_back(shut);
  clock_->call_at(clock_->now() + grace, [w = weak_from_this()] {
    auto const self = w.lock();
    if (!self) return;
    auto const unfinished = self->live_->calls;  // a copy: cancel() takes from the list
    for (auto const& c : unfinished) self->cancel(*c, errc::closed);
  });
}

void engine::on_closing(std::function<void()> hook) {
  live_->when_closing.push_back(std::move(hook));
}

bool engine::closing() const noexcept { return live_->closing; }

std::string engine::unique_name() const {
  return random_source(name_seed_ + names_given_.fetch_add(1, std::memory_order_relaxed)).name();
}

workspace_stats engine::stats() const noexcept {
  workspace_stats out;
  out.requests = counters_.requests.load(std::memory_order_relaxed);
  out.retries = counters_.retries.load(std::memory_order_relaxed);
  out.throttled = counters_.throttled.load(std::memory_order_relaxed);
  out.failed = counters_.failed.load(std::memory_order_relaxed);
  out.bytes_sent = counters_.bytes_sent.load(std::memory_order_relaxed);
  out.bytes_received = counters_.bytes_received.load(std::memory_order_relaxed);
  out.waiting = counters_.waiting.load(std::memory_order_relaxed);
  out.in_flight = counters_.in_flight.load(std::memory_order_relaxed);
  out.rate = counters_.rate.load(std::memory_order_relaxed);
  return out;
}

void engine::log(log_level level, call const& c, std::string_view what) const {
  if (!options_.log) return;
  constexpr std::size_t line_bytes_max = 1024;
  log_line(options_.log, level, c.what.operation + ": " + redact(what, line_bytes_max));
}

}  // namespace kiln
