#include "transfer/download.hpp"

#include "transfer/apart.hpp"
#include "transfer/digest.hpp"
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
constexpr std::size_t digests_per_turn = 8;  // MiB

asio::awaitable<void> give_way() {
  auto const executor = co_await asio::this_coro::executor;
  co_await asio::post(executor, asio::use_awaitable);
}

// The status of a volume's file has the second of its change, a listing more.
bool is_same_time(std::optional<timestamp> status, std::optional<timestamp> known) {
  using std::chrono::seconds;
  if (!status || !known) return status == known;
  auto const second = std::chrono::floor<seconds>(*status);
  if (*status == second) return second == std::chrono::floor<seconds>(*known);
  return *status == *known;
}

// The fault of this machine or of the file: what has come of it is of no use.
bool is_local(errc code) noexcept {
  return code == errc::file_failed || code == errc::file_exists || code == errc::file_changed ||
         code == errc::disk_full;
}

}  // namespace

// One file under way. Ends when nothing of it is left to ask for and no answer is outstanding.
struct downloader::file {
  std::size_t item = 0;
  std::string relative;
  std::uint64_t size = 0;  // what the server has, as far as is known
  std::optional<timestamp> modified;
  block_set have;
  block_set durable;         // of these, on the disk
  std::uint64_t cursor = 0;  // the next block to look at
  std::size_t outstanding = 0;
  std::uint64_t moved = 0;  // bytes that the tally knows of
  int restarts = 0;
  bool changed = false;  // on the server: what is here is of no use
  bool syncing = false;
  bool checking = false;  // all of it is here, and comes a second time
  block_set checked;
  std::unique_ptr<digest> sum;  // of the bytes before `digested`
  std::uint64_t digested = 0;
  std::string sha256;
  std::unique_ptr<incoming_file> out;
  std::optional<error> why;

  // Of a file that one read brings, nothing can be kept.
  [[nodiscard]] bool in_blocks() const noexcept { return have.size() > 1; }
  [[nodiscard]] bool all_asked() const {
    auto const& wanted = coming();
    return why.has_value() || changed || wanted.count() == wanted.size();
  }
  [[nodiscard]] block_set const& coming() const noexcept { return checking ? checked : have; }
};

downloader::downloader(remote& from, transfer_plan const& plan, folder const& to,
                       download_rules const& rules, tally& ends,
                       asio::any_io_executor const& executor, std::uint64_t seed)
    : from_(from),
      plan_(plan),
      to_(to),
      rules_(rules),
      ends_(ends),
      range_bytes_(range_bytes_of(plan.items.empty() ? std::string_view()
                                                     : std::string_view(plan.items[0].source))),
      random_(seed),
      changed_(executor) {}

asio::awaitable<void> downloader::run() {
  std::string_view const first =
      plan_.items.empty() ? std::string_view() : std::string_view(plan_.items[0].source);
  std::uint64_t const workers =
      std::min<std::uint64_t>(ranges_in_flight_max(first, rules_.bytes_in_flight_max),
                              std::max<std::uint64_t>(plan_.requests.read, 1));
  worker const each = [this](std::size_t) { return work(); };
  co_await fan_out(static_cast<std::size_t>(workers), each);
  bool const given_up = co_await is_cancelled();
  if (given_up || draining()) ends_.stop(error(errc::cancelled, "the download was cancelled"));
  leave_open_files();
  if (rules_.fsync && (!ends_.stopped() || rules_.kept != nullptr)) co_await sync_directories();
}

bool downloader::draining() const noexcept {
  return rules_.drain != nullptr && rules_.drain->load(std::memory_order_relaxed);
}

asio::awaitable<void> downloader::work() {
  co_await keep_after_cancel();
  bytes buffer;
  for (;;) {
    auto const p = co_await take();
    if (!p) break;
    auto const fetched = co_await fetch(*p, buffer);
    co_await settle(*p, fetched, buffer);
  }
  changed_.set();  // who waits looks whether there is still something to wait for
}

asio::awaitable<std::optional<downloader::piece>> downloader::take() {
  for (std::size_t begun = 0;;) {
    bool const given_up = co_await is_cancelled();
    if (given_up || ends_.stopped() || draining()) co_return std::nullopt;
    if (auto p = next_range()) co_return p;
    bool const none_left = next_ == plan_.items.size();
    if (none_left && open_files_.empty()) co_return std::nullopt;
    if (none_left || open_files_.size() >= rules_.files_in_flight_max) {
      changed_.reset();
      bool const woken = co_await wait_for(changed_);
      if (!woken) co_return std::nullopt;
      continue;
    }
    std::size_t const item = next_++;
    if (ends_.has_ended(item)) continue;
    co_await begin(item);
    if (++begun % items_per_turn == 0) co_await give_way();
  }
}

std::optional<downloader::piece> downloader::next_range() {
  while (!ready_.empty()) {
    auto const f = ready_.front();
    std::optional<std::uint64_t> block;
    if (!f->all_asked()) block = f->coming().missing(f->cursor);
    if (!block) {
      ready_.pop_front();
      continue;
    }
    auto const range = range_at(*block * range_bytes_, f->size, range_bytes_);
    f->cursor = *block + 1;
    ++f->outstanding;
    return piece{f, *range, f->checking};
  }
  return std::nullopt;
}

asio::awaitable<void> downloader::begin(std::size_t item) {
  if (plan_.items[item].is_dir) {
    begin_directory(item);
  } else {
    co_await begin_file(item);
  }
}

void downloader::begin_directory(std::size_t item) {
  std::string relative = relative_of(item);
  auto const made = to_.open_directory(relative, true);
  if (made.has_error()) return ends_.end(item, item_end::failed(made.error()));
  touched_.emplace(parent_of(relative));
  touched_.insert(std::move(relative));
  ends_.end(item, item_end::done(0));
}

asio::awaitable<void> downloader::begin_file(std::size_t item) {
  auto const f = std::make_shared<file>();
  f->item = item;
  f->relative = relative_of(item);
  f->size = plan_.items[item].size;
  f->modified = plan_.items[item].modified;
  open_files_.insert(f);
  part const* left = nullptr;
  if (rules_.kept != nullptr) {
    auto const found = rules_.kept->parts().find(item);
    if (found != rules_.kept->parts().end()) left = &found->second;
  }
  if (left != nullptr && left->stage == part_stage::complete) {
    bool const settled = co_await settle_complete(f, *left);
    if (settled) co_return;
  }
  if (auto how = judge_existing(f->relative)) {
    if (rules_.kept != nullptr && rules_.kept->resumed()) {
      incoming_file::remove_leftover(to_, f->relative, unique_of(item));
      rules_.kept->forget_part(item);
    }
    open_files_.erase(f);
    changed_.set();
    ends_.end(item, std::move(*how));
    co_return;
  }
  bool taken_up = false;
  if (left != nullptr && left->blocks.count() > 0) taken_up = co_await take_up(f, *left);
  if (!taken_up && !f->why) {
    auto const made = make_fresh(*f);
    if (made.has_error()) f->why = made.error();
  }
  if (f->all_asked()) {
    co_await end_file(f);
  } else {
    ready_.push_back(f);
    changed_.set();
  }
}

// All of it had come when the process ended; perhaps it has its name already.
asio::awaitable<bool> downloader::settle_complete(file_ptr f, part const& left) {
  if (!left.same_boot && !rules_.fsync) co_return false;
  f->sha256 = left.name;
  auto const directory = to_.open_directory(parent_of(f->relative), false);
  if (directory.has_error()) co_return false;
  std::string const where = joined(to_.path(), f->relative);
  auto const there = facts_of(*directory, std::string(last_component(f->relative)), where);
  if (!there.has_error() && there->kind == entry_kind::file && there->inode == left.inode &&
      there->size == left.size) {
    f->size = left.size;
    close(f);
    co_return true;
  }
  auto out = incoming_file::take_up(to_, f->relative, left.size, unique_of(f->item));
  if (out.has_error() || (*out)->inode() != left.inode) co_return false;
  f->out = std::move(*out);
  f->size = left.size;
  co_await give_name(f);
  close(f);
  co_return true;
}

// Goes on with the blocks that are here, if they are of the file that the server has now.
asio::awaitable<bool> downloader::take_up(file_ptr f, part const& left) {
  auto out = incoming_file::take_up(to_, f->relative, left.size, unique_of(f->item));
  if (out.has_error()) co_return false;
  ends_.asked(f->item);
  auto const now = co_await from_.get_status(plan_.items[f->item].source);
  if (now.has_error()) {
    f->out = std::move(*out);
    f->have = left.blocks;
    f->why = now.error();
    co_return true;
  }
  bool const same = !now->is_dir && now->file_size >= 0 &&
                    static_cast<std::uint64_t>(now->file_size) == left.size &&
                    is_same_time(now->modification_time, left.modified);
  if (!same) {
    f->size = static_cast<std::uint64_t>(std::max<std::int64_t>(0, now->file_size));
    f->modified = now->modification_time;
    co_return false;
  }
  f->size = left.size;
  f->modified = left.modified;
  f->have = left.blocks;
  f->durable = left.blocks;
  f->out = std::move(*out);
  begin_digest(*f);
  for (std::uint64_t b = 0; b < f->have.size(); ++b) {
    if (f->have.has(b)) f->moved += range_at(b * range_bytes_, f->size, range_bytes_)->length;
  }
  ends_.moved(static_cast<std::int64_t>(f->moved));
  co_return true;
}

void downloader::begin_digest(file& f) {
  if (!rules_.digests) return;
  f.sum = std::make_unique<digest>();
  f.digested = 0;
}

result<void> downloader::make_fresh(file& f) {
  f.out.reset();
  auto made = incoming_file::make(to_, f.relative, f.size, unique_of(f.item));
  if (made.has_error()) return made.error();
  f.out = std::move(*made);
  f.have = block_set(blocks_of(f.size, range_bytes_));
  f.durable = f.have;
  begin_digest(f);
  if (rules_.kept != nullptr && f.in_blocks()) {
    part p;
    p.size = f.size;
    p.modified = f.modified;
    p.blocks = f.have;
    rules_.kept->keep_part(f.item, p);
  }
  return {};
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
  for (int ask = 1;; ++ask) {
    ends_.asked(p.of->item);
    bytes memory = std::exchange(buffer, bytes());
    auto got = co_await from_.read_of(path, p.range.offset, p.range.asked, p.of->size,
                                      p.of->modified, std::move(memory));
    if (!got.has_error()) {
      buffer = std::move(*got);
      if (buffer.size() == p.range.length) co_return result<void>();
      std::string text = "listed with " + std::to_string(p.of->size) + " bytes, but a read at " +
                         std::to_string(p.range.offset) + " gave " + std::to_string(buffer.size()) +
                         " bytes instead of " + std::to_string(p.range.length);
      error changed(errc::file_changed, std::move(text));
      co_return std::move(changed).with_operation("dbfs/read").with_where(path);
    }
    if (got.error().code() != errc::decode_failed || ask == asks_max) co_return got.error();
  }
}

asio::awaitable<void> downloader::settle(piece const& p, result<void> const& fetched,
                                         bytes& buffer) {
  auto const f = p.of;
  if (fetched.has_error() && fetched.error().code() == errc::file_changed) {
    f->changed = true;
  } else if (fetched.has_error()) {
    if (!f->why) f->why = fetched.error();
  } else if (!f->why && !f->changed && p.again) {
    compare(p, buffer);
  } else if (!f->why && !f->changed) {
    co_await keep(p, buffer);
  }
  if (f->why && ends_transfer(f->why->code())) ends_.stop(*f->why);
  bool const due = f->have.count() >= f->durable.count() + blocks_per_sync && !f->all_asked();
  if (due && !f->syncing) co_await sync_blocks(f);
  --f->outstanding;
  if (f->all_asked() && f->outstanding == 0) co_await end_file(f);
}

asio::awaitable<void> downloader::keep(piece const& p, bytes& buffer) {
  auto const f = p.of;
  auto const wrote = co_await write(p, buffer);
  if (wrote.has_error()) {
    if (!f->why) f->why = wrote.error();
    co_return;
  }
  if (f->why || f->changed) co_return;
  auto const data = std::span<std::byte const>(buffer).first(p.range.length);
  f->have.add(p.range.offset / range_bytes_);
  f->moved += p.range.length;
  if (rules_.kept != nullptr && f->in_blocks()) {
    rules_.kept->keep_blocks(f->item, f->have, f->durable);
  }
  digest_on(*f, p.range.offset, data);
  ends_.moved(static_cast<std::int64_t>(p.range.length));
}

// The blocks of a large file go to the disk beside the work of the loop: the first touch of a page
// of its cache costs as much as all that came before it.
asio::awaitable<result<void>> downloader::write(piece const& p, bytes& buffer) {
  if (!p.of->in_blocks()) co_return p.of->out->write(p.range.offset, buffer);
  auto const held = std::make_shared<bytes>(std::move(buffer));
  std::function<result<void>()> const deed = [f = p.of, at = p.range.offset, held,
                                              soon = rules_.fsync] {
    auto wrote = f->out->write(at, *held);
    if (!wrote.has_error() && soon) f->out->begin_writeback(at, held->size());
    return wrote;
  };
  auto wrote = co_await apart(rules_.disk, deed);
  buffer = std::move(*held);
  co_return wrote;
}

// With what is on the disk by now, not with what was written.
void downloader::compare(piece const& p, bytes const& buffer) {
  auto const f = p.of;
  bytes here(p.range.length);
  auto const read = f->out->read(p.range.offset, here);
  if (read.has_error()) {
    f->why = read.error();
    return;
  }
  f->checked.add(p.range.offset / range_bytes_);
  auto const at = std::mismatch(here.begin(), here.end(), buffer.begin()).first;
  if (at == here.end()) return;
  std::uint64_t const differs = p.range.offset + static_cast<std::uint64_t>(at - here.begin());
  error why(errc::conflict,
            "what was read a second time differs at byte " + std::to_string(differs));
  f->why = std::move(why).with_operation("verify").with_where(plan_.items[f->item].source);
}

// Blocks that came early are read back from the file once it is their turn, a few at a time.
void downloader::digest_on(file& f, std::uint64_t offset, std::span<std::byte const> data) {
  if (!f.sum || offset != f.digested) return;
  f.sum->update(data);
  f.digested += data.size();
  bytes early;
  for (std::size_t n = 0; n < digests_per_turn; ++n) {
    auto const range = range_at(f.digested, f.size, range_bytes_);
    if (!range || !f.have.has(f.digested / range_bytes_)) return;
    early.resize(range->length);
    auto const read = f.out->read(f.digested, early);
    if (read.has_error()) {
      f.why = read.error();
      return;
    }
    f.sum->update(early);
    f.digested += early.size();
  }
}

asio::awaitable<void> downloader::digest_rest(file_ptr f) {
  if (!f->sum) co_return;
  while (f->digested < f->size && !f->why) {
    digest_on(*f, f->digested, {});
    co_await give_way();
  }
  f->sha256 = f->sum->finish();
  f->sum.reset();
}

// Only where waiting for the disk holds up nobody; without it, a power failure costs the file.
asio::awaitable<void> downloader::sync_blocks(file_ptr f) {
  if (rules_.kept == nullptr || rules_.disk == nullptr || !rules_.fsync) co_return;
  f->syncing = true;
  block_set const written = f->have;
  std::function<result<void>()> const flush = [f] { return f->out->sync(); };
  auto const synced = co_await apart(rules_.disk, flush);
  f->syncing = false;
  if (synced.has_error()) {
    if (!f->why) f->why = synced.error();
    co_return;
  }
  f->durable = written;
  rules_.kept->keep_blocks(f->item, f->have, f->durable);
}

asio::awaitable<void> downloader::end_file(file_ptr f) {
  ++f->outstanding;  // nobody else ends it meanwhile
  bool const check = !f->why && !f->changed && !f->checking;
  bool const told = f->modified && from_.tells_changes(plan_.items[f->item].source);
  if (check && f->in_blocks() && !told) co_await check_unchanged(f);
  if (!f->why && f->changed) {
    co_await restart(f);
    if (!f->why && !f->all_asked()) {
      --f->outstanding;
      ready_.push_back(f);
      changed_.set();
      co_return;
    }
  }
  if (!f->why && rules_.verify && !f->checking && f->size > 0) {
    f->checking = true;
    f->checked = block_set(f->have.size());
    f->cursor = 0;
    --f->outstanding;
    ready_.push_back(f);
    changed_.set();
    co_return;
  }
  if (!f->why) co_await digest_rest(f);
  if (!f->why) co_await give_name(f);
  close(f);
}

// The ranges are of one file only if that is still the one whose first range was asked for.
asio::awaitable<void> downloader::check_unchanged(file_ptr f) {
  ends_.asked(f->item);
  auto const now = co_await from_.get_status(plan_.items[f->item].source);
  if (now.has_error()) {
    f->why = now.error();
    co_return;
  }
  bool const dated = f->modified && now->modification_time;
  f->changed = now->is_dir || now->file_size < 0 ||
               static_cast<std::uint64_t>(now->file_size) != f->size ||
               (dated && *f->modified != *now->modification_time);
}

asio::awaitable<void> downloader::restart(file_ptr f) {
  auto const& source = plan_.items[f->item].source;
  ends_.moved(-static_cast<std::int64_t>(std::exchange(f->moved, 0)));
  if (++f->restarts > restarts_max) {
    error changed(errc::file_changed, "the file changed on the server each of " +
                                          std::to_string(restarts_max + 1) + " times it was read");
    f->why = std::move(changed).with_operation("dbfs/read").with_where(source);
    co_return;
  }
  ends_.asked(f->item);
  auto const now = co_await from_.get_status(source);
  if (now.has_error() || now->is_dir || now->file_size < 0) {
    error const odd(errc::file_changed, "it is not a file any more");
    f->why =
        now.has_error() ? now.error() : error(odd).with_operation("download").with_where(source);
    co_return;
  }
  f->size = static_cast<std::uint64_t>(now->file_size);
  f->modified = now->modification_time;
  f->cursor = 0;
  f->changed = f->checking = false;
  auto const fresh = make_fresh(*f);
  if (fresh.has_error()) f->why = fresh.error();
}

asio::awaitable<void> downloader::give_name(file_ptr f) {
  if (rules_.fsync) {
    std::function<result<void>()> const flush = [f] { return f->out->sync(); };
    auto const synced = co_await apart(rules_.disk, flush);
    if (synced.has_error()) f->why = synced.error();
  }
  if (rules_.kept != nullptr && !f->why) {
    // Who finds the file under its name must know that it came from here.
    part complete;
    complete.stage = part_stage::complete;
    complete.size = f->size;
    complete.inode = f->out->inode();
    complete.name = f->sha256;
    rules_.kept->keep_part(f->item, complete);
    co_await give_way();  // behind the batch that holds it
  }
  if (f->why) co_return;
  auto const done = f->out->commit(rules_.overwrite == overwrite::always);
  if (done.has_error()) f->why = done.error();
}

void downloader::close(file_ptr const& f) {
  open_files_.erase(f);
  changed_.set();
  ends_.moved(-static_cast<std::int64_t>(f->moved));
  auto* const kept = rules_.kept;
  bool const stopped = f->why && ends_transfer(f->why->code());
  bool const worth_it = f->out && f->have.count() > 0 && (stopped || f->in_blocks());
  if (kept != nullptr && f->why && worth_it && !is_local(f->why->code())) {
    f->out->keep();  // for who resumes it or tries it again
  } else if (kept != nullptr) {
    kept->forget_part(f->item);
  }
  f->out.reset();
  if (!f->why) {
    touched_.emplace(parent_of(f->relative));
    auto how = item_end::done(f->size);
    if (rules_.digests) how.sha256 = f->sha256;
    how.verified = f->checking || (rules_.verify && f->size == 0);
    ends_.end(f->item, std::move(how));
  } else if (f->why->code() == errc::file_exists && rules_.overwrite == overwrite::never) {
    ends_.end(f->item, {transfer_state::skipped, std::move(*f->why), 0});
  } else {
    ends_.end(f->item, item_end::failed(std::move(*f->why)));
  }
}

// What a drained or cancelled transfer had not finished.
void downloader::leave_open_files() {
  ready_.clear();
  for (auto const& f : open_files_) {
    if (rules_.kept != nullptr && f->out) f->out->keep();
    f->out.reset();
  }
  open_files_.clear();
}

asio::awaitable<void> downloader::sync_directories() {
  std::size_t synced = 0;
  for (auto const& relative : touched_) {
    std::function<result<void>()> const flush = [this, &relative] {
      return to_.sync_directory(relative);
    };
    auto const done = co_await apart(rules_.disk, flush);
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

// With a journal the same in every process, so that what one leaves another finds.
std::string downloader::unique_of(std::size_t item) {
  return rules_.kept != nullptr ? rules_.kept->unique_of(item) : random_.name();
}

}  // namespace kiln::transfer
