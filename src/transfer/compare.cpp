#include "transfer/compare.hpp"

#include "transfer/names.hpp"
#include "transfer/tally.hpp"

#include <algorithm>
#include <cerrno>
#include <fcntl.h>
#include <unistd.h>
#include <utility>

namespace kiln::transfer {

namespace {

result<descriptor> open_below(folder const& root, std::string const& path, link_mode links) {
  constexpr int reading = O_RDONLY | O_NONBLOCK | O_CLOEXEC;
  if (links == link_mode::follow) {
    std::string const whole = joined(root.path(), path);
    descriptor followed(::open(whole.c_str(), reading));
    if (!followed) return file_error(errno, "read file", whole);
    return followed;
  }
  auto directory = root.open_directory(parent_of(path), false);
  if (directory.has_error()) return directory.error();
  std::string const name(last_component(path));
  descriptor file(::openat(directory->get(), name.c_str(), reading | O_NOFOLLOW));
  if (!file) return file_error(errno, "read file", joined(root.path(), path));
  return file;
}

}  // namespace

comparer::comparer(remote& there, folder const& here, std::vector<compared_file>& files,
                   std::uint64_t bytes_in_flight_max, link_mode links)
    : there_(there),
      here_(here),
      files_(files),
      open_(files.size()),
      under_way_(files.size(), 0),
      range_bytes_(range_bytes_of(files.empty() ? std::string_view()
                                                : std::string_view(files.front().remote))),
      workers_(ranges_in_flight_max(
          files.empty() ? std::string_view() : std::string_view(files.front().remote),
          bytes_in_flight_max)),
      links_(links) {}

task<void> comparer::run() {
  worker const each = [this](std::size_t) { return work(); };
  co_await fan_out(std::min(workers_, std::max<std::size_t>(1, files_.size() * 64)), each);
  bool const given_up = co_await is_cancelled();
  if (stopped_) co_return *stopped_;
  if (given_up) co_return error(errc::cancelled, "cancelled while comparing");
  co_return result<void>();
}

asio::awaitable<void> comparer::work() {
  co_await keep_after_cancel();
  std::size_t file = 0;
  std::uint64_t offset = 0;
  while (!stopped_ && next(file, offset)) {
    bool const given_up = co_await is_cancelled();
    if (given_up) co_return;
    ++under_way_[file];
    co_await compare(file, offset);
    if (--under_way_[file] == 0 && file_ > file) open_[file] = descriptor();
  }
}

bool comparer::next(std::size_t& file, std::uint64_t& offset) {
  while (file_ < files_.size()) {
    auto const& f = files_[file_];
    if (!f.failed && !f.differs_at && offset_ < f.size) {
      file = file_;
      offset = offset_;
      offset_ += range_bytes_;
      return true;
    }
    if (under_way_[file_] == 0) open_[file_] = descriptor();
    ++file_;
    offset_ = 0;
  }
  return false;
}

result<void> comparer::read_here(std::size_t file, std::uint64_t offset, bytes& into) {
  auto& f = files_[file];
  if (!open_[file]) {
    auto opened = open_below(here_, f.path, links_);
    if (opened.has_error()) return opened.error();
    open_[file] = std::move(*opened);
  }
  std::size_t have = 0;
  while (have < into.size()) {
    auto const got = ::pread(open_[file].get(), into.data() + have, into.size() - have,
                             static_cast<::off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return file_error(errno, "read file", joined(here_.path(), f.path));
    if (got == 0) {
      return error(errc::file_changed, "the file became shorter while it was compared")
          .with_operation("read file")
          .with_where(escaped(joined(here_.path(), f.path)));
    }
    have += static_cast<std::size_t>(got);
  }
  return {};
}

asio::awaitable<void> comparer::compare(std::size_t file, std::uint64_t offset) {
  auto const size =
      static_cast<std::size_t>(std::min<std::uint64_t>(range_bytes_, files_[file].size - offset));
  ++reads_;
  auto const there = co_await there_.read(files_[file].remote, offset, size);
  auto& f = files_[file];
  if (there.has_error()) {
    if (ends_transfer(there.error().code())) stopped_ = there.error();
    f.failed = there.error();
    co_return;
  }
  bytes here(size);
  auto const local = read_here(file, offset, here);
  if (local.has_error()) {
    f.failed = local.error();
    co_return;
  }
  auto const at = std::mismatch(there->begin(), there->end(), here.begin()).first;
  auto const equal = static_cast<std::uint64_t>(at - there->begin());
  if (equal == size) co_return;
  f.differs_at = std::min(f.differs_at.value_or(UINT64_MAX), offset + equal);
}

}  // namespace kiln::transfer
