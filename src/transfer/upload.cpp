#include "transfer/upload.hpp"

#include "core/limits.hpp"
#include "transfer/names.hpp"

#include <kiln/bytes.hpp>

#include <algorithm>
#include <utility>

namespace kiln::transfer {

namespace {

bool is_too_large(error const& why) noexcept {
  return why.http_status() == 413 || why.error_code() == "MAX_BLOCK_SIZE_EXCEEDED";
}

// What servers say when a file is to be written where a directory is.
bool may_mean_directory(error const& why) noexcept {
  return why.code() == errc::already_exists || why.code() == errc::invalid_request ||
         why.code() == errc::conflict || why.error_code() == "IO_ERROR";
}

}  // namespace

uploader::uploader(remote& to, transfer_plan const& plan, upload_rules const& rules, tally& ends,
                   asio::any_io_executor const& executor, std::uint64_t seed)
    : to_(to),
      plan_(plan),
      rules_(rules),
      ends_(ends),
      random_(seed),
      streams_(executor, static_cast<std::size_t>(std::max<std::uint64_t>(
                             1, rules.bytes_in_flight_max / limits::dbfs_block_bytes_max))),
      put_bytes_max_(limits::dbfs_put_bytes_max) {}

asio::awaitable<void> uploader::run() {
  std::size_t const workers = std::min(rules_.files_in_flight_max, plan_.items.size());
  worker const each = [this](std::size_t) { return work(); };
  co_await fan_out(workers, each);
  bool const given_up = co_await is_cancelled();
  if (given_up) ends_.stop(error(errc::cancelled, "the upload was cancelled"));
}

asio::awaitable<void> uploader::work() {
  co_await keep_after_cancel();
  while (next_ < plan_.items.size() && !ends_.stopped()) {
    bool const given_up = co_await is_cancelled();
    if (given_up) co_return;
    std::size_t const item = next_++;
    auto how = co_await upload_one(plan_.items[item]);
    if (how.state == transfer_state::failed && ends_transfer(how.why.code())) ends_.stop(how.why);
    ends_.end(item, std::move(how));
  }
}

asio::awaitable<item_end> uploader::upload_one(transfer_item const& item) {
  if (!item.is_dir) {
    auto how = co_await upload_file(item.source, item.destination);
    if (how.why.code() == errc::file_changed) {
      // It is the local file that is at fault, not the host that was being sent to.
      how.why = std::move(how.why).with_operation("read file").with_where(escaped(item.source));
    }
    co_return how;
  }
  auto const made = co_await to_.mkdirs(item.destination);
  if (made.has_error()) co_return item_end::failed(made.error());
  co_return item_end::done(0);
}

asio::awaitable<item_end> uploader::upload_file(std::string const& local, std::string target) {
  auto file = open_file_source(local);
  if (file.has_error()) co_return item_end::failed(file.error());
  std::uint64_t const size = (*file)->size();
  if (size > put_bytes_max_ || needs_stream(size, rules_.plan.stream_always)) {
    auto how = co_await stream_file(std::move(*file), target);
    co_return how;
  }
  auto how = co_await put_file(*file, target);
  if (how.state != transfer_state::done && rules_.target_may_be_directory &&
      may_mean_directory(how.why)) {
    bool const into = co_await is_directory(target);
    if (into) {
      target = joined(target, last_component(local));
      how = co_await put_file(*file, target);
    }
  }
  if (how.state == transfer_state::failed && is_too_large(how.why)) {
    put_bytes_max_ = std::min(put_bytes_max_, size == 0 ? 0 : size - 1);
    how = co_await stream_file(std::move(*file), target);
  }
  co_return how;
}

asio::awaitable<item_end> uploader::put_file(std::shared_ptr<byte_source> file,
                                             std::string const& target) {
  std::uint64_t const size = file->size();
  bool const replace = rules_.plan.overwrite == overwrite::always;
  auto const put = co_await to_.put(target, replace, std::move(file));
  if (!put.has_error()) co_return item_end::done(size);
  auto how = co_await settle_put(size, target, put.error());
  co_return how;
}

asio::awaitable<item_end> uploader::settle_put(std::uint64_t size, std::string const& target,
                                               error why) {
  if (why.code() != errc::already_exists) co_return item_end::failed(std::move(why));
  if (why.may_have_been_applied()) {
    // An answer was lost, then the repeated request found a file: most likely its own.
    auto const there = co_await to_.get_status(target);
    if (!there.has_error() && !there->is_dir &&
        static_cast<std::uint64_t>(there->file_size) == size) {
      co_return item_end::done(size);
    }
  }
  auto how = target_taken(std::move(why));
  co_return how;
}

item_end uploader::target_taken(error why) const {
  if (rules_.plan.overwrite != overwrite::never) return item_end::failed(std::move(why));
  return {transfer_state::skipped, std::move(why), 0};
}

asio::awaitable<bool> uploader::is_directory(std::string const& target) {
  auto const there = co_await to_.get_status(target);
  co_return !there.has_error() && there->is_dir;
}

}  // namespace kiln::transfer
