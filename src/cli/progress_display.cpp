#include "cli/progress_display.hpp"

#include "cli/render.hpp"
#include "core/timers.hpp"

#include <fmt/format.h>

#include <chrono>

namespace kiln::cli {
namespace {
constexpr auto redraw_interval = std::chrono::milliseconds(100);
constexpr std::size_t left_out_shown_max = 20;
}  // namespace

struct progress_display::ticking {
  ticking(session& on, bool is_shown, output* events)
      : s(on), shown(is_shown), events_to(events), throttled_before(on.ws().stats().throttled) {
    if (shown || events_to != nullptr) again();
  }
  ~ticking() { s.loop().clock().cancel(timer); }

  void again() {
    auto& clock = s.loop().clock();
    timer = clock.call_at(clock.now() + redraw_interval, [this] {
      draw();
      again();
    });
  }

  void draw() {
    if (!known) return;
    auto const stats = s.ws().stats();
    progress_sample const sample{latest, stats.throttled - throttled_before, stats.rate,
                                 s.loop().clock().now()};
    double const now = speed.add(sample.now, latest.requests);
    bool const due = schedule.due(sample);
    if (shown && s.err().is_terminal()) {
      s.err().bar(bar_text(sample, now, s.err().columns()));
    } else if (shown && due) {
      s.err().line(plain_text(sample, now));
    }
    if (events_to != nullptr && due) events_to->print(progress_json(sample, now) + '\n');
  }

  session& s;
  bool const shown;
  output* const events_to;
  std::uint64_t const throttled_before;
  bool known = false;
  transfer_progress latest;
  recent_rate speed;
  plain_schedule schedule;
  timers::id timer;
};

progress_display::progress_display(session& s, bool shown, output* items_to)
    : ticking_(std::make_unique<ticking>(s, shown, items_to)), session_(s), items_to_(items_to) {}
progress_display::~progress_display() { stop(); }

void say_left_out(console& err, std::vector<transfer_failure> const& refused) {
  std::size_t left_out = 0;
  for (auto const& f : refused) {
    auto const code = f.reason.code();
    bool const stands = code == errc::already_exists || code == errc::file_exists;
    if (f.state != transfer_state::skipped || stands) continue;
    if (++left_out <= left_out_shown_max) {
      err.line(fmt::format("kiln: skipped {}: {}", f.item.source, f.reason.message()));
    }
  }
  if (left_out > left_out_shown_max) {
    err.line(
        fmt::format("kiln: and {} more skipped; -o jsonl has all", left_out - left_out_shown_max));
  }
}

void progress_display::planned(transfer_plan const& plan) {
  if (items_to_ == nullptr) say_left_out(session_.err(), plan.refused);
  auto& latest = ticking_->latest;
  latest.files_total = plan.files;
  latest.bytes_total = plan.bytes;
  latest.requests_total = plan.requests.total();
  ticking_->known = true;
}

void progress_display::progressed(transfer_progress const& progress) {
  ticking_->latest = progress;
  ticking_->known = true;
}

void progress_display::finished(transfer_item const& item, transfer_state state, error const* why) {
  if (items_to_ != nullptr) items_to_->print(item_json(item, to_string(state), why) + '\n');
}

// From here on an interrupt is to end the transfer in order: it asks the loop's flag itself.
void progress_display::journaled(std::string_view id, bool resumed) {
  id_ = id;
  if (resumed) session_.err().line("kiln: going on with transfer " + id_);
  session_.loop().on_interrupt([this] {
    session_.err().line("kiln: finishing what is under way; interrupt again to stop at once");
    session_.err().line("kiln: either way kiln transfers resume " + id_ + " goes on with it");
  });
}

void progress_display::stop() {
  session_.loop().on_interrupt(nullptr);
  if (!ticking_) return;
  auto& t = *ticking_;
  // A terminal keeps only the result; a log keeps the last line of a transfer that said something.
  if (t.events_to != nullptr || (t.shown && !t.s.err().is_terminal())) t.draw();
  t.s.err().clear_bar();
  ticking_.reset();
}

}  // namespace kiln::cli
