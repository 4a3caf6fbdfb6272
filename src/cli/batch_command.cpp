#include "cli/batch_line.hpp"
#include "cli/batch_order.hpp"
#include "cli/commands.hpp"
#include "cli/input_lines.hpp"
#include "cli/json_text.hpp"
#include "cli/render.hpp"
#include "cli/service_table.hpp"
#include "cli/task_group.hpp"
#include "cli/usage_error.hpp"
#include "core/event.hpp"
#include "json/text.hpp"

#include <boost/asio/this_coro.hpp>
#include <fmt/format.h>

#include <deque>
#include <exception>
#include <map>
#include <memory>
#include <unordered_map>
#include <utility>

namespace kiln::cli {
namespace {

/// Lines that are read and not yet printed: the memory that a batch needs, whatever its length.
constexpr std::size_t lines_held_max = 2'000;
constexpr std::uint32_t in_flight_default = 64;

endpoint endpoint_of(batch_line const& line) {
  endpoint at;
  at.method = line.method;
  at.path = line.path;
  at.repeats = natural_repeat(line.method);
  if (auto const* const known = find_operation(line.method, line.path)) {
    at.repeats = known->at.repeats;
    at.bucket = known->at.bucket;
    at.media_type = known->at.media_type;
  }
  return at;
}

std::string answer_json(batch_line const& line, raw_response const& answer) {
  json_object out;
  out.member("id", line.id_json).flag("ok", true);
  out.number("status", static_cast<std::int64_t>(answer.status));
  if (answer.body.empty()) return out.member("response", "null").finish();
  auto const compact = json::compact(answer.body);
  if (compact) return out.member("response", *compact).finish();
  return out.text("content", answer.body).finish();
}

std::string failure_json(std::string const& id_json, std::string_view member,
                         std::string const& value) {
  return json_object().member("id", id_json).flag("ok", false).member(member, value).finish();
}

std::string refusal_json(std::string const& id_json, std::string const& why) {
  return failure_json(id_json, "error", error_json(error(errc::invalid_argument, why)));
}

/// A batch under way. Threads: the main one.
class batch {
 public:
  batch(session& s, batch_args const& args)
      : s_(s),
        args_(args),
        in_flight_max_(args.concurrency.value_or(in_flight_default)),
        room_(s.loop().executor()),
        group_(s.loop().executor()) {}

  asio::awaitable<result<void>> work_through(input_lines& from);
  /// Ends what is under way.
  asio::awaitable<void> settle() {
    ready_.clear();
    stopped_ = true;
    co_await group_.settle();
  }
  [[nodiscard]] bool idle() const noexcept { return group_.idle(); }
  [[nodiscard]] std::uint64_t lines() const noexcept { return lines_; }
  [[nodiscard]] std::uint64_t failed() const noexcept { return failed_; }

 private:
  /// `place`: among all lines of the input, from 1 on; people count blank ones too.
  void take(std::string const& text, std::uint64_t place);
  void decide(batch_order::decision const& what);
  void end(std::uint64_t number, bool good, std::string line);
  void print(std::uint64_t number, std::string line);
  void begin_ready();
  asio::awaitable<void> call(std::uint64_t number);
  /// Read and not printed.
  [[nodiscard]] std::size_t held() const noexcept { return lines_of_.size() + unprinted_.size(); }

  session& s_;
  batch_args const& args_;
  std::uint32_t const in_flight_max_;
  batch_order order_;
  std::unordered_map<std::uint64_t, batch_line> lines_of_;
  std::deque<std::uint64_t> ready_;
  std::map<std::uint64_t, std::string> unprinted_;  ///< Ended, behind lines that have not.
  std::uint64_t printed_ = 0;
  std::uint64_t lines_ = 0;
  std::uint64_t failed_ = 0;
  std::uint32_t in_flight_ = 0;
  bool stopped_ = false;
  event room_;
  task_group group_;  ///< Last, so that it goes first.
};

void batch::print(std::uint64_t number, std::string line) {
  line += '\n';
  if (!args_.ordered) return s_.out().print(line);
  unprinted_.emplace(number, std::move(line));
  while (!unprinted_.empty() && unprinted_.begin()->first == printed_ + 1) {
    s_.out().print(unprinted_.begin()->second);
    unprinted_.erase(unprinted_.begin());
    ++printed_;
  }
}

void batch::end(std::uint64_t number, bool good, std::string line) {
  if (!good) ++failed_;
  lines_of_.erase(number);
  print(number, std::move(line));
  for (auto const& what : order_.ended(number, good)) decide(what);
  room_.set();
}

void batch::decide(batch_order::decision const& what) {
  auto const id = lines_of_.at(what.line).id_json;
  switch (what.what) {
    case batch_order::verdict::begin:
      ready_.push_back(what.line);
      return;
    case batch_order::verdict::skip:
      return end(what.line, false, failure_json(id, "skipped", json_string(what.why)));
    case batch_order::verdict::refuse:
      return end(what.line, false, refusal_json(id, what.why));
  }
}

void batch::take(std::string const& text, std::uint64_t place) {
  auto const number = ++lines_;
  auto parsed = parse_batch_line(text, place);
  if (auto const* const bad = std::get_if<bad_line>(&parsed)) {
    // Those that name it are to be skipped as behind any other that failed.
    static_cast<void>(order_.add(number, bad->id, {}, {}));
    return end(number, false, refusal_json(bad->id_json, bad->message));
  }
  auto const& line =
      lines_of_.emplace(number, std::move(std::get<batch_line>(parsed))).first->second;
  if (auto const what = order_.add(number, line.id, line.after, line.chain)) decide(*what);
  begin_ready();
}

void batch::begin_ready() {
  while (!stopped_ && !ready_.empty() && in_flight_ < in_flight_max_) {
    auto const number = ready_.front();
    ready_.pop_front();
    ++in_flight_;
    group_.start(call(number));
  }
}

asio::awaitable<void> batch::call(std::uint64_t number) {
  auto const& line = lines_of_.at(number);
  call_options options;
  options.lane = lane::bulk;
  auto const answer = co_await call_json(s_.ws(), endpoint_of(line), line.request, options);
  --in_flight_;
  bool const good = answer.has_value();
  end(number, good,
      good ? answer_json(line, *answer)
           : failure_json(line.id_json, "error", error_json(answer.error())));
  begin_ready();
}

asio::awaitable<result<void>> batch::work_through(input_lines& from) {
  for (std::uint64_t place = 1; !s_.out().closed(); ++place) {
    while (held() >= lines_held_max) {
      room_.reset();
      co_await room_.wait();
    }
    auto const line = co_await from.next();
    if (line.has_error()) co_return line.error();
    if (!*line) break;
    bool const blank = (*line)->find_first_not_of(" \t") == std::string::npos;
    if (!blank) take(**line, place);
  }
  if (!s_.out().closed()) co_await group_.join();
  co_return result<void>();
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, batch_args const& args) {
  if (args.file == "-" && s.global().token_from_stdin) {
    throw usage_error("FILE - and --token-stdin both read stdin: give one of them a file");
  }
  input_lines lines(s.loop().executor(), args.file, "FILE");
  auto const work = std::make_unique<batch>(s, args);
  result<void> outcome;
  std::exception_ptr aborted;
  try {
    outcome = co_await work->work_through(lines);
  } catch (...) {
    aborted = std::current_exception();
  }
  if (!work->idle()) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await work->settle();
  }
  if (aborted) std::rethrow_exception(aborted);
  if (work->failed() > 0) {
    s.err().line(fmt::format("kiln: {} of {} operations failed", work->failed(), work->lines()));
  }
  if (outcome.has_error()) co_return s.fail(outcome.error());
  co_return work->failed() > 0 ? exit_code::some_failed : exit_code::ok;
}

}  // namespace kiln::cli
