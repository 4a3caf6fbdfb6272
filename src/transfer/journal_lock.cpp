#include "transfer/journal_lock.hpp"

#include "transfer/names.hpp"

#include <cerrno>
#include <cstdlib>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <utility>

namespace kiln::transfer {

namespace {

constexpr int takes_max = 16;
constexpr mode_t private_mode = 0600;

pid_t read_pid(int fd) {
  char text[32] = {};
  auto const got = ::pread(fd, text, sizeof text - 1, 0);
  return got > 0 ? static_cast<pid_t>(std::strtol(text, nullptr, 10)) : 0;
}

// Of the open file, not of the process: two transfers of one process exclude each other too, and
// asking who has it takes nothing.
struct flock whole_file(short kind) {
  struct flock out {};
  out.l_type = kind;
  out.l_whence = SEEK_SET;
  return out;
}

// A lock on a file that was removed meanwhile protects nothing.
bool is_file_at(int fd, std::string const& path) {
  struct stat held {};
  struct stat named {};
  return ::fstat(fd, &held) == 0 && ::stat(path.c_str(), &named) == 0 &&
         held.st_ino == named.st_ino && held.st_dev == named.st_dev;
}

error taken(std::string const& what, pid_t by) {
  std::string who = "another process";
  if (by > 0) who = by == ::getpid() ? "this process" : "process " + std::to_string(by);
  return error(errc::conflict,
               who + " is at work on " + what + ": wait until it has ended, or interrupt it")
      .with_operation("journal");
}

}  // namespace

result<journal_lock> journal_lock::take(std::string const& path, std::string const& what) {
  for (int i = 0; i < takes_max; ++i) {
    descriptor file(::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, private_mode));
    if (!file) return file_error(errno, "journal", path);
    struct flock wanted = whole_file(F_WRLCK);
    if (::fcntl(file.get(), F_OFD_SETLK, &wanted) != 0) {
      if (errno == EAGAIN || errno == EACCES) return taken(what, read_pid(file.get()));
      return file_error(errno, "journal", path);
    }
    if (!is_file_at(file.get(), path)) continue;
    std::string const pid = std::to_string(::getpid()) + "\n";
    bool const written =
        ::ftruncate(file.get(), 0) == 0 && ::pwrite(file.get(), pid.data(), pid.size(), 0) >= 0;
    if (!written) return file_error(errno, "journal", path);
    return journal_lock(path, std::move(file));
  }
  return taken(what, 0);
}

std::optional<pid_t> journal_lock::holder(std::string const& path) {
  descriptor const file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return std::nullopt;
  struct flock asked = whole_file(F_WRLCK);
  if (::fcntl(file.get(), F_OFD_GETLK, &asked) != 0 || asked.l_type == F_UNLCK) return std::nullopt;
  return read_pid(file.get());
}

void journal_lock::remove_file() const { ::unlink(path_.c_str()); }

result<std::vector<kept_journal>> journals_in(std::string const& directory) {
  constexpr std::string_view ending = ".db";
  std::vector<kept_journal> out;
  auto const dir = folder::open(directory, false);
  if (dir.has_error() && dir.error().code() == errc::file_not_found) return out;
  if (dir.has_error()) return dir.error();
  auto const held = dir->open_directory({}, false);
  if (held.has_error()) return held.error();
  auto const names = names_in(*held, directory);
  if (names.has_error()) return names.error();
  for (auto const& name : *names) {
    if (!name.ends_with(ending)) continue;
    std::string id = name.substr(0, name.size() - ending.size());
    auto const holder = journal_lock::holder(joined(directory, id + ".lock"));
    out.push_back({std::move(id), joined(directory, name), holder});
  }
  return out;
}

}  // namespace kiln::transfer
