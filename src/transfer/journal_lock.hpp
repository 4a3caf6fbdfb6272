#pragma once

#include "transfer/folder.hpp"

#include <kiln/result.hpp>

#include <optional>
#include <string>
#include <sys/types.h>
#include <vector>

namespace kiln::transfer {

/// That this process alone works on one journal; ends with the object, or the process.
class journal_lock {
 public:
  /// Fails with errc::conflict, naming the process and `what` ("transfer 0123456789abcdef"), when
  /// another one has it; this one too, if it holds it already.
  static result<journal_lock> take(std::string const& path, std::string const& what);
  /// The process that has it, 0 when its number is not known; nullopt when nobody has.
  static std::optional<pid_t> holder(std::string const& path);
  /// While it is still held.
  void remove_file() const;

 private:
  journal_lock(std::string path, descriptor file)
      : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  descriptor file_;
};

/// A journal as it lies in its directory: a database beside the lock of its name.
struct kept_journal {
  std::string id;
  std::string path;
  std::optional<pid_t> holder;
};
/// In order of their names; none where there is no such directory. Blocks for a moment.
[[nodiscard]] result<std::vector<kept_journal>> journals_in(std::string const& directory);

}  // namespace kiln::transfer
