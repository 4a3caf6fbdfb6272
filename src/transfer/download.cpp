#include "transfer/download.hpp"

#include "core/limits.hpp"
#include "transfer/names.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <utility>

namespace kiln::transfer {

namespace {

// Local work that is done before other work of the executor gets its turn.
constexpr std::size_t items_per_turn = 32;
constexpr std::size_t directories_per_turn = 4;

asio::awaitable<void> give_way() {
  auto const executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

}  // namespace

// One file under way. Ends when nothing of it is left to ask for and no answer is outstanding.
struct downloader::file {
  std::size_t item = 0;
  std::string relative;
  std::uint64_t size = 0;
  std::uint64_t asked = 0;  // bytes, from the start
  std::size_t outstanding = 0;
  std::uint64_t written = 0;
  std::unique_ptr<incoming_file> out;
  std::optional<error> why;
};

downloader::downloader(remote& from, transfer_plan const& plan, folder const& to,
                       download_rules const& rules, tally& ends,
                       asio::any_io_executor const& executor, std::uint64_t seed)
    : from_(from),
      plan_(plan),
      to_(to),
      rules_(rules),
      ends_(ends),
      random_(seed),
      file_closed_(executor) {}

asio::awaitable<void> downloader::run() {
  std::uint64_t const buffers =
      std::max<std::uint64_t>(1, rules_.bytes_in_flight_max / limits::dbfs_block_bytes_max);
  std::uint64_t const pieces = std::max<std::uint64_t>(plan_.requests.read, 1);
  worker const each = [this](std::size_t) { return work(); };
  co_await fan_out(static_cast<std::size_t>(std::min(buffers, pieces)), each);
  bool const given_up = co_await is_cancelled();
  if (given_up) ends_.stop(error(errc::cancelled, "the download was cancelled"));
  current_.reset();
  if (rules_.fsync && !ends_.stopped()) co_await sync_directories();
}

asio::awaitable<void> downloader::work() {
  co_await keep_after_cancel();
  bytes buffer;
  for (;;) {
    auto const p = co_await take();
    if (!p) co_return;
    auto const fetched = co_await fetch(*p, buffer);
    settle(*p, fetched, buffer);
  }
}

asio::awaitable<std::optional<downloader::piece>> downloader::take() {
  for (std::size_t begun = 0;;) {
    bool const given_up = co_await is_cancelled();
    if (given_up || ends_.stopped()) co_return std::nullopt;
    if (auto p = range_of_current()) co_return p;
    if (next_ == plan_.items.size()) co_return std::nullopt;
    if (open_files_ >= rules_.files_in_flight_max) {
      file_closed_.reset();
      bool const closed = co_await wait_for(file_closed_);
      if (!closed) co_return std::nullopt;
      continue;
    }
    begin(next_++);
    if (++begun % items_per_turn == 0) co_await give_way();
  }
}

std::optional<downloader::piece> downloader::range_of_current() {
  if (!current_) return std::nullopt;
  auto const range = range_at(current_->asked, current_->size);
  if (!range || current_->why) {
    current_.reset();
    return std::nullopt;
  }
  piece out{current_, *range};
  current_->asked += range->length;
  ++current_->outstanding;
  return out;
}

void downloader::begin(std::size_t item) {
  auto const& what = plan_.items[item];
  if (!what.is_dir) return begin_file(item);
  std::string relative = relative_of(item);
  auto const made = to_.open_directory(relative, true);
  if (made.has_error()) return ends_.end(item, item_end::failed(made.error()));
  touched_.emplace(parent_of(relative));
  touched_.insert(std::move(relative));
  ends_.end(item, item_end::done(0));
}

void downloader::begin_file(std::size_t item) {
  auto const f = std::make_shared<file>();
  f->item = item;
  f->relative = relative_of(item);
  f->size = plan_.items[item].size;
  if (auto how = judge_existing(f->relative)) return ends_.end(item, std::move(*how));
  auto made = incoming_file::make(to_, f->relative, f->size, random_.name());
  if (made.has_error()) return ends_.end(item, item_end::failed(made.error()));
  f->out = std::move(*made);
  ++open_files_;
  if (f->size == 0) return finish(*f);
  current_ = f;
}

std::optional<item_end> downloader::judge_existing(std::string const& relative) const {
  if (rules_.overwrite == overwrite::always) return std::nullopt;
  auto const directory = to_.open_directory(parent_of(relative), false);
  if (directory.has_error()) return std::nullopt;  // made later, or the reason is found then
  std::string const where = joined(to_.path(), relative);
  auto const there = facts_of(*directory, std::string(last_component(relative)), where);
  if (there.has_error()) return std::nullopt;
  error why =
      error(errc::file_exists, "the file exists").with_operation("download").with_where(where);
  if (rules_.overwrite == overwrite::fail) return item_end::failed(std::move(why));
  return item_end{transfer_state::skipped, std::move(why), 0};
}

asio::awaitable<result<void>> downloader::fetch(piece const& p, bytes& buffer) {
  auto const& path = plan_.items[p.of->item].source;
  buffer.resize(p.range.asked);
  for (int ask = 1;; ++ask) {
    auto const got = co_await from_.read(path, p.range.offset, buffer);
    if (!got.has_error()) {
      if (*got == p.range.length) co_return result<void>();
      std::string text = "listed with " + std::to_string(p.of->size) + " bytes, but a read at " +
                         std::to_string(p.range.offset) + " gave " + std::to_string(*got) +
                         " bytes instead of " + std::to_string(p.range.length);
      error changed(errc::file_changed, std::move(text));
      co_return std::move(changed).with_operation("dbfs/read").with_where(path);
    }
    if (got.error().code() != errc::decode_failed || ask == asks_max) co_return got.error();
  }
}

void downloader::settle(piece const& p, result<void> const& fetched, bytes const& buffer) {
  auto& f = *p.of;
  --f.outstanding;
  if (fetched.has_error()) {
    if (!f.why) f.why = fetched.error();
  } else if (!f.why) {
    auto const wrote =
        f.out->write(p.range.offset, std::span<std::byte const>(buffer).first(p.range.length));
    if (wrote.has_error()) {
      f.why = wrote.error();
    } else {
      f.written += p.range.length;
      ends_.moved(static_cast<std::int64_t>(p.range.length));
    }
  }
  if (f.why && ends_transfer(f.why->code())) ends_.stop(*f.why);
  bool const nothing_left = f.why.has_value() || f.asked >= f.size;
  if (nothing_left && f.outstanding == 0) finish(f);
}

void downloader::finish(file& f) {
  if (!f.why) {
    auto const done = f.out->commit(rules_.fsync, rules_.overwrite == overwrite::always);
    if (done.has_error()) f.why = done.error();
  }
  f.out.reset();
  --open_files_;
  file_closed_.set();
  ends_.moved(-static_cast<std::int64_t>(f.written));
  if (!f.why) {
    touched_.emplace(parent_of(f.relative));
    ends_.end(f.item, item_end::done(f.size));
  } else if (f.why->code() == errc::file_exists && rules_.overwrite == overwrite::never) {
    ends_.end(f.item, {transfer_state::skipped, std::move(*f.why), 0});
  } else {
    ends_.end(f.item, item_end::failed(std::move(*f.why)));
  }
}

asio::awaitable<void> downloader::sync_directories() {
  std::size_t synced = 0;
  for (auto const& relative : touched_) {
    auto const done = to_.sync_directory(relative);
    if (done.has_error()) {
      transfer_item item{{}, joined(to_.path(), relative), true, 0};
      ends_.failed_beside(std::move(item), done.error());
    }
    if (++synced % directories_per_turn == 0) co_await give_way();
  }
}

std::string downloader::relative_of(std::size_t item) const {
  std::string_view path = plan_.items[item].destination;
  path.remove_prefix(std::min(to_.path().size(), path.size()));
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  return std::string(path);
}

}  // namespace kiln::transfer
