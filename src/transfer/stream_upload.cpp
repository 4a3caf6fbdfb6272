#include "transfer/block_plan.hpp"
#include "transfer/folder.hpp"
#include "transfer/upload.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <sys/stat.h>
#include <utility>

// A file in blocks. add-block has no offset, so a block that may or may not have arrived cannot be
// repeated: its stream is given up and the file starts again on a new one. What the target's
// readers see is a file that was not there and then is, whole: the stream goes to a name of its
// own, whose size is checked before it is moved.
namespace kiln::transfer {

struct uploader::stream {
  std::shared_ptr<byte_source> file;
  std::string target;
  std::size_t item = 0;
  bool replace = false;
  std::uint64_t size = 0;
  std::string part;   // where the blocks go
  bool made = false;  // `part` may exist
  std::int64_t handle = 0;
  std::uint64_t moved = 0;  // bytes of this attempt that the tally knows of
  error why;                // of the last step that was not ok
};

namespace {

/// A failure that leaves open whether the request was applied.
bool is_ambiguous(error const& why) noexcept {
  return why.may_have_been_applied() || why.http_status() >= 500;
}

/// ... or says that the stream is gone: either way it cannot go on.
bool poisons_stream(error const& why) noexcept {
  return is_ambiguous(why) || why.code() == errc::not_found;
}

bool is_known(result<dbfs::file_info> const& status) noexcept {
  return !status.has_error() || status.error().code() == errc::not_found;
}

bool is_file_of(result<dbfs::file_info> const& status, std::uint64_t size) noexcept {
  return !status.has_error() && !status->is_dir && status->file_size >= 0 &&
         static_cast<std::uint64_t>(status->file_size) == size;
}

error size_mismatch(std::string const& part, result<dbfs::file_info> const& status,
                    std::uint64_t size) {
  std::string const found =
      status.has_error() ? std::string("nothing") : std::to_string(status->file_size) + " bytes";
  return error(errc::conflict, "the stream holds " + found + " instead of " + std::to_string(size) +
                                   " bytes after its last block")
      .with_operation("upload")
      .with_where(part);
}

}  // namespace

asio::awaitable<item_end> uploader::stream_file(subject const& f) {
  if (!f.replace && !rules_.plan.targets_absent) {
    // Otherwise the last of all requests would be the first to say so.
    ends_.asked(f.item);
    auto const there = co_await to_.get_status(f.target);
    if (!there.has_error()) {
      error taken(errc::already_exists, "the target exists");
      co_return target_taken(std::move(taken).with_operation("upload").with_where(f.target));
    }
    if (there.error().code() != errc::not_found) co_return item_end::failed(there.error());
  }
  auto how = co_await stream_in_place(f);
  co_return how;
}

asio::awaitable<item_end> uploader::stream_in_place(subject const& f) {
  stream s;
  s.size = f.file->size();
  s.file = f.file;
  s.target = f.target;
  s.item = f.item;
  s.replace = f.replace;
  bool const entered = co_await streams_.enter();
  if (!entered) {
    error why(errc::cancelled, "the upload was cancelled");
    co_return item_end::failed(std::move(why));
  }
  auto how = co_await stream_often(s);
  if (s.made) co_await discard(s);
  streams_.leave();
  ends_.moved(-static_cast<std::int64_t>(s.moved));
  co_return how;
}

asio::awaitable<item_end> uploader::stream_often(stream& s) {
  for (int attempt = 0; attempt < streams_max; ++attempt) {
    step const got = co_await stream_once(s);
    if (got == step::ok) {
      auto how = co_await move_to_target(s);
      co_return how;
    }
    bool const cancelled = co_await is_cancelled();
    if (got == step::failed || cancelled) co_return item_end::failed(s.why);
    if (s.made) co_await discard(s);
  }
  std::string text = "given up after " + std::to_string(streams_max) +
                     " streams, each with a lost answer; the last: " + s.why.message();
  error why(s.why.code(), std::move(text));
  co_return item_end::failed(std::move(why)
                                 .with_operation(s.why.operation())
                                 .with_where(s.why.where())
                                 .with_http_status(s.why.http_status())
                                 .with_error_code(s.why.error_code()));
}

asio::awaitable<uploader::step> uploader::stream_once(stream& s) {
  ends_.moved(-static_cast<std::int64_t>(s.moved));
  s.moved = 0;
  s.part = s.target + '.' + random_.name() + ".part";
  auto const kept = keep(s, part_stage::begun);
  if (kept.has_error()) {
    s.why = kept.error();
    co_return step::failed;
  }
  ends_.asked(s.item);
  auto const created = co_await to_.create(s.part);
  s.made = !created.has_error() || created.error().may_have_been_applied();
  if (created.has_error()) {
    s.why = created.error();
    co_return s.made || s.why.code() == errc::already_exists ? step::again : step::failed;
  }
  s.handle = *created;
  step got = co_await send_blocks(s);
  if (got == step::ok) got = co_await close_and_check(s);
  co_return got;
}

asio::awaitable<uploader::step> uploader::send_blocks(stream& s) {
  block_lengths lengths(s.size, random_.next());
  std::uint64_t offset = 0;
  while (auto const length = lengths.next()) {
    // Asked here too: a cancellation that comes when an answer has come ends no call.
    bool const given_up = co_await is_cancelled();
    if (given_up || draining()) {
      s.why = error(errc::cancelled, "the upload was cancelled");
      co_return step::failed;
    }
    block_.resize(*length);
    auto const got = s.file->read(offset, block_);
    if (got.has_error() || *got < *length) {
      error const changed(errc::file_changed, "the file shrank while it was read");
      s.why = got.has_error() ? got.error() : changed;
      co_return step::failed;
    }
    ends_.asked(s.item);
    auto const sent = co_await to_.add_block(s.handle, block_);
    if (sent.has_error()) {
      s.why = sent.error();
      co_return poisons_stream(s.why) ? step::again : step::failed;
    }
    offset += *length;
    s.moved += *length;
    ends_.moved(static_cast<std::int64_t>(*length));
  }
  co_return step::ok;
}

asio::awaitable<uploader::step> uploader::close_and_check(stream& s) {
  ends_.asked(s.item);
  auto const closed = co_await to_.close(s.handle);
  // "No such handle" is what a repeated close is told; whether it means more, the size tells.
  if (closed.has_error() && closed.error().code() != errc::not_found) {
    s.why = closed.error();
    co_return poisons_stream(s.why) ? step::again : step::failed;
  }
  ends_.asked(s.item);
  auto const status = co_await to_.get_status(s.part);
  if (is_file_of(status, s.size)) co_return step::ok;
  if (!is_known(status)) {
    s.why = status.error();
    co_return step::failed;
  }
  s.why = size_mismatch(s.part, status, s.size);
  co_return step::again;
}

asio::awaitable<item_end> uploader::move_to_target(stream& s) {
  bool made_way = false;
  // From here on the part may be gone because it has become the target.
  auto const kept = keep(s, part_stage::complete);
  if (kept.has_error()) co_return item_end::failed(kept.error());
  for (int attempt = 0; attempt < moves_max; ++attempt) {
    ends_.asked(s.item);
    auto const moved = co_await to_.move(s.part, s.target);
    if (!moved.has_error()) {
      s.made = false;
      co_return item_end::done(s.size);
    }
    s.why = moved.error();
    if (s.why.code() == errc::already_exists) {
      bool const replace = s.replace && !made_way;
      if (!replace) co_return target_taken(s.why);
      step const way = co_await make_way(s);
      if (way != step::ok) co_return item_end::failed(s.why);
      made_way = true;
      continue;
    }
    if (!is_ambiguous(s.why)) co_return item_end::failed(s.why);
    // The answer was lost: the unique name of the source tells what has become of it.
    error const lost = s.why;
    ends_.asked(s.item);
    auto const source = co_await to_.get_status(s.part);
    if (!is_known(source)) co_return item_end::failed(lost);
    if (!source.has_error()) continue;
    ends_.asked(s.item);
    auto const target = co_await to_.get_status(s.target);
    s.made = false;
    if (is_file_of(target, s.size)) co_return item_end::done(s.size);
    co_return item_end::failed(lost);
  }
  co_return item_end::failed(s.why);
}

// Deletes the file that is to be replaced. move has no overwrite, so readers see no file for the
// time of one request.
asio::awaitable<uploader::step> uploader::make_way(stream& s) {
  ends_.asked(s.item);
  auto const there = co_await to_.get_status(s.target);
  if (!there.has_error() && there->is_dir) co_return step::failed;
  ends_.asked(s.item);
  auto const removed = co_await to_.remove(s.target, false);
  if (!removed.has_error()) co_return step::ok;
  s.why = removed.error();
  co_return step::failed;
}

// Best effort: a part that stays behind harms nobody, and its name tells what it is.
asio::awaitable<void> uploader::discard(stream& s) {
  bool cancelled = false;
  for (int i = 0; s.made && i < discards_max; ++i) {
    bool const again = co_await is_cancelled();
    if (again) co_await forget_cancel();
    cancelled = cancelled || again;
    ends_.asked(s.item);
    auto const removed = co_await to_.remove(s.part, cancelled);
    if (!removed.has_error()) s.made = false;
    if (!removed.has_error() && rules_.kept != nullptr) rules_.kept->forget_part(s.item);
    // A cancellation that comes now would leave the part behind; any other failure may.
    if (removed.has_error() && removed.error().code() != errc::cancelled) break;
  }
  if (cancelled) ends_.stop(error(errc::cancelled, "the upload was cancelled"));
}

// Known to the journal before the server knows of it, so that who resumes finds it.
result<void> uploader::keep(stream const& s, part_stage stage) {
  if (rules_.kept == nullptr) return {};
  part p;
  p.stage = stage;
  p.name = s.part;
  p.size = s.size;
  rules_.kept->keep_part(s.item, p);
  return rules_.kept->flush();
}

bool uploader::is_as_planned(std::size_t item) const {
  auto const& what = plan_.items[item];
  struct stat facts {};
  return what.modified && ::stat(what.source.c_str(), &facts) == 0 &&
         static_cast<std::uint64_t>(facts.st_size) == what.size &&
         modified_of(facts) == *what.modified;
}

// What a process that was killed left of this item: a stream that was being moved has arrived, or
// only wants moving; any other cannot be gone on with, as its last block may or may not be in it.
asio::awaitable<std::optional<item_end>> uploader::settle_part(subject const& f, part const& left) {
  stream s;
  s.size = f.file->size();
  s.file = f.file;
  s.target = f.target;
  s.item = f.item;
  s.replace = f.replace;
  s.part = left.name;
  s.made = true;
  if (left.stage == part_stage::complete && left.size == s.size && is_as_planned(f.item)) {
    ends_.asked(s.item);
    auto const source = co_await to_.get_status(s.part);
    if (!is_known(source)) co_return item_end::failed(source.error());
    if (is_file_of(source, s.size)) {
      auto how = co_await move_to_target(s);
      if (s.made) co_await discard(s);
      co_return how;
    }
    ends_.asked(s.item);
    auto const target = co_await to_.get_status(s.target);
    if (!is_known(target)) co_return item_end::failed(target.error());
    if (source.has_error() && is_file_of(target, s.size)) co_return item_end::done(s.size);
  }
  co_await discard(s);
  co_return std::nullopt;
}

}  // namespace kiln::transfer
