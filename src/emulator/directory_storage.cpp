#include "emulator/dbfs_path.hpp"
#include "emulator/storage.hpp"

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <fcntl.h>
#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <unistd.h>
#include <utility>

namespace kiln::emulation {

namespace {

namespace fs = std::filesystem;

constexpr std::string_view unplaced_prefix = ".kiln-upload-";

error failed(std::string_view doing, fs::path const& what, int number) {
  auto const code = number == ENOSPC || number == EDQUOT ? errc::disk_full : errc::file_failed;
  return error(code, std::string(doing) + ' ' + what.string() + ": " +
                         std::generic_category().message(number));
}

bool is_stored_as_is(char c, bool first) noexcept {
  auto const u = static_cast<unsigned char>(c);
  return u >= 0x20 && u != 0x7f && c != '%' && c != '/' && c != '\\' && !(first && c == '.');
}

/// One name of a DBFS path as a file name: one to one, never "." or "..", never an unplaced file.
std::string file_name(std::string_view name) {
  constexpr char digits[] = "0123456789ABCDEF";
  std::string out;
  for (char const c : name) {
    if (is_stored_as_is(c, out.empty())) {
      out += c;
    } else {
      auto const u = static_cast<unsigned char>(c);
      ((out += '%') += digits[u >> 4]) += digits[u & 15U];
    }
  }
  return out;
}

/// nullopt for a file name that file_name never gives.
std::optional<std::string> dbfs_name(std::string const& file) {
  std::string escaped;  // '+' stands for itself here
  for (char const c : file) {
    if (c == '+') {
      escaped += "%2B";
    } else {
      escaped += c;
    }
  }
  auto name = percent_decoded(escaped);
  if (!name || file_name(*name) != file || !is_utf8(*name)) return std::nullopt;
  return name;
}

class file_content final : public content {
 public:
  file_content(fs::path root, fs::path at, int fd)
      : root_(std::move(root)), at_(std::move(at)), fd_(fd) {}
  file_content(fs::path root, std::uint64_t size) : root_(std::move(root)), size_(size) {}
  file_content(file_content const&) = delete;
  file_content& operator=(file_content const&) = delete;
  ~file_content() override {
    seal();
    if (!placed() && !at_.empty()) ::unlink(at_.c_str());
  }

  result<void> append(std::span<std::byte const> data) override;
  void seal() noexcept override {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  result<void> read(std::string_view path, std::uint64_t offset,
                    std::span<std::byte> into) override;
  std::uint64_t size() const noexcept override { return size_; }

  [[nodiscard]] fs::path const& unplaced_at() const noexcept { return at_; }
  [[nodiscard]] bool placed() const noexcept { return at_.empty(); }
  void now_placed() { at_.clear(); }

 private:
  fs::path root_;
  fs::path at_;  ///< Empty once it has a name.
  int fd_ = -1;
  std::uint64_t size_ = 0;
};

fs::path path_on_disk(fs::path const& root, std::string_view path) {
  fs::path out = root;
  for (auto const name : components(path)) out /= file_name(name);
  return out;
}

result<void> file_content::append(std::span<std::byte const> data) {
  while (!data.empty()) {
    auto const n = ::write(fd_, data.data(), data.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) return failed("cannot write", at_.empty() ? root_ : at_, errno);
    data = data.subspan(static_cast<std::size_t>(n));
    size_ += static_cast<std::uint64_t>(n);
  }
  return {};
}

result<void> file_content::read(std::string_view path, std::uint64_t offset,
                                std::span<std::byte> into) {
  auto const from = path_on_disk(root_, path);
  int const fd = ::open(from.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
  if (fd < 0) return failed("cannot open", from, errno);
  int number = 0;
  while (!into.empty() && number == 0) {
    auto const n = ::pread(fd, into.data(), into.size(), static_cast<off_t>(offset));
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) {
      number = n < 0 ? errno : EIO;
    } else {
      into = into.subspan(static_cast<std::size_t>(n));
      offset += static_cast<std::uint64_t>(n);
    }
  }
  ::close(fd);
  if (number != 0) return failed("cannot read", from, number);
  return {};
}

class directory_storage final : public storage {
 public:
  explicit directory_storage(fs::path root) : root_(std::move(root)) {}

  result<std::shared_ptr<content>> create() override {
    auto at = root_ / (std::string(unplaced_prefix) + std::to_string(::getpid()) + '-' +
                       std::to_string(++serial_));
    int const fd = ::open(at.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0) return failed("cannot create", at, errno);
    return std::shared_ptr<content>(std::make_shared<file_content>(root_, std::move(at), fd));
  }

  result<void> place(content& bytes, std::string_view path) override {
    auto& file = static_cast<file_content&>(bytes);
    auto const to = path_on_disk(root_, path);
    if (::rename(file.unplaced_at().c_str(), to.c_str()) != 0) {
      return failed("cannot name", to, errno);
    }
    file.now_placed();
    return {};
  }

  result<void> make_folder(std::string_view path) override {
    auto const at = path_on_disk(root_, path);
    if (::mkdir(at.c_str(), 0700) == 0) return {};
    int const number = errno;
    std::error_code ignored;
    if (number == EEXIST && fs::symlink_status(at, ignored).type() == fs::file_type::directory) {
      return {};
    }
    return failed("cannot make", at, number);
  }

  result<void> move(std::string_view from, std::string_view to) override {
    auto const source = path_on_disk(root_, from);
    if (::rename(source.c_str(), path_on_disk(root_, to).c_str()) != 0) {
      return failed("cannot move", source, errno);
    }
    return {};
  }

  result<void> remove(std::string_view path) override {
    auto const at = path_on_disk(root_, path);
    if (::remove(at.c_str()) != 0 && errno != ENOENT) return failed("cannot remove", at, errno);
    return {};
  }

  result<std::vector<stored_entry>> load() override {
    std::vector<stored_entry> out;
    if (auto done = load_folder(root_, "", 0, out); !done) return done.error();
    return out;
  }

 private:
  result<void> load_folder(fs::path const& folder, std::string const& path, std::size_t depth,
                           std::vector<stored_entry>& out) {
    std::error_code code;
    for (fs::directory_iterator it(folder, code), end; !code && it != end; it.increment(code)) {
      auto const file = it->path().filename().string();
      if (depth == 0 && file.starts_with(unplaced_prefix)) {  // left by a killed emulator
        std::error_code ignored;
        fs::remove(it->path(), ignored);
        continue;
      }
      auto const name = dbfs_name(file);
      auto const type = it->symlink_status(code).type();
      if (!name || code) continue;
      stored_entry entry{path + '/' + *name, type == fs::file_type::directory, nullptr, {}};
      if (!entry.is_dir && type != fs::file_type::regular) continue;
      struct stat facts {};
      if (::lstat(it->path().c_str(), &facts) != 0) continue;
      entry.modified = std::chrono::system_clock::from_time_t(facts.st_mtime);
      if (!entry.is_dir) {
        entry.bytes =
            std::make_shared<file_content>(root_, static_cast<std::uint64_t>(facts.st_size));
      }
      out.push_back(entry);
      if (!entry.is_dir || depth + 1 >= path_depth_max) continue;
      if (auto done = load_folder(it->path(), entry.path, depth + 1, out); !done) return done;
    }
    if (code) return failed("cannot list", folder, code.value());
    return {};
  }

  fs::path root_;
  std::atomic<std::uint64_t> serial_ = 0;  ///< Uploads create outside the lock of the workspace.
};

}  // namespace

std::unique_ptr<storage> make_directory_storage(std::string const& data_dir) {
  if (data_dir.empty()) throw std::invalid_argument("emulator_options::data_dir is empty");
  fs::create_directories(data_dir);
  if (!fs::is_directory(data_dir) || ::access(data_dir.c_str(), W_OK | X_OK) != 0) {
    throw std::system_error(errno != 0 ? errno : ENOTDIR, std::generic_category(),
                            "emulator data_dir " + data_dir);
  }
  return std::make_unique<directory_storage>(fs::absolute(data_dir));
}

}  // namespace kiln::emulation
