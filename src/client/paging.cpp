#include "client/paging.hpp"

#include "core/spawn.hpp"

#include <boost/asio/associated_cancellation_slot.hpp>
#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/bind_executor.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/prefer.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <atomic>
#include <utility>

namespace kiln {

namespace {

using reply_handler = asio::any_completion_handler<void(result<http::response>)>;

// A page that has been asked for: between the call, which goes on by itself, and the coroutine that
// comes for the answer. Everything but taking it is on the engine's executor.
class asked_page final : public std::enable_shared_from_this<asked_page> {
 public:
  explicit asked_page(asio::any_io_executor executor) : executor_(std::move(executor)) {}

  /// From any thread, once.
  void ask(std::shared_ptr<engine> core, outgoing_call call) {
    asio::post(executor_, [self = shared_from_this(), core = std::move(core),
                           call = std::move(call)]() mutable {
      if (self->abandoned_) return;
      self->begin(std::move(core), std::move(call));
    });
  }
  /// Its answer, once. A cancellation ends the call.
  static task<http::response> take(std::shared_ptr<asked_page> self) {
    auto initiate = [](auto handler, std::shared_ptr<asked_page> const& page) {
      auto out = asio::prefer(asio::get_associated_executor(handler),
                              asio::execution::outstanding_work.tracked);
      auto held = std::make_unique<waiter>(std::move(out), reply_handler(std::move(handler)));
      auto slot = asio::get_associated_cancellation_slot(held->handler);
      if (slot.is_connected()) {
        slot.assign([weak = std::weak_ptr(page)](asio::cancellation_type) {
          if (auto const alive = weak.lock()) alive->abandon();
        });
      }
      asio::post(page->executor_, [page, held = std::move(held)]() mutable {
        page->waiter_ = std::move(held);
        page->hand_over();
      });
    };
    return asio::async_initiate<asio::use_awaitable_t<> const, void(result<http::response>)>(
        initiate, asio::use_awaitable, std::move(self));
  }
  /// Nobody wants it any more. From any thread, at any time.
  void abandon() {
    asio::post(executor_, [self = shared_from_this()] {
      self->abandoned_ = true;
      if (self->running_) self->stop_.emit(asio::cancellation_type::terminal);
    });
  }

 private:
  struct waiter {
    waiter(asio::any_io_executor where, reply_handler h)
        : out(std::move(where)), handler(std::move(h)) {}
    asio::any_io_executor out;
    reply_handler handler;
  };

  void begin(std::shared_ptr<engine> core, outgoing_call call) {
    running_ = true;
    // When the loop is destroyed the call goes without an end: whoever waits for it goes too, or
    // it and this page hold each other for ever.
    std::shared_ptr<asked_page> last(this, [self = shared_from_this()](asked_page*) {
      auto const gone = std::move(self->waiter_);
    });
    auto ended = [page = std::move(last)](std::exception_ptr thrown) {
      page->running_ = false;
      if (thrown) page->answer_.emplace(error(errc::cancelled, "the call was cancelled"));
      page->hand_over();
    };
    spawn(executor_, fetch(shared_from_this(), std::move(core), std::move(call)),
          asio::bind_executor(executor_,
                              asio::bind_cancellation_slot(stop_.slot(), std::move(ended))));
  }
  static asio::awaitable<void> fetch(std::shared_ptr<asked_page> self, std::shared_ptr<engine> core,
                                     outgoing_call call) {
    auto answer = co_await engine::perform(std::move(core), std::move(call));
    self->answer_.emplace(std::move(answer));
  }
  void hand_over() {
    if (!waiter_ || !answer_ || running_) return;
    auto const out = waiter_->out;
    asio::post(out, [held = std::move(waiter_), self = shared_from_this()] {
      asio::get_associated_cancellation_slot(held->handler).clear();
      reply_handler handler(std::move(held->handler));
      std::move(handler)(std::move(*self->answer_));
    });
  }

  asio::any_io_executor executor_;
  asio::cancellation_signal stop_;
  std::optional<result<http::response>> answer_;
  std::unique_ptr<waiter> waiter_;
  bool running_ = false;
  bool abandoned_ = false;
};

}  // namespace

paged_call encode_pages(endpoint const& at, type_info const& type, void const* request,
                        paging const& how, call_options const& options) {
  paged_call out;
  out.how = how;
  std::string_view const paging_members[] = {how.position, how.size};
  std::vector<json::scalar_field> taken;
  out.call = encode(at, type, request, options, paging_members, taken);
  for (auto& field : taken) {
    auto& into = field.name == how.position ? out.start.position : out.start.size;
    into = std::move(field.text);
  }
  return out;
}

namespace detail {

class page_reader {
 public:
  page_reader(std::shared_ptr<engine> core, paged_call what, std::int64_t limit,
              read_page_function how)
      : core_(std::move(core)),
        read_(how),
        call_(std::move(what.call)),
        place_(what.how, std::exchange(call_.message, {}), std::move(what.start), limit) {}
  ~page_reader() {
    if (ahead_) ahead_->abandon();
  }
  page_reader(page_reader const&) = delete;
  page_reader& operator=(page_reader const&) = delete;

  static task<void> read(std::shared_ptr<page_reader> self, void* items, bool all);

 private:
  void ask() {
    outgoing_call call = call_;
    call.message = place_.request();
    ahead_ = std::make_shared<asked_page>(core_->executor());
    ahead_->ask(core_, std::move(call));
  }
  [[nodiscard]] error describe(error why) const {
    return std::move(why).with_operation(call_.operation).with_where(core_->authority());
  }

  std::shared_ptr<engine> core_;
  read_page_function read_;
  outgoing_call call_;  ///< But for its message.
  paging_core place_;
  std::shared_ptr<asked_page> ahead_;
  std::atomic<bool> reading_{false};
};

task<void> page_reader::read(std::shared_ptr<page_reader> self, void* items, bool all) {
  if (self->reading_.exchange(true)) {
    co_return self->describe(
        error(errc::invalid_argument, "the pages of one handle are read one after the other"));
  }
  std::shared_ptr<void> const until_end(nullptr, [&self](void*) { self->reading_ = false; });
  for (;;) {
    auto const wanted = self->place_.wants_page();
    if (wanted.has_error()) co_return self->describe(wanted.error());
    if (!*wanted) co_return result<void>();
    if (!self->ahead_) self->ask();
    auto answer = co_await asked_page::take(self->ahead_);
    self->ahead_.reset();
    if (answer.has_error()) co_return std::move(answer).error();
    auto const held = self->read_(*answer, self->call_.operation, self->core_->authority(), items,
                                  self->place_.room());
    if (held.has_error()) co_return held.error();
    self->place_.arrived(answer->body, *held);
    auto const ahead = self->place_.wants_page();
    if (ahead && *ahead) self->ask();
    if (!all && *held > 0) co_return result<void>();
  }
}

std::shared_ptr<page_reader> make_page_reader(std::shared_ptr<engine> core, paged_call what,
                                              std::int64_t limit, read_page_function how) {
  return std::make_shared<page_reader>(std::move(core), std::move(what), limit, how);
}

task<void> read_pages(std::shared_ptr<page_reader> from, void* items, bool all) {
  return page_reader::read(std::move(from), items, all);
}

}  // namespace detail
}  // namespace kiln
