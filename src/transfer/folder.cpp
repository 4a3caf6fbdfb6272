#include "transfer/folder.hpp"

#include "transfer/names.hpp"

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <linux/magic.h>
#include <sys/ioctl.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/statvfs.h>
#include <system_error>
#include <unistd.h>

namespace kiln::transfer {

namespace {

constexpr mode_t directory_mode = 0777;  // the umask takes away
constexpr mode_t file_mode = 0666;

template <class Call>
auto uninterrupted(Call call) {
  auto got = call();
  while (got < 0 && errno == EINTR) got = call();
  return got;
}

// Opens, and makes where asked, one directory below `at`; never through a link.
descriptor open_below(int at, char const* name, bool make) {
  constexpr int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  descriptor found(uninterrupted([&] { return ::openat(at, name, flags); }));
  if (found || !make || errno != ENOENT) return found;
  if (::mkdirat(at, name, directory_mode) != 0 && errno != EEXIST) return {};
  return descriptor(uninterrupted([&] { return ::openat(at, name, flags); }));
}

int make_with_parents(std::string const& path) {
  for (std::size_t at = 1; at <= path.size(); ++at) {
    if (at < path.size() && path[at] != '/') continue;
    std::string const prefix = path.substr(0, at);
    if (::mkdir(prefix.c_str(), directory_mode) == 0 || errno == EEXIST) continue;
    int const code = errno;
    struct stat facts {};
    if (::stat(prefix.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode)) continue;  // read-only, say
    return code;
  }
  return 0;
}

std::string_view special_of(mode_t mode) noexcept {
  if (S_ISFIFO(mode)) return "a named pipe";
  if (S_ISSOCK(mode)) return "a socket";
  if (S_ISCHR(mode) || S_ISBLK(mode)) return "a device";
  return "a special file";
}

// File systems that never tell case apart, and those of Linux in a directory made for it.
bool ignores_case_in(int directory) noexcept {
  struct statfs disk {};
  if (::fstatfs(directory, &disk) == 0) {
    constexpr std::uint32_t exfat_magic = 0x2011BAB0;
    constexpr std::uint32_t hfs_plus_magic = 0x482B;
    auto const magic = static_cast<std::uint32_t>(disk.f_type);
    if (magic == MSDOS_SUPER_MAGIC || magic == CIFS_SUPER_MAGIC || magic == SMB2_SUPER_MAGIC ||
        magic == exfat_magic || magic == hfs_plus_magic) {
      return true;
    }
  }
  int flags = 0;
  return ::ioctl(directory, FS_IOC_GETFLAGS, &flags) == 0 && (flags & FS_CASEFOLD_FL) != 0;
}

}  // namespace

error file_error(int code, std::string_view what, std::string_view where) {
  errc kind = errc::file_failed;
  if (code == ENOENT) kind = errc::file_not_found;
  if (code == EEXIST) kind = errc::file_exists;
  if (code == ENOSPC || code == EDQUOT) kind = errc::disk_full;
  std::string text = std::generic_category().message(code);
  if (code == ELOOP) text = "a symbolic link is in the way";
  return error(kind, std::move(text)).with_operation(what).with_where(escaped(where));
}

timestamp modified_of(struct stat const& facts) noexcept {
  constexpr std::int64_t ns_per_ms = 1'000'000;
  auto const& at = facts.st_mtim;
  return timestamp(std::chrono::milliseconds(static_cast<std::int64_t>(at.tv_sec) * 1000 +
                                             at.tv_nsec / ns_per_ms));
}

descriptor::~descriptor() {
  if (fd_ >= 0) ::close(fd_);
}

result<folder> folder::open(std::string const& path, bool make) {
  if (make) {
    if (int const code = make_with_parents(path); code != 0) {
      return file_error(code, "make directory", path);
    }
  }
  descriptor root(
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!root) return file_error(errno, "open directory", path);
  return folder(path, std::move(root));
}

result<descriptor> folder::open_directory(std::string_view relative, bool make) const {
  descriptor at(uninterrupted(
      [&] { return ::openat(root_.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
  if (!at) return file_error(errno, "open directory", path_);
  for (std::size_t from = 0; from < relative.size();) {
    std::size_t const to = std::min(relative.find('/', from), relative.size());
    std::string const name(relative.substr(from, to - from));
    descriptor next = open_below(at.get(), name.c_str(), make);
    if (!next) {
      int const code = errno;
      return file_error(code, make ? "make directory" : "open directory",
                        joined(path_, relative.substr(0, to)));
    }
    at = std::move(next);
    from = to + 1;
  }
  return at;
}

result<void> folder::sync_directory(std::string_view relative) const {
  auto directory = open_directory(relative, false);
  if (!directory) return directory.error();
  // EINVAL: a file system that has nothing to flush.
  if (uninterrupted([&] { return ::fsync(directory->get()); }) != 0 && errno != EINVAL) {
    return file_error(errno, "sync directory", joined(path_, relative));
  }
  return {};
}

result<std::vector<std::string>> names_in(descriptor const& directory, std::string_view where) {
  int const own = ::openat(directory.get(), ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (own < 0) return file_error(errno, "open directory", where);
  std::unique_ptr<DIR, int (*)(DIR*)> const entries(::fdopendir(own), &::closedir);
  if (!entries) {
    int const code = errno;
    ::close(own);
    return file_error(code, "read directory", where);
  }
  std::vector<std::string> names;
  errno = 0;
  while (auto const* entry = ::readdir(entries.get())) {
    std::string_view const name = entry->d_name;
    if (name != "." && name != "..") names.emplace_back(name);
    errno = 0;
  }
  if (errno != 0) return file_error(errno, "read directory", where);
  std::sort(names.begin(), names.end());
  return names;
}

result<entry_facts> facts_of(descriptor const& directory, std::string const& name,
                             std::string_view where, bool follow) {
  struct stat facts {};
  int const flags = follow ? 0 : AT_SYMLINK_NOFOLLOW;
  if (::fstatat(directory.get(), name.c_str(), &facts, flags) != 0) {
    return file_error(errno, "look at file", where);
  }
  entry_facts out;
  out.special = special_of(facts.st_mode);
  if (S_ISREG(facts.st_mode)) out.kind = entry_kind::file;
  if (S_ISDIR(facts.st_mode)) out.kind = entry_kind::directory;
  if (S_ISLNK(facts.st_mode)) out.kind = entry_kind::link;
  out.inode = facts.st_ino;
  if (out.kind != entry_kind::file) return out;
  out.size = static_cast<std::uint64_t>(facts.st_size);
  out.modified = modified_of(facts);
  return out;
}

result<descriptor> open_entry(descriptor const& directory, std::string const& name,
                              std::string_view where, bool follow) {
  int const flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (follow ? 0 : O_NOFOLLOW);
  descriptor out(uninterrupted([&] { return ::openat(directory.get(), name.c_str(), flags); }));
  if (!out) return file_error(errno, "open directory", where);
  return out;
}

identity identity_of(descriptor const& directory) noexcept {
  struct stat facts {};
  if (::fstat(directory.get(), &facts) != 0) return {};
  return {facts.st_dev, facts.st_ino};
}

bool ignores_case(std::string path) {
  for (;;) {
    descriptor const there(
        uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
    if (there) return ignores_case_in(there.get());
    if (errno != ENOENT || path == "." || path == "/") return false;
    path = parent_of(path).empty() ? (path.starts_with('/') ? "/" : ".")
                                   : std::string(parent_of(path));
  }
}

namespace {

// Room for the whole file, asked for before a request is spent on it.
result<void> reserve(int fd, std::uint64_t size, std::string_view where) {
  if (size == 0) return {};
  struct statvfs disk {};
  if (::fstatvfs(fd, &disk) == 0 && disk.f_frsize > 0 &&
      size / disk.f_frsize > static_cast<std::uint64_t>(disk.f_bavail)) {
    return file_error(ENOSPC, "reserve room for file", where);
  }
  if (size > static_cast<std::uint64_t>(INT64_MAX)) {
    return file_error(EFBIG, "reserve room for file", where);
  }
  if (uninterrupted([&] { return ::fallocate(fd, 0, 0, static_cast<off_t>(size)); }) != 0 &&
      errno != EOPNOTSUPP && errno != ENOSYS) {
    return file_error(errno, "reserve room for file", where);
  }
  return {};
}

// Without RENAME_NOREPLACE (some network file systems) a hard link does the same.
int rename_to_free_name(int directory, char const* from, char const* to) {
  if (::renameat2(directory, from, directory, to, RENAME_NOREPLACE) == 0) return 0;
  if (errno != EINVAL && errno != ENOSYS) return errno;
  if (::linkat(directory, from, directory, to, 0) != 0) return errno;
  return ::unlinkat(directory, from, 0) == 0 ? 0 : errno;
}

}  // namespace

result<std::unique_ptr<incoming_file>> incoming_file::in_directory(folder const& in,
                                                                   std::string const& relative,
                                                                   bool make) {
  auto directory = in.open_directory(parent_of(relative), make);
  if (!directory) return directory.error();
  std::unique_ptr<incoming_file> out(new incoming_file);
  out->directory_ = std::move(*directory);
  out->name_ = last_component(relative);
  out->where_ = joined(in.path(), relative);
  return out;
}

result<std::unique_ptr<incoming_file>> incoming_file::make(folder const& in,
                                                           std::string const& relative,
                                                           std::uint64_t size,
                                                           std::string_view unique) {
  auto out = in_directory(in, relative, true);
  if (!out) return out;
  auto& f = **out;
  std::string temporary = temporary_name(f.name_, unique);
  constexpr int flags = O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
  auto const create = [&f, &temporary] {
    f.file_ = descriptor(uninterrupted(
        [&] { return ::openat(f.directory_.get(), temporary.c_str(), flags, file_mode); }));
  };
  create();
  if (!f.file_ && errno == EEXIST) {
    ::unlinkat(f.directory_.get(), temporary.c_str(), 0);
    create();
  }
  if (!f.file_) return file_error(errno, "make file", f.where_);
  f.temporary_ = std::move(temporary);
  if (auto room = reserve(f.file_.get(), size, f.where_); !room) return room.error();
  return out;
}

result<std::unique_ptr<incoming_file>> incoming_file::take_up(folder const& in,
                                                              std::string const& relative,
                                                              std::uint64_t size,
                                                              std::string_view unique) {
  auto out = in_directory(in, relative, false);
  if (!out) return out;
  auto& f = **out;
  std::string temporary = temporary_name(f.name_, unique);
  f.file_ = descriptor(uninterrupted([&] {
    return ::openat(f.directory_.get(), temporary.c_str(), O_RDWR | O_NOFOLLOW | O_CLOEXEC);
  }));
  if (!f.file_) return file_error(errno, "open file", f.where_);
  struct stat facts {};
  bool const usable = ::fstat(f.file_.get(), &facts) == 0 && S_ISREG(facts.st_mode) &&
                      static_cast<std::uint64_t>(facts.st_size) <= size;
  if (!usable) return file_error(ENOENT, "open file", f.where_);
  f.temporary_ = std::move(temporary);
  return out;
}

void incoming_file::remove_leftover(folder const& in, std::string const& relative,
                                    std::string_view unique) {
  auto const directory = in.open_directory(parent_of(relative), false);
  if (!directory) return;
  ::unlinkat(directory->get(), temporary_name(last_component(relative), unique).c_str(), 0);
}

incoming_file::~incoming_file() {
  if (!temporary_.empty()) ::unlinkat(directory_.get(), temporary_.c_str(), 0);
}

result<void> incoming_file::write(std::uint64_t offset, std::span<std::byte const> data) {
  while (!data.empty()) {
    auto const wrote = uninterrupted([&] {
      return ::pwrite(file_.get(), data.data(), data.size(), static_cast<off_t>(offset));
    });
    if (wrote < 0) return file_error(errno, "write file", where_);
    if (wrote == 0) return file_error(EIO, "write file", where_);
    data = data.subspan(static_cast<std::size_t>(wrote));
    offset += static_cast<std::uint64_t>(wrote);
  }
  return {};
}

void incoming_file::begin_writeback(std::uint64_t offset, std::uint64_t size) const noexcept {
  ::sync_file_range(file_.get(), static_cast<off64_t>(offset), static_cast<off64_t>(size),
                    SYNC_FILE_RANGE_WRITE);
}

result<void> incoming_file::read(std::uint64_t offset, std::span<std::byte> into) const {
  while (!into.empty()) {
    auto const got = uninterrupted(
        [&] { return ::pread(file_.get(), into.data(), into.size(), static_cast<off_t>(offset)); });
    if (got < 0) return file_error(errno, "read file", where_);
    if (got == 0) {
      return error(errc::file_changed, "there is less in the file than was written")
          .with_operation("read file")
          .with_where(where_);
    }
    into = into.subspan(static_cast<std::size_t>(got));
    offset += static_cast<std::uint64_t>(got);
  }
  return {};
}

result<void> incoming_file::sync() const {
  if (uninterrupted([&] { return ::fsync(file_.get()); }) != 0) {
    return file_error(errno, "sync file", where_);
  }
  return {};
}

result<void> incoming_file::restart(std::uint64_t size) {
  if (uninterrupted([&] { return ::ftruncate(file_.get(), 0); }) != 0) {
    return file_error(errno, "write file", where_);
  }
  return reserve(file_.get(), size, where_);
}

std::uint64_t incoming_file::inode() const noexcept {
  struct stat facts {};
  return ::fstat(file_.get(), &facts) == 0 ? facts.st_ino : 0;
}

result<void> incoming_file::commit(bool replace) {
  // Network file systems report a failed write only now.
  if (::close(file_.release()) != 0 && errno != EINTR) {
    return file_error(errno, "close file", where_);
  }
  int const at = directory_.get();
  int code = 0;
  if (!replace) {
    code = rename_to_free_name(at, temporary_.c_str(), name_.c_str());
  } else if (::renameat(at, temporary_.c_str(), at, name_.c_str()) != 0) {
    code = errno;
  }
  if (code != 0) return file_error(code, "rename file", where_);
  temporary_.clear();
  return {};
}

}  // namespace kiln::transfer
