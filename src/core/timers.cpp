#include "core/timers.hpp"

#include <boost/asio/any_completion_handler.hpp>
#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace kiln {

timers::id timers::call_at(instant at, std::function<void()> what, kind k) {
  id const timer{at, next_serial_++};
  if (k == kind::housekeeping) {
    leisure_.emplace(timer, std::move(what));
    return timer;
  }
  auto const place = work_.emplace(timer, std::move(what)).first;
  if (place == work_.begin()) rearm(at);
  return timer;
}

bool timers::cancel(id timer) noexcept {
  if (work_.erase(timer) == 0) return leisure_.erase(timer) > 0;
  if (work_.empty()) disarm();
  return true;
}

void timers::clear() noexcept {
  while (!work_.empty() || !leisure_.empty()) {
    // Out of the queues first: what goes may cancel other timers or set new ones.
    auto const work = std::exchange(work_, {});
    auto const leisure = std::exchange(leisure_, {});
  }
}

std::optional<instant> timers::earliest_work() const noexcept {
  if (work_.empty()) return std::nullopt;
  return work_.begin()->first.at;
}

std::optional<instant> timers::earliest() const noexcept {
  auto const work = earliest_work();
  if (leisure_.empty()) return work;
  auto const leisure = leisure_.begin()->first.at;
  return work ? std::min(*work, leisure) : leisure;
}

void timers::run_due(instant now) {
  auto const due = [now](queue const& q) { return !q.empty() && q.begin()->first.at <= now; };
  while (due(work_) || due(leisure_)) {
    bool const work_first =
        due(work_) && (!due(leisure_) || work_.begin()->first < leisure_.begin()->first);
    auto& first = work_first ? work_ : leisure_;
    auto node = first.extract(first.begin());
    node.mapped()();
  }
}

namespace {

using sleep_handler = asio::any_completion_handler<void(boost::system::error_code)>;

// Shared by the timer's callback and the cancellation slot: whoever comes first completes.
struct sleeper {
  explicit sleeper(sleep_handler h) : handler(std::move(h)) {}
  sleep_handler handler;
  timers::id timer{};
};

void finish(asio::any_io_executor const& executor, std::shared_ptr<sleeper> const& s,
            boost::system::error_code ec) {
  if (!s->handler) return;
  asio::get_associated_cancellation_slot(s->handler).clear();
  sleep_handler handler(std::move(s->handler));
  asio::post(executor, [h = std::move(handler), ec]() mutable { std::move(h)(ec); });
}

}  // namespace

asio::awaitable<void> timers::sleep_until(instant at) {
  auto initiate = [](auto handler, timers* self, instant when) {
    auto s = std::make_shared<sleeper>(sleep_handler(std::move(handler)));
    s->timer = self->call_at(when, [self, s] { finish(self->executor(), s, {}); });
    auto slot = asio::get_associated_cancellation_slot(s->handler);
    if (slot.is_connected()) {
      slot.assign([self, w = std::weak_ptr(s)](asio::cancellation_type) {
        if (auto held = w.lock()) {
          self->cancel(held->timer);
          finish(self->executor(), held, asio::error::operation_aborted);
        }
      });
    }
  };
  co_await asio::async_initiate<asio::use_awaitable_t<> const, void(boost::system::error_code)>(
      initiate, asio::use_awaitable, this, at);
}

namespace {

class real_timers final : public timers {
 public:
  explicit real_timers(asio::any_io_executor executor)
      : timers(executor), timer_(std::make_shared<asio::steady_timer>(executor)) {}
  ~real_timers() override { alive_.reset(); }

  instant now() const noexcept override { return std::chrono::steady_clock::now(); }
  wall_time wall() const noexcept override { return std::chrono::system_clock::now(); }

 private:
  // The Asio timer may be set earlier than the queue needs (a cancelled entry): it then finds
  // nothing due and is set again, which is cheaper than setting it anew at every cancel. Only with
  // no work left at all is it stopped, for a pending wait keeps the loop running.
  void rearm(instant at) override {
    if (armed_ && *armed_ <= at) return;
    armed_ = at;
    timer_->expires_at(at);
    timer_->async_wait([this, w = std::weak_ptr(alive_)](boost::system::error_code ec) {
      if (ec || w.expired()) return;
      armed_.reset();
      run_due(now());
      if (w.expired()) return;
      if (auto next = earliest_work()) rearm(*next);
    });
  }

  void disarm() noexcept override {
    if (!armed_) return;
    armed_.reset();
    timer_->cancel();
  }

  std::shared_ptr<asio::steady_timer> timer_;
  std::shared_ptr<int> alive_ = std::make_shared<int>(0);
  std::optional<instant> armed_;
};

}  // namespace

std::unique_ptr<timers> make_real_timers(asio::any_io_executor executor) {
  return std::make_unique<real_timers>(std::move(executor));
}

wall_time virtual_timers::wall() const noexcept {
  constexpr wall_time origin{std::chrono::seconds(1'600'000'000)};
  return origin + std::chrono::duration_cast<wall_time::duration>(now_.time_since_epoch());
}

bool virtual_timers::advance() {
  auto const at = earliest();
  if (!at) return false;
  advance_to(*at);
  return true;
}

void virtual_timers::advance_to(instant at) {
  if (at > now_) now_ = at;
  run_due(now_);
}

}  // namespace kiln
