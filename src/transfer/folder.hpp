#pragma once

#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <utility>
#include <vector>

// The local side of a transfer. Below its root a folder is only ever walked component by component
// without following a symbolic link, so nothing outside is read or written, even if links are made
// while a transfer runs. All calls block, each for one small piece of work.
namespace kiln::transfer {

/// What errno `code` says about `what` at `where`.
[[nodiscard]] error file_error(int code, std::string_view what, std::string_view where);

/// When what `facts` are of was last written to.
[[nodiscard]] timestamp modified_of(struct stat const& facts) noexcept;

class descriptor {
 public:
  descriptor() = default;
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  descriptor(descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  descriptor& operator=(descriptor&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~descriptor();
  [[nodiscard]] int get() const noexcept { return fd_; }
  [[nodiscard]] explicit operator bool() const noexcept { return fd_ >= 0; }
  int release() noexcept { return std::exchange(fd_, -1); }

 private:
  int fd_ = -1;
};

enum class entry_kind : std::uint8_t { file, directory, link, other };

struct entry_facts {
  entry_kind kind = entry_kind::other;
  std::string_view special{};  ///< Of `other`: "a named pipe"; static.
  std::uint64_t size = 0;
  timestamp modified{};     ///< Of a file.
  std::uint64_t inode = 0;  ///< The same under whatever name.
};

class folder {
 public:
  /// `make`: it and its parents are made where missing.
  static result<folder> open(std::string const& path, bool make);

  /// The directory `relative` ("" is the root itself); `make` as above.
  [[nodiscard]] result<descriptor> open_directory(std::string_view relative, bool make) const;
  /// Flushes the entries of a directory to the disk.
  [[nodiscard]] result<void> sync_directory(std::string_view relative) const;
  [[nodiscard]] std::string const& path() const noexcept { return path_; }

 private:
  folder(std::string path, descriptor root) : path_(std::move(path)), root_(std::move(root)) {}
  std::string path_;
  descriptor root_;
};

/// Names in a directory, sorted by bytes, without "." and "..".
result<std::vector<std::string>> names_in(descriptor const& directory, std::string_view where);
/// Of the entry itself; `follow`: of what a link leads to.
result<entry_facts> facts_of(descriptor const& directory, std::string const& name,
                             std::string_view where, bool follow = false);
/// The directory `name` in `directory`; only with `follow` through a link.
result<descriptor> open_entry(descriptor const& directory, std::string const& name,
                              std::string_view where, bool follow);
/// What tells an open directory from every other.
struct identity {
  std::uint64_t device = 0, inode = 0;
  bool operator==(identity const&) const = default;
};
[[nodiscard]] identity identity_of(descriptor const& directory) noexcept;
/// Whether names that differ in case only are one name in `path`, or, where that is missing, in the
/// next directory above it. False when it cannot be told.
[[nodiscard]] bool ignores_case(std::string path);

/// A file that is being received: written under a temporary name in its folder, then given its own.
/// Goes away with the object unless commit() has succeeded.
class incoming_file {
 public:
  /// Makes missing directories on the way and reserves the room. `unique`: 16 characters. What is
  /// there under the temporary name is left over from a process that was killed, and goes.
  static result<std::unique_ptr<incoming_file>> make(folder const& in, std::string const& relative,
                                                     std::uint64_t size, std::string_view unique);
  /// What such a process left, to be gone on with; it is not longer than `size`.
  static result<std::unique_ptr<incoming_file>> take_up(folder const& in,
                                                        std::string const& relative,
                                                        std::uint64_t size,
                                                        std::string_view unique);
  /// Deletes it, if it is there.
  static void remove_leftover(folder const& in, std::string const& relative,
                              std::string_view unique);
  ~incoming_file();
  incoming_file(incoming_file const&) = delete;
  incoming_file& operator=(incoming_file const&) = delete;

  /// May run on another thread, beside read(), sync() and writes of other ranges.
  [[nodiscard]] result<void> write(std::uint64_t offset, std::span<std::byte const> data);
  /// Lets the disk begin with what was written, so that sync() finds little left to do. A hint:
  /// what goes wrong is told by sync().
  void begin_writeback(std::uint64_t offset, std::uint64_t size) const noexcept;
  /// What was written; file_changed where there is less.
  [[nodiscard]] result<void> read(std::uint64_t offset, std::span<std::byte> into) const;
  /// What was written is on the disk. May run on another thread, beside write().
  [[nodiscard]] result<void> sync() const;
  /// Begins again, with another size.
  [[nodiscard]] result<void> restart(std::uint64_t size);
  [[nodiscard]] std::uint64_t inode() const noexcept;
  /// Gives it its name; it is not written to any more. Fails with errc::file_exists when `replace`
  /// is false and the name is taken by now.
  [[nodiscard]] result<void> commit(bool replace);
  /// Leaves it under its temporary name for take_up().
  void keep() noexcept { temporary_.clear(); }

 private:
  incoming_file() = default;
  static result<std::unique_ptr<incoming_file>> in_directory(folder const& in,
                                                             std::string const& relative,
                                                             bool make);
  descriptor directory_;
  descriptor file_;
  std::string name_;
  std::string temporary_;
  std::string where_;
};

}  // namespace kiln::transfer
