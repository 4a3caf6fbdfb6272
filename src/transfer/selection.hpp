#pragma once

#include <kiln/result.hpp>

#include <span>
#include <string>
#include <string_view>
#include <vector>

// Which entries of a tree take part in a transfer. Pure.
namespace kiln::transfer {

/// A pattern over paths relative to the root of a tree:
///   *      any characters but '/'          ?   one character but '/'
///   [a-z]  one of these, [!a-z] none       **  any directories, also none; at the end: all below
///   \x     the character x itself
/// Without a '/' (but at its end) it is matched with the last component, at any depth; with one,
/// with the whole path. A '/' at its end lets it match directories only. Case counts.
class glob {
 public:
  /// errc::invalid_argument names the pattern and the column where it is broken.
  static result<glob> parse(std::string_view pattern);

  [[nodiscard]] bool matches(std::string_view path, bool is_dir) const noexcept;
  [[nodiscard]] std::string const& text() const noexcept { return text_; }

 private:
  std::string text_;
  std::string body_;  // without the slashes at its ends
  bool directories_only_ = false;
  bool whole_path_ = false;
};

/// Globs and a list of names together. Order does not matter: what is excluded stays out, whatever
/// else includes it; without includes everything is included.
class selection {
 public:
  selection() = default;
  /// Errors as glob::parse.
  static result<selection> make(std::span<std::string const> includes,
                                std::span<std::string const> excludes);
  /// Only these relative paths, files or whole directories. Errors name the line of a path that is
  /// absolute, empty or leads out of the tree.
  result<void> only(std::span<std::string const> paths);

  /// Of a directory: whether to look into it at all. Of a file: whether it takes part. Those above
  /// `path` are known to be entered.
  [[nodiscard]] bool enters(std::string_view directory) const noexcept;
  [[nodiscard]] bool takes(std::string_view file) const noexcept;
  /// A directory without content is made on the other side only if it is itself included.
  [[nodiscard]] bool makes(std::string_view directory) const noexcept;
  [[nodiscard]] bool everything() const noexcept;
  /// Whether `path`, or a directory above it, is excluded.
  [[nodiscard]] bool leaves_out(std::string_view path, bool is_dir) const noexcept;
  /// The same for the same choice, in whatever order it was given: "include '*.csv', 3 paths
  /// (0123456789abcdef)"; empty for everything.
  [[nodiscard]] std::string text() const;
  /// Those given to only() that are not among `seen`, a sorted list of all paths of the tree.
  [[nodiscard]] std::vector<std::string> missing_from(std::span<std::string const> seen) const;

 private:
  [[nodiscard]] bool excluded(std::string_view path, bool is_dir) const noexcept;
  [[nodiscard]] bool listed(std::string_view path) const noexcept;

  std::vector<glob> includes_;
  std::vector<glob> excludes_;
  std::vector<std::string> paths_;  // sorted
  bool limited_ = false;
};

}  // namespace kiln::transfer
