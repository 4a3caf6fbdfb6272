#include "orchestrate/waiter.hpp"

#include "orchestrate/watch_hub.hpp"

#include <boost/asio/post.hpp>

#include <stdexcept>
#include <utility>

namespace kiln {

namespace {

/// Takes a wait back that nobody awaits any more: its coroutine ended between two events.
class wait_guard {
 public:
  wait_guard(std::shared_ptr<engine> core, std::shared_ptr<watch_entry> entry)
      : core_(std::move(core)), entry_(std::move(entry)) {}
  ~wait_guard() {
    if (done_) return;
    asio::post(core_->executor(), [core = core_, entry = entry_] {
      core->companion<watch_hub>().end(entry, error(errc::cancelled, "nobody waits any more"));
    });
  }
  wait_guard(wait_guard const&) = delete;
  wait_guard& operator=(wait_guard const&) = delete;
  void done() noexcept { done_ = true; }

 private:
  std::shared_ptr<engine> core_;
  std::shared_ptr<watch_entry> entry_;
  bool done_ = false;
};

void tell(watch_request const& request, watch_event const& event) {
  wait_progress progress;
  progress.what = request.label;
  progress.state = event.change.state;
  progress.message = event.change.message;
  progress.elapsed = event.elapsed;
  request.options.observer->changed(progress);
}

}  // namespace

void validate(wait_options const& options) {
  auto const refuse = [](char const* text) { throw std::invalid_argument(text); };
  if (options.timeout.count() <= 0) refuse("wait_options.timeout must be above 0");
  if (options.interval.count() <= 0) refuse("wait_options.interval must be above 0");
  if (options.interval_max < options.interval) {
    refuse("wait_options.interval_max must not be below interval");
  }
  if (!(options.growth >= 1)) refuse("wait_options.growth must be at least 1");
  if (!(options.poll_share > 0 && options.poll_share <= 1)) {
    refuse("wait_options.poll_share must be above 0 and at most 1");
  }
}

task<std::shared_ptr<void const>> watch(std::shared_ptr<engine> core, watch_request what) {
  auto const entry = std::make_shared<watch_entry>(std::move(what), core->executor());
  wait_guard guard(core, entry);
  asio::post(core->executor(), [core, entry] { core->companion<watch_hub>().add(entry); });
  for (;;) {
    auto event = co_await watch_entry::take(core, entry);
    if (event.outcome) {
      guard.done();
      co_return std::move(*event.outcome);
    }
    tell(entry->request, event);
  }
}

}  // namespace kiln
