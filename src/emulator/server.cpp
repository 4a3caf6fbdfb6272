#include "core/random.hpp"
#include "emulator/emulator_core.hpp"
#include "emulator/listener.hpp"

#include <kiln/emulator.hpp>

#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/strand.hpp>

#include <future>
#include <utility>

namespace kiln {

namespace {

/// How long a destructor waits for a loop that is busy with something else.
constexpr std::chrono::seconds stop_wait_max{10};

asio::any_io_executor one_at_a_time(asio::any_io_executor const& executor) {
  // A strand over the concrete type costs far less per call than one over the erased type.
  if (auto const* loop = executor.target<asio::io_context::executor_type>()) {
    return asio::make_strand(*loop);
  }
  return asio::make_strand(executor);
}

/// Runs stop on the executor. Destroyed without having run, the loop has died: what the listener's
/// own timers hold is then let go.
class stop_request {
 public:
  stop_request(std::shared_ptr<emulation::listener> of, std::shared_ptr<std::promise<void>> done)
      : of_(std::move(of)), done_(std::move(done)) {}
  stop_request(stop_request&&) = default;
  stop_request& operator=(stop_request&&) = delete;
  stop_request(stop_request const&) = delete;
  stop_request& operator=(stop_request const&) = delete;
  ~stop_request() {
    if (of_) of_->abandon();
  }
  void operator()() {
    auto const of = std::exchange(of_, nullptr);
    of->stop([done = done_] { done->set_value(); });
  }

 private:
  std::shared_ptr<emulation::listener> of_;
  std::shared_ptr<std::promise<void>> done_;
};

emulator_options with_token(emulator_options options) {
  if (options.token.empty()) {
    random_source random(entropy());
    options.token = "dapi" + random.name() + random.name();
  }
  return options;
}

}  // namespace

struct emulator::state {
  state(asio::any_io_executor executor, emulator_options options, bool wait_for_end)
      : core(std::make_shared<emulation::emulator_core>(with_token(std::move(options)))),
        server(std::make_shared<emulation::listener>(std::move(executor), core)),
        waits(wait_for_end) {}

  std::shared_ptr<emulation::emulator_core> core;
  std::shared_ptr<emulation::listener> server;
  bool waits;
};

emulator::emulator(runtime& loop, emulator_options options)
    : state_(std::make_shared<state>(loop.executor(), std::move(options), true)) {
  asio::post(state_->server->executor(), [s = state_->server] { s->start(); });
}

emulator::emulator(asio::any_io_executor executor, emulator_options options)
    : state_(std::make_shared<state>(one_at_a_time(executor), std::move(options), false)) {
  asio::post(state_->server->executor(), [s = state_->server] { s->start(); });
}

emulator::~emulator() {
  state_->core->retire();
  auto const done = std::make_shared<std::promise<void>>();
  auto ended = done->get_future();
  auto const executor = state_->server->executor();
  asio::post(executor, stop_request(std::move(state_->server), done));
  if (state_->waits) ended.wait_for(stop_wait_max);
}

std::string emulator::url() const {
  auto const& options = state_->core->options();
  bool const v6 = options.address.find(':') != std::string::npos;
  std::string out = options.certificate_file.empty() ? "http://" : "https://";
  out += v6 ? '[' + options.address + ']' : options.address;
  return out + ':' + std::to_string(port());
}

std::string const& emulator::token() const noexcept { return state_->core->token(); }
unsigned short emulator::port() const noexcept { return state_->server->port(); }
void emulator::add_fault(emulator_fault fault) { state_->core->add_fault(std::move(fault)); }
emulator_stats emulator::stats() const { return state_->core->stats(); }
void emulator::reset() { state_->core->reset(); }

}  // namespace kiln
