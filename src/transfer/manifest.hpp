#pragma once

#include "transfer/folder.hpp"

#include <kiln/sync.hpp>
#include <kiln/transfer.hpp>

#include <memory>
#include <optional>
#include <string>

// A line of JSON about every item of a transfer or step of a sync, for those who keep books.
namespace kiln::transfer {

/// One line, without its end.
[[nodiscard]] std::string manifest_line(transfer_outcome const& o);
[[nodiscard]] std::string manifest_line(sync_step const& step, transfer_outcome const& o);
[[nodiscard]] std::string manifest_summary(transfer_report const& report);
[[nodiscard]] std::string manifest_summary(sync_report const& report);

/// Written as items end, each line at once. The last line is the summary: without it the transfer
/// did not end. Threads: the transfer's strand; blocks for a small write a line.
class manifest {
 public:
  /// What is in the file goes.
  static result<std::unique_ptr<manifest>> make(std::string const& path);
  void add(std::string line);
  /// Fails with the first error there was.
  [[nodiscard]] result<void> finish(std::string summary);

 private:
  manifest(std::string path, descriptor file) : path_(std::move(path)), file_(std::move(file)) {}
  std::string path_;
  descriptor file_;
  std::optional<error> failed_;
};

}  // namespace kiln::transfer
