#include "transfer/local_changes.hpp"

#include "transfer/names.hpp"
#include "transfer/tree_walk.hpp"

#include <cerrno>
#include <chrono>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace kiln::transfer {

namespace {

result<void> remove_entry(descriptor const& directory, std::string const& name,
                          std::string const& where, std::size_t depth);

result<void> empty_directory(descriptor const& parent, std::string const& name,
                             std::string const& where, std::size_t depth) {
  if (depth == tree_depth_max) {
    return error(errc::unsafe_name, "too many directories deep to be removed").with_where(where);
  }
  descriptor const directory(
      ::openat(parent.get(), name.c_str(), O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
  if (!directory) return file_error(errno, "remove", where);
  auto names = names_in(directory, where);
  if (names.has_error()) return names.error();
  for (auto const& below : *names) {
    auto const done = remove_entry(directory, below, joined(where, below), depth + 1);
    if (done.has_error()) return done.error();
  }
  return {};
}

result<void> remove_entry(descriptor const& directory, std::string const& name,
                          std::string const& where, std::size_t depth) {
  if (::unlinkat(directory.get(), name.c_str(), 0) == 0 || errno == ENOENT) return {};
  // Linux says EISDIR, POSIX EPERM.
  if (errno != EISDIR && errno != EPERM) return file_error(errno, "remove", where);
  auto const emptied = empty_directory(directory, name, where, depth);
  if (emptied.has_error()) return emptied.error();
  if (::unlinkat(directory.get(), name.c_str(), AT_REMOVEDIR) == 0 || errno == ENOENT) return {};
  return file_error(errno, "remove", where);
}

}  // namespace

result<void> remove_below(folder const& root, std::string const& path) {
  auto const directory = root.open_directory(parent_of(path), false);
  if (directory.has_error()) return directory.error();
  return remove_entry(*directory, std::string(last_component(path)), joined(root.path(), path), 0);
}

void set_modified(folder const& root, std::string const& path, timestamp modified) {
  auto const directory = root.open_directory(parent_of(path), false);
  if (directory.has_error()) return;
  auto const ms = modified.time_since_epoch().count();
  auto const seconds = ms >= 0 ? ms / 1000 : 0;
  ::timespec const times[2] = {{0, UTIME_OMIT}, {seconds, (ms >= 0 ? ms % 1000 : 0) * 1'000'000}};
  std::string const name(last_component(path));
  ::utimensat(directory->get(), name.c_str(), times, AT_SYMLINK_NOFOLLOW);
}

}  // namespace kiln::transfer
