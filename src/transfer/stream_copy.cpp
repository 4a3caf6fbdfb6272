#include "core/event.hpp"
#include "core/limits.hpp"
#include "core/random.hpp"
#include "transfer/block_plan.hpp"
#include "transfer/digest.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/names.hpp"
#include "transfer/prepare.hpp"
#include "transfer/tally.hpp"
#include "transfer/upload.hpp"

#include <kiln/stream_copy.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <optional>
#include <stdexcept>
#include <utility>

namespace kiln {

namespace {

using namespace transfer;

constexpr std::string_view source_name = "(source)";  // where a local path would be shown
constexpr std::string_view sink_name = "(sink)";
constexpr int restarts_max = 3;

void validate(transfer_options const& options, bool given, char const* what) {
  if (!given) throw std::invalid_argument(std::string(what) + " must not be null");
  if (options.bytes_in_flight_max < limits::dbfs_block_bytes_max) {
    throw std::invalid_argument("transfer_options.bytes_in_flight_max must be at least 1 MiB");
  }
}

error cancelled(std::string_view what) {
  return error(errc::cancelled, "the " + std::string(what) + " was cancelled");
}

result<std::uint64_t> size_of(dbfs::file_info const& file, std::string const& path) {
  if (!file.is_dir && file.file_size >= 0) return static_cast<std::uint64_t>(file.file_size);
  return error(errc::invalid_argument, "it is a directory, not a file")
      .with_operation("download")
      .with_where(path);
}

bool is_drained(job const& j) {
  return j.options.drain != nullptr && j.options.drain->load(std::memory_order_relaxed);
}

/// Hears of the only item.
class only_outcome final : public transfer_observer {
 public:
  only_outcome(transfer_observer* also, stream_result& to) : also_(also), to_(to) {}
  void planned(transfer_plan const& plan) override {
    if (also_ != nullptr) also_->planned(plan);
  }
  void progressed(transfer_progress const& now) override {
    if (also_ != nullptr) also_->progressed(now);
  }
  void ended(transfer_outcome const& o) override {
    to_ = {o.state, o.bytes, std::string(o.sha256), o.requests};
    if (also_ != nullptr) also_->ended(o);
  }

 private:
  transfer_observer* also_;
  stream_result& to_;
};

asio::awaitable<void> send(job& j, std::shared_ptr<byte_source> source,
                           std::optional<result<stream_result>>& to) {
  co_await keep_after_cancel();
  auto const executor = co_await asio::this_coro::executor;
  auto const target = normal_remote_path(j.remote_given);
  if (target.has_error()) {
    to.emplace(target.error());
    co_return;
  }
  stream_result out;
  only_outcome heard(j.options.observer, out);
  upload_rules rules;
  rules.plan = rules_of(j, false);
  rules.bytes_in_flight_max = j.options.bytes_in_flight_max;
  rules.digests = true;
  rules.drain = j.options.drain;
  rules.given = source;
  auto const plan = file_upload_plan(std::string(source_name), *target, source->size(), rules.plan);
  tally::stats_source const stats = [&j] { return j.ws.stats(); };
  tally ends(plan, &heard, stats, stats(), start_stopwatch(executor));
  uploader work(*j.service, plan, rules, ends, executor, entropy());
  co_await work.run();
  auto report = std::move(ends).take();
  if (report.has_error()) {
    to.emplace(report.error());
  } else if (!report->failures.empty()) {
    to.emplace(report->failures.front().reason);
  } else {
    to.emplace(std::move(out));
  }
}

/// A sink that takes all at once, as one that may wait.
class prompt_sink final : public async_byte_sink {
 public:
  explicit prompt_sink(std::shared_ptr<byte_sink> to) : to_(std::move(to)) {}
  task<void> restart() override { co_return to_->restart(); }
  task<void> write(std::span<std::byte const> data) override { co_return to_->write(data); }

 private:
  std::shared_ptr<byte_sink> to_;
};

/// One file on its way into a sink. Each worker reads the next block and waits for its turn to hand
/// it on, so that their number bounds what is read ahead. Threads: one strand.
class receiver {
 public:
  receiver(job& j, std::string path, async_byte_sink& sink, asio::any_io_executor const& executor)
      : j_(j),
        path_(std::move(path)),
        range_bytes_(range_bytes_of(path_)),
        sink_(sink),
        elapsed_(start_stopwatch(executor)),
        turn_(executor) {}

  task<stream_result> run();

 private:
  task<void> receive(dbfs::file_info const& file);
  asio::awaitable<void> work();
  asio::awaitable<result<void>> fetch(std::uint64_t block, bytes& into);
  asio::awaitable<void> hand_on(std::span<std::byte const> data);
  task<bool> is_unchanged(dbfs::file_info const& file);
  [[nodiscard]] std::uint64_t ranges() const noexcept { return blocks_of(size_, range_bytes_); }
  void show() const;

  job& j_;
  std::string path_;
  std::uint64_t const range_bytes_;
  async_byte_sink& sink_;
  stopwatch elapsed_;
  event turn_;
  std::uint64_t size_ = 0;
  std::optional<timestamp> modified_;
  std::uint64_t next_ = 0;    // range to ask for
  std::uint64_t handed_ = 0;  // ranges the sink has
  digest sum_;
  std::optional<error> why_;
  stream_result out_;
};

task<stream_result> receiver::run() {
  for (int attempt = 0; attempt <= restarts_max; ++attempt) {
    ++out_.requests;
    auto const file = co_await j_.service->get_status(path_);
    if (file.has_error()) co_return file.error();
    auto const size = size_of(*file, path_);
    if (size.has_error()) co_return size.error();
    auto const received = co_await receive(*file);
    if (received.has_error() && received.error().code() == errc::file_changed) continue;
    if (received.has_error()) co_return received.error();
    auto const same = co_await is_unchanged(*file);
    if (same.has_error()) co_return same.error();
    if (!*same) continue;
    out_.bytes = size_;
    out_.sha256 = sum_.finish();
    co_return std::move(out_);
  }
  co_return error(errc::file_changed, "the file changed on the server each of " +
                                          std::to_string(restarts_max + 1) + " times it was read")
      .with_operation("dbfs/read")
      .with_where(path_);
}

task<void> receiver::receive(dbfs::file_info const& file) {
  size_ = static_cast<std::uint64_t>(file.file_size);
  modified_ = file.modification_time;
  next_ = handed_ = 0;
  why_.reset();
  sum_.restart();
  auto const fresh = co_await sink_.restart();
  if (fresh.has_error()) co_return fresh.error();
  std::uint64_t const workers = std::min<std::uint64_t>(
      ranges(), ranges_in_flight_max(path_, j_.options.bytes_in_flight_max));
  worker const each = [this](std::size_t) { return work(); };
  co_await fan_out(static_cast<std::size_t>(workers), each);
  if (why_) co_return *why_;
  bool const given_up = co_await is_cancelled();
  if (given_up || handed_ < ranges()) co_return cancelled("download");
  co_return result<void>();
}

asio::awaitable<void> receiver::work() {
  co_await keep_after_cancel();
  bytes buffer;
  while (!why_ && next_ < ranges() && !is_drained(j_)) {
    bool const given_up = co_await is_cancelled();
    if (given_up) {
      why_ = cancelled("download");
      break;
    }
    std::uint64_t const mine = next_++;
    auto const fetched = co_await fetch(mine, buffer);
    if (fetched.has_error() && !why_) why_ = fetched.error();
    while (!why_ && handed_ < mine) {
      turn_.reset();
      bool const woken = co_await wait_for(turn_);
      if (!woken && !why_) why_ = cancelled("download");
    }
    if (!why_) co_await hand_on(buffer);
    turn_.set();
  }
  turn_.set();  // who waits for a turn looks whether there is still one to come
}

asio::awaitable<result<void>> receiver::fetch(std::uint64_t block, bytes& into) {
  auto const range = range_at(block * range_bytes_, size_, range_bytes_);
  ++out_.requests;
  auto got = co_await j_.service->read_of(path_, range->offset, range->asked, size_, modified_,
                                          std::move(into));
  if (got.has_error()) co_return got.error();
  if (got->size() != range->length) {
    co_return error(errc::file_changed, "a read gave another length than the file had")
        .with_operation("dbfs/read")
        .with_where(path_);
  }
  into = std::move(*got);
  co_return result<void>();
}

asio::awaitable<void> receiver::hand_on(std::span<std::byte const> data) {
  auto const taken = co_await sink_.write(data);
  if (taken.has_error()) {
    if (!why_) why_ = taken.error();
    co_return;
  }
  sum_.update(data);
  ++handed_;
  show();
}

// Several ranges are of one file only if that is still the same behind the last of them.
task<bool> receiver::is_unchanged(dbfs::file_info const& file) {
  if (ranges() < 2 || (modified_ && j_.service->tells_changes(path_))) co_return true;
  ++out_.requests;
  auto const now = co_await j_.service->get_status(path_);
  if (now.has_error()) co_return now.error();
  co_return !now->is_dir && now->file_size == file.file_size &&
      now->modification_time == file.modification_time;
}

void receiver::show() const {
  if (j_.options.observer == nullptr) return;
  transfer_progress now;
  now.files_total = 1;
  now.files_done = handed_ == ranges() ? 1 : 0;
  now.bytes_total = size_;
  now.bytes_done = std::min(size_, handed_ * range_bytes_);
  now.requests = out_.requests;
  auto const looks = ranges() > 1 && !j_.service->tells_changes(path_) ? 2U : 1U;
  now.requests_total = ranges() + looks;
  now.elapsed = elapsed_();
  j_.options.observer->progressed(now);
}

asio::awaitable<void> receive_all(job& j, async_byte_sink& sink,
                                  std::optional<result<stream_result>>& to) {
  co_await keep_after_cancel();
  auto const executor = co_await asio::this_coro::executor;
  auto path = normal_remote_path(j.remote_given);
  if (path.has_error()) {
    to.emplace(path.error());
    co_return;
  }
  receiver work(j, std::move(*path), sink, executor);
  auto out = co_await work.run();
  to.emplace(std::move(out));
}

task<transfer_plan> plan_one(std::unique_ptr<job> j) {
  auto path = normal_remote_path(j->remote_given);
  if (path.has_error()) co_return path.error();
  auto const there = co_await j->service->get_status(*path);
  if (there.has_error()) co_return there.error();
  auto const size = size_of(*there, *path);
  if (size.has_error()) co_return size.error();
  plan_rules rules;
  rules.volume = is_volume_path(*path);
  auto out =
      file_download_plan(*path, std::string(sink_name), *size, there->modification_time, rules);
  ++out.requests.get_status;  // it is looked at once more
  out.requests_spent.get_status = 1;
  out.rate = j->ws.stats().rate;
  co_return out;
}

task<stream_result> run_upload(std::unique_ptr<job> j, std::shared_ptr<byte_source> source) {
  if (j->options.overwrite == overwrite::if_newer ||
      j->options.overwrite == overwrite::if_different) {
    co_return error(errc::invalid_argument, "a source has no time to compare a file with")
        .with_operation("upload");
  }
  std::optional<result<stream_result>> out;
  co_await on_own_strand(send(*j, std::move(source), out));
  co_return std::move(*out);
}

task<stream_result> run_download(std::unique_ptr<job> j, std::shared_ptr<async_byte_sink> sink) {
  std::optional<result<stream_result>> out;
  co_await on_own_strand(receive_all(*j, *sink, out));
  co_return std::move(*out);
}

}  // namespace

task<stream_result> upload(workspace ws, std::shared_ptr<byte_source> source,
                           std::string_view remote, transfer_options const& options) {
  validate(options, source != nullptr, "the source");
  auto j = std::make_unique<job>(std::move(ws), source_name, remote, options);
  return run_upload(std::move(j), std::move(source));
}

task<stream_result> download(workspace ws, std::string_view remote, std::shared_ptr<byte_sink> sink,
                             transfer_options const& options) {
  validate(options, sink != nullptr, "the sink");
  std::shared_ptr<async_byte_sink> prompt = std::make_shared<prompt_sink>(std::move(sink));
  return download(std::move(ws), remote, std::move(prompt), options);
}

task<stream_result> download(workspace ws, std::string_view remote,
                             std::shared_ptr<async_byte_sink> sink,
                             transfer_options const& options) {
  validate(options, sink != nullptr, "the sink");
  auto j = std::make_unique<job>(std::move(ws), std::string_view(), remote, options);
  return run_download(std::move(j), std::move(sink));
}

task<transfer_plan> plan_download_to_sink(workspace ws, std::string_view remote,
                                          transfer_options const& options) {
  return plan_one(std::make_unique<job>(std::move(ws), std::string_view(), remote, options));
}

}  // namespace kiln
