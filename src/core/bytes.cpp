#include <kiln/bytes.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace kiln {
namespace {

error file_error(int number, std::string_view operation, std::string const& path) {
  auto const code =
      number == ENOENT || number == ENOTDIR ? errc::file_not_found : errc::file_failed;
  return error(code, std::generic_category().message(number))
      .with_operation(operation)
      .with_where(path);
}

class descriptor {
 public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&&) = delete;
  [[nodiscard]] int get() const noexcept { return fd_; }

 private:
  int fd_;
};

class file_source final : public byte_source {
 public:
  file_source(descriptor file, struct stat const& at_open, std::string path)
      : file_(std::move(file)),
        size_(static_cast<std::uint64_t>(at_open.st_size)),
        modified_(at_open.st_mtim),
        path_(std::move(path)) {}

  [[nodiscard]] std::uint64_t size() const noexcept override { return size_; }

  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= size_) return std::size_t{0};
    auto const wanted =
        static_cast<std::size_t>(std::min<std::uint64_t>(into.size(), size_ - offset));
    std::size_t done = 0;
    while (done < wanted) {
      auto const got = ::pread(file_.get(), into.data() + done, wanted - done,
                               static_cast<off_t>(offset + done));
      if (got < 0 && errno == EINTR) continue;
      if (got < 0) return file_error(errno, "read file", path_);
      if (got == 0) break;
      done += static_cast<std::size_t>(got);
    }
    if (done == wanted && offset + done == size_) {
      if (auto ok = check_unchanged(); !ok) return ok.error();
    }
    return done;
  }

 private:
  /// Asked with the last bytes: a file that was written to meanwhile is a mixture of two states.
  result<void> check_unchanged() const {
    struct stat now {};
    if (::fstat(file_.get(), &now) != 0) return file_error(errno, "read file", path_);
    if (static_cast<std::uint64_t>(now.st_size) == size_ &&
        now.st_mtim.tv_sec == modified_.tv_sec && now.st_mtim.tv_nsec == modified_.tv_nsec) {
      return {};
    }
    return error(errc::file_changed, "the file was written to while it was read (" +
                                         std::to_string(size_) + " bytes when opened, " +
                                         std::to_string(now.st_size) + " now)")
        .with_operation("read file")
        .with_where(path_);
  }

  descriptor file_;
  std::uint64_t size_;
  timespec modified_;
  std::string path_;
};

class memory_source final : public byte_source {
 public:
  explicit memory_source(std::span<std::byte const> data) : data_(data.begin(), data.end()) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return data_.size(); }
  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset >= data_.size()) return std::size_t{0};
    auto const begin = static_cast<std::size_t>(offset);
    auto const count = std::min(into.size(), data_.size() - begin);
    if (count > 0) std::memcpy(into.data(), data_.data() + begin, count);
    return count;
  }

 private:
  bytes data_;
};

}  // namespace

result<std::shared_ptr<byte_source>> open_file_source(std::string const& path) {
  if (path.find('\0') != std::string::npos) {
    return error(errc::unsafe_name, "the path has a NUL in it").with_operation("open file");
  }
  // O_NONBLOCK: opening a named pipe must be refused below, not wait for its writer.
  int fd = -1;
  do {
    fd = ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  } while (fd < 0 && errno == EINTR);
  if (fd < 0) return file_error(errno, "open file", path);
  descriptor file(fd);
  struct stat at_open {};
  if (::fstat(file.get(), &at_open) != 0) return file_error(errno, "open file", path);
  if (!S_ISREG(at_open.st_mode)) {
    return error(errc::file_failed,
                 S_ISDIR(at_open.st_mode) ? "it is a directory" : "it is not a regular file")
        .with_operation("open file")
        .with_where(path);
  }
  return std::make_shared<file_source>(std::move(file), at_open, path);
}

std::shared_ptr<byte_source> make_memory_source(std::span<std::byte const> data) {
  return std::make_shared<memory_source>(data);
}

}  // namespace kiln
