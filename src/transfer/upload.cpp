#include "transfer/upload.hpp"

#include "core/limits.hpp"
#include "transfer/block_plan.hpp"
#include "transfer/names.hpp"

#include <kiln/bytes.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace kiln::transfer {

namespace {

bool is_too_large(error const& why) noexcept {
  return why.http_status() == 413 || why.error_code() == "MAX_BLOCK_SIZE_EXCEEDED";
}

// What a server without multipart puts answers to one, and other things as well.
bool may_mean_no_multipart(error const& why) noexcept {
  return why.http_status() == 400 && why.code() == errc::invalid_request;
}

// What servers say when a file is to be written where a directory is.
bool may_mean_directory(error const& why) noexcept {
  return why.code() == errc::already_exists || why.code() == errc::invalid_request ||
         why.code() == errc::conflict || why.error_code() == "IO_ERROR";
}

std::string_view first_target(transfer_plan const& plan) noexcept {
  return plan.items.empty() ? std::string_view() : std::string_view(plan.items[0].destination);
}

}  // namespace

uploader::uploader(remote& to, transfer_plan const& plan, upload_rules const& rules, tally& ends,
                   asio::any_io_executor const& executor, std::uint64_t seed)
    : to_(to),
      plan_(plan),
      rules_(rules),
      ends_(ends),
      random_(seed),
      streams_(executor, ranges_in_flight_max(first_target(plan), rules.bytes_in_flight_max)),
      checks_(executor, ranges_in_flight_max(first_target(plan), rules.bytes_in_flight_max)),
      put_bytes_max_(rules.plan.put_bytes_max) {}

asio::awaitable<void> uploader::run() {
  std::size_t const workers = std::min({rules_.files_in_flight_max, plan_.items.size(),
                                        requests_in_flight_max(first_target(plan_))});
  worker const each = [this](std::size_t) { return work(); };
  co_await fan_out(workers, each);
  bool const given_up = co_await is_cancelled();
  if (given_up || draining()) ends_.stop(error(errc::cancelled, "the upload was cancelled"));
}

bool uploader::draining() const noexcept {
  return rules_.drain != nullptr && rules_.drain->load(std::memory_order_relaxed);
}

asio::awaitable<void> uploader::work() {
  co_await keep_after_cancel();
  while (next_ < plan_.items.size() && !ends_.stopped() && !draining()) {
    bool const given_up = co_await is_cancelled();
    if (given_up) co_return;
    std::size_t const item = next_++;
    if (ends_.has_ended(item)) continue;
    if (rules_.kept != nullptr) {
      auto const covered = rules_.kept->cover(item);
      if (covered.has_error()) ends_.stop(covered.error());
      if (covered.has_error()) co_return;
    }
    auto how = co_await upload_one(item);
    if (how.state == transfer_state::failed && ends_transfer(how.why.code())) ends_.stop(how.why);
    ends_.end(item, std::move(how));
  }
}

asio::awaitable<item_end> uploader::upload_one(std::size_t item) {
  auto const& what = plan_.items[item];
  if (!what.is_dir) {
    auto how = co_await upload_file(item);
    if (how.why.code() == errc::file_changed) {
      // It is the local file that is at fault, not the host that was being sent to.
      how.why = std::move(how.why).with_operation("read file").with_where(escaped(what.source));
    }
    co_return how;
  }
  ends_.asked(item);
  auto const made = co_await to_.mkdirs(what.destination);
  if (made.has_error()) co_return item_end::failed(made.error());
  co_return item_end::done(0);
}

asio::awaitable<item_end> uploader::upload_file(std::size_t item) {
  auto const& what = plan_.items[item];
  result<std::shared_ptr<byte_source>> file = rules_.given;
  if (!rules_.given) file = open_file_source(what.source);
  if (file.has_error()) co_return item_end::failed(file.error());
  subject f;
  f.item = item;
  f.content = f.file = std::move(*file);
  if (rules_.digests) f.file = f.digested = std::make_shared<digesting_source>(f.content);
  f.target = what.destination;
  f.replace = rules_.plan.overwrite == overwrite::always;
  part const* left = nullptr;
  if (rules_.kept != nullptr && rules_.kept->resumed()) {
    f.suspect = rules_.kept->suspect(item);
    f.replace = f.replace || rules_.kept->items()[item].ours;
    auto const found = rules_.kept->parts().find(item);
    if (found != rules_.kept->parts().end()) left = &found->second;
  }
  if (left != nullptr) {
    auto how = co_await settle_part(f, *left);
    if (how) {
      co_await check_and_digest(f, *how);
      co_return std::move(*how);
    }
  }
  auto how = co_await put_or_stream(f);
  co_await check_and_digest(f, how);
  co_return how;
}

// Where nothing was sent now, because an earlier process had, the digest is taken of what it read.
asio::awaitable<void> uploader::check_and_digest(subject const& f, item_end& how) {
  if (how.state != transfer_state::done) co_return;
  if (rules_.plan.verify) {
    auto const why = co_await read_back(f);
    if (why) {
      how = item_end::failed(*why);
      co_return;
    }
    how.verified = true;
  }
  if (!f.digested) co_return;
  if (f.digested->whole().empty()) {
    auto const executor = co_await asio::this_coro::executor;
    bytes piece(limits::dbfs_block_bytes_max);
    for (std::uint64_t offset = 0; offset < f.content->size(); offset += piece.size()) {
      auto const got = f.digested->read(offset, piece);
      if (got.has_error() || *got == 0) co_return;
      co_await asio::post(executor, asio::use_awaitable);
    }
  }
  how.sha256 = f.content->size() == 0 ? digest().finish() : f.digested->whole();
}

struct uploader::reading_back {
  std::uint64_t next = 0;
  std::optional<error> why;
};

// The ranges of one file come side by side; how many, of all files, is bounded as of streams. Of a
// volume they come one after the other, as it takes few requests at a time, and those are spent on
// several files.
asio::awaitable<std::optional<error>> uploader::read_back(subject const& f) {
  reading_back r;
  std::uint64_t const ranges = blocks_of(f.content->size(), range_bytes_of(f.target));
  std::uint64_t const beside = rules_.plan.volume ? 1 : checks_in_flight_max;
  worker const each = [this, &f, &r](std::size_t) { return read_ranges_back(f, r); };
  co_await fan_out(static_cast<std::size_t>(std::min(ranges, beside)), each);
  co_return r.why;
}

asio::awaitable<void> uploader::read_ranges_back(subject const& f, reading_back& r) {
  co_await keep_after_cancel();
  std::uint64_t const size = f.content->size();
  while (!r.why && r.next < size) {
    std::uint64_t const offset = r.next;
    auto const range = range_at(offset, size, range_bytes_of(f.target));
    r.next += range->length;
    bool const entered = co_await checks_.enter();
    if (!entered) {
      r.why = error(errc::cancelled, "the upload was cancelled");
      co_return;
    }
    ends_.asked(f.item);
    auto const there = co_await to_.read(f.target, offset, range->asked);
    checks_.leave();
    bytes here(range->length);
    auto const local = f.content->read(offset, here);
    if (there.has_error() || local.has_error()) {
      r.why = there.has_error() ? there.error() : local.error();
      co_return;
    }
    if (here == *there) continue;
    auto const at = std::mismatch(here.begin(), here.end(), there->begin(), there->end()).first;
    std::uint64_t const differs = offset + static_cast<std::uint64_t>(at - here.begin());
    error why(errc::conflict,
              "what was read back differs from what was sent at byte " + std::to_string(differs));
    r.why = std::move(why).with_operation("verify").with_where(f.target);
  }
}

asio::awaitable<item_end> uploader::put_or_stream(subject& f) {
  std::uint64_t const size = f.file->size();
  bool const put = rules_.plan.put_always || rules_.plan.volume;
  if (rules_.plan.stream_always || (!put && size > put_bytes_max_)) {
    auto how = co_await stream_file(f);
    co_return how;
  }
  auto how = co_await put_file(f);
  if (how.state != transfer_state::done && rules_.target_may_be_directory &&
      may_mean_directory(how.why)) {
    bool const into = co_await is_directory(f);
    if (into) {
      f.target = joined(f.target, last_component(plan_.items[f.item].source));
      how = co_await put_file(f);
    }
  }
  if (how.state == transfer_state::done) puts_work_ = true;
  if (how.state != transfer_state::failed || put) co_return how;
  if (is_too_large(how.why)) {
    put_bytes_max_ = std::min(put_bytes_max_, size == 0 ? 0 : size - 1);
    how = co_await stream_file(f);
  } else if (may_mean_no_multipart(how.why) && !puts_work_) {
    how = co_await stream_refused(f, std::move(how));
  }
  co_return how;
}

// If blocks do what a put cannot, it is the put that is not wanted here.
asio::awaitable<item_end> uploader::stream_refused(subject const& f, item_end refused) {
  auto how = co_await stream_file(f);
  if (how.state == transfer_state::failed && !ends_transfer(how.why.code())) co_return refused;
  if (how.state == transfer_state::done && !puts_work_) put_bytes_max_ = 0;
  co_return how;
}

asio::awaitable<item_end> uploader::put_file(subject const& f) {
  ends_.asked(f.item);
  auto const put = co_await to_.put(f.target, f.replace, f.file);
  if (!put.has_error()) co_return item_end::done(f.file->size());
  auto how = co_await settle_put(f, put.error());
  co_return how;
}

asio::awaitable<item_end> uploader::settle_put(subject const& f, error why) {
  if (why.code() != errc::already_exists) co_return item_end::failed(std::move(why));
  std::uint64_t const size = f.file->size();
  if (why.may_have_been_applied() || f.suspect) {
    // An answer was lost, then the repeated request found a file: most likely its own.
    ends_.asked(f.item);
    auto const there = co_await to_.get_status(f.target);
    if (!there.has_error() && !there->is_dir &&
        static_cast<std::uint64_t>(there->file_size) == size) {
      // Between two processes more may have happened than between two attempts.
      bool own = why.may_have_been_applied();
      if (!own) own = co_await holds_same(f);
      if (own) co_return item_end::done(size);
    }
  }
  auto how = target_taken(std::move(why));
  co_return how;
}

// Reads the target back, whose size is that of the file, up to the first difference.
asio::awaitable<bool> uploader::holds_same(subject const& f) {
  bool const entered = co_await checks_.enter();
  if (!entered) co_return false;
  bool same = true;
  std::uint64_t const size = f.file->size();
  for (std::uint64_t offset = 0; same && offset < size;) {
    auto const length = static_cast<std::size_t>(std::min(range_bytes_of(f.target), size - offset));
    ends_.asked(f.item);
    auto const there = co_await to_.read(f.target, offset, length);
    bytes here(length);
    auto const local = f.file->read(offset, here);
    same = !local.has_error() && !there.has_error() && *local == length && here == *there;
    offset += length;
  }
  checks_.leave();
  co_return same;
}

item_end uploader::target_taken(error why) const {
  if (rules_.plan.overwrite != overwrite::never) return item_end::failed(std::move(why));
  return {transfer_state::skipped, std::move(why), 0};
}

asio::awaitable<bool> uploader::is_directory(subject const& f) {
  ends_.asked(f.item);
  auto const there = co_await to_.get_status(f.target);
  co_return !there.has_error() && there->is_dir;
}

}  // namespace kiln::transfer
