#include "cli/progress.hpp"

#include "cli/json_text.hpp"
#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace kiln::cli {
namespace {

constexpr auto rate_window = std::chrono::seconds(5);
constexpr std::size_t rate_points_max = 64;
constexpr auto plain_silence_max = std::chrono::seconds(30);
constexpr std::size_t bar_cells_max = 30;

double share(std::uint64_t part, std::uint64_t whole) {
  if (whole == 0) return 0;
  return std::min(1.0, static_cast<double>(part) / static_cast<double>(whole));
}

/// "12/40 files, 3.0 MiB of 9.0 MiB, 29.8 req/s, 2 x 429, 12.0 s left"
std::string facts(progress_sample const& s, double requests_per_second) {
  auto const& p = s.progress;
  auto text = fmt::format("{}/{} files, {} of {}, {:.1f} req/s", p.files_done, p.files_total,
                          human_size(p.bytes_done), human_size(p.bytes_total), requests_per_second);
  if (s.throttled != 0) text += fmt::format(", {} x 429", s.throttled);
  if (auto const left = time_left(s)) text += ", " + human_duration(*left) + " left";
  return text;
}

int percent(progress_sample const& s) {
  return static_cast<int>(std::floor(fraction_done(s.progress) * 100));
}

}  // namespace

double fraction_done(transfer_progress const& p) noexcept {
  constexpr double unfinished_max = 0.99;
  if (p.files_total == 0 && p.requests_total == 0) return 0;
  bool const finished = p.files_done >= p.files_total && p.bytes_done >= p.bytes_total;
  if (finished && p.files_total != 0) return 1;
  // Small files cost requests, large ones bytes: whichever is behind is what is waited for.
  double done = share(p.files_done, p.files_total);
  if (p.bytes_total != 0) {
    double const bytes = share(p.bytes_done, p.bytes_total);
    double const requests = share(p.requests, p.requests_total);
    done = p.requests_total > p.files_total ? std::min(bytes, requests) : bytes;
  }
  return std::min(done, unfinished_max);
}

std::optional<duration> time_left(progress_sample const& s) noexcept {
  auto const& p = s.progress;
  double seconds = 0;
  if (s.rate > 0 && p.requests_total > p.requests) {
    seconds = static_cast<double>(p.requests_total - p.requests) / s.rate;
  }
  if (fraction_done(p) >= 1) return duration::zero();
  // Where files take several requests each, their bytes come unevenly and their requests do not.
  bool const by_requests = p.requests_total > p.files_total && p.requests < p.requests_total;
  double const done = by_requests ? share(p.requests, p.requests_total) : fraction_done(p);
  double const elapsed = std::chrono::duration<double>(p.elapsed).count();
  if (done > 0) seconds = std::max(seconds, elapsed * (1 - done) / done);
  if (seconds <= 0) return std::nullopt;
  return std::chrono::duration_cast<duration>(std::chrono::duration<double>(seconds));
}

double recent_rate::add(instant now, std::uint64_t requests) {
  points_.push_back({now, requests});
  while (points_.size() > 2 &&
         (now - points_[1].at >= rate_window || points_.size() > rate_points_max)) {
    points_.pop_front();
  }
  auto const& first = points_.front();
  double const seconds = std::chrono::duration<double>(now - first.at).count();
  if (seconds <= 0 || requests < first.requests) return 0;
  return static_cast<double>(requests - first.requests) / seconds;
}

std::string bar_text(progress_sample const& s, double requests_per_second, std::size_t columns) {
  auto const tail = fmt::format(" {:3} %  {}", percent(s), facts(s, requests_per_second));
  std::string line;
  // A terminal moves to the next row when its last column is written.
  std::size_t const room = columns > 0 ? columns - 1 : 0;
  if (room > tail.size() + 8) {
    std::size_t const cells = std::min(bar_cells_max, room - tail.size() - 2);
    auto const full =
        static_cast<std::size_t>(fraction_done(s.progress) * static_cast<double>(cells));
    line = '[' + std::string(full, '#') + std::string(cells - full, '.') + ']';
  }
  line += tail;
  return line.substr(0, room);
}

std::string plain_text(progress_sample const& s, double requests_per_second) {
  return fmt::format("{:3} %  {}", percent(s), facts(s, requests_per_second));
}

std::string progress_json(progress_sample const& s, double requests_per_second) {
  auto const seconds = [](auto time) { return std::chrono::duration<double>(time).count(); };
  auto const& p = s.progress;
  json_object out;
  out.text("event", "progress").number("files_done", p.files_done);
  out.number("files_total", p.files_total).number("bytes_done", p.bytes_done);
  out.number("bytes_total", p.bytes_total).number("requests", p.requests);
  out.number("requests_total", p.requests_total).number("throttled", s.throttled);
  out.real("requests_per_second", requests_per_second).real("seconds", seconds(p.elapsed));
  if (auto const left = time_left(s)) out.real("seconds_left", seconds(*left));
  return out.finish();
}

bool plain_schedule::due(progress_sample const& s) {
  if (!last_) last_ = s.now;
  int const tenths = percent(s) / 10;
  bool const step = tenths > tenths_;
  if (!step && s.now - *last_ < plain_silence_max) return false;
  tenths_ = std::max(tenths_, tenths);
  last_ = s.now;
  return true;
}

}  // namespace kiln::cli
