#include "client/token_life.hpp"

#include "client/token_answer.hpp"
#include "core/log_line.hpp"
#include "core/redact.hpp"
#include "core/spawn.hpp"

#include <boost/system/system_error.hpp>

#include <algorithm>
#include <exception>
#include <utility>

namespace kiln {

token_life::token_life(login_surroundings const& in, std::shared_ptr<token_issuer> issuer,
                       std::string kind)
    : executor_(in.executor),
      clock_(in.clock),
      issuer_(std::move(issuer)),
      kind_(std::move(kind)),
      log_(in.log),
      core_(in.seed),
      ended_(std::in_place, in.executor),
      watch_(in.executor, [this] {
        // Whoever waits is kept by the event, which is kept by them.
        clock_->clear();
        ended_.reset();
      }) {}

token_life::~token_life() = default;

secret const* token_life::at_hand() noexcept {
  auto const todo = core_.wanted(clock_->now(), clock_->wall());
  if (todo.fetch) start();
  return todo.what == token_core::step::use ? &value_ : nullptr;
}

task<void> token_life::ready(std::shared_ptr<token_life> self) {
  for (int i = 0; i < waits_max; ++i) {
    auto const todo = self->core_.wanted(self->clock_->now(), self->clock_->wall());
    if (todo.fetch) self->start();
    if (todo.what == token_core::step::use) co_return result<void>();
    if (todo.what == token_core::step::fail) co_return self->error_;
    co_await self->ended_->wait();
  }
  co_return error(errc::unauthenticated, "login (" + self->kind_ +
                                             "): every token that came had ended already; is this "
                                             "machine's clock right?");
}

bool token_life::rejected() noexcept { return core_.rejected(clock_->now()); }

void token_life::start() {
  ended_->reset();
  watch_.arm();
  timed_out_ = false;
  stop_ = std::make_shared<asio::cancellation_signal>();
  alarm_ = clock_->call_at(clock_->now() + fetch_max, [w = weak_from_this()] {
    if (auto const self = w.lock()) self->fetch_took_too_long();
  });
  spawn_detached(executor_, fetch(shared_from_this()), stop_);
}

void token_life::fetch_took_too_long() {
  if (!running_) return;
  timed_out_ = true;
  auto const stop = stop_;
  stop->emit(asio::cancellation_type::terminal);
}

namespace {

/// Says so when a fetch is over, also when its coroutine is destroyed in the middle.
class running_mark {
 public:
  explicit running_mark(bool& running) : running_(running) { running_ = true; }
  ~running_mark() { running_ = false; }
  running_mark(running_mark const&) = delete;
  running_mark& operator=(running_mark const&) = delete;

 private:
  bool& running_;
};

}  // namespace

asio::awaitable<void> token_life::fetch(std::shared_ptr<token_life> self) {
  if (self->closed_) co_return;
  running_mark const mark(self->running_);
  result<access_token> got = error(errc::cancelled, "cancelled");
  try {
    got = co_await self->issuer_->issue();
  } catch (boost::system::system_error const& e) {
    got = error(errc::cancelled, e.code().message());
  } catch (std::exception const& e) {
    got = error(errc::unauthenticated, "login (" + self->kind_ + "): " + redact(e.what(), 200));
  }
  self->ended(std::move(got));
}

std::optional<error> token_life::fault_of(access_token const& token) const {
  auto const text = token.value.reveal();
  auto const refuse = [this](std::string const& why) {
    return error(errc::unauthenticated, "login (" + kind_ + "): " + why);
  };
  if (text.empty()) return refuse("the answer holds no token");
  if (text.size() > token_bytes_max) {
    return refuse("a token of " + std::to_string(text.size()) + " bytes is too long for a header");
  }
  bool const sendable =
      std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < 0x7f; });
  if (!sendable) return refuse("the token has a character that no header can carry");
  if (token.lifetime && token.lifetime->count() <= 0) {
    return refuse("the token that came has ended already; is this machine's clock right?");
  }
  return std::nullopt;
}

void token_life::ended(result<access_token> got) {
  clock_->cancel(alarm_);
  if (closed_ || !ended_) return;
  if (timed_out_) {
    got = error(errc::timed_out, "login (" + kind_ + "): no token within " +
                                     std::to_string(fetch_max / std::chrono::seconds(1)) + " s");
  } else if (got) {
    if (auto fault = fault_of(*got)) got = std::move(*fault);
  }
  if (got) {
    auto const life = got->lifetime;
    value_ = std::move(got->value);
    ++generation_;
    // Longer ones are cut by the core; here so that the nanoseconds fit.
    std::optional<duration> capped;
    if (life) {
      auto const most = std::chrono::duration_cast<std::chrono::seconds>(token_core::life_max);
      capped = std::min(*life, most);
    }
    core_.fetched(capped);
    log(log_level::debug,
        "a token" + (life ? " for " + std::to_string(life->count()) + " s" : std::string()));
  } else {
    error_ = got.error();
    auto const asked = error_.retry_after().value_or(std::chrono::milliseconds::zero());
    core_.failed(clock_->now(), std::clamp<duration>(asked, {}, login_retry_after_max));
    log(log_level::warning, error_.message());
  }
  watch_.disarm();
  ended_->set();
}

void token_life::close() noexcept {
  closed_ = true;
  clock_->cancel(alarm_);
  if (!running_) return;
  auto const stop = stop_;
  stop->emit(asio::cancellation_type::terminal);
}

void token_life::log(log_level level, std::string_view what) const {
  if (!log_) return;
  constexpr std::size_t line_bytes_max = 1024;
  log_line(log_, level, "login (" + kind_ + "): " + redact(what, line_bytes_max));
}

renewable_source::renewable_source(std::vector<part> parts, authorization constant)
    : parts_(std::move(parts)), constant_(std::move(constant)) {}

renewable_source::~renewable_source() {
  for (auto const& p : parts_) p.life->close();
}

void renewable_source::assemble() {
  bool const same = std::all_of(parts_.begin(), parts_.end(),
                                [](part const& p) { return p.generation == p.life->generation(); });
  if (same) return;
  authorization next;
  for (auto& p : parts_) {
    auto const* const token = p.life->at_hand();
    if (token == nullptr) return;
    std::string value;
    value.reserve(p.prefix.size() + token->reveal().size());
    (value += p.prefix) += token->reveal();
    next.headers.emplace_back(p.header, std::move(value));
    p.generation = p.life->generation();
  }
  for (auto const& h : constant_.headers) next.headers.push_back(h);
  current_ = std::move(next);
}

authorization const* renewable_source::at_hand() noexcept {
  bool good = true;
  // Each is asked, so that those due are fetched at the same time.
  for (auto const& p : parts_) good = p.life->at_hand() != nullptr && good;
  if (!good) return nullptr;
  assemble();
  return &current_;
}

task<authorization> renewable_source::authorize() {
  for (int i = 0; i < token_life::waits_max; ++i) {
    auto const* const known = at_hand();
    if (known != nullptr) co_return *known;
    for (auto const& p : parts_) {
      auto const waited = co_await token_life::ready(p.life);
      if (waited.has_error()) co_return waited.error();
    }
  }
  co_return error(errc::unauthenticated, "login: the tokens end faster than they come");
}

bool renewable_source::rejected() noexcept {
  bool helps = false;
  for (auto const& p : parts_) helps = p.life->rejected() || helps;
  return helps;
}

bool renewable_source::refused(std::string_view authorization_sent) noexcept {
  static_cast<void>(at_hand());  // puts a token that has just come into the headers
  bool const older = !current_.headers.empty() && !authorization_sent.empty() &&
                     current_.headers.front().second != authorization_sent;
  return older || rejected();
}

}  // namespace kiln
