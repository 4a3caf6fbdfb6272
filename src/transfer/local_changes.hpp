#pragma once

#include "transfer/folder.hpp"

#include <kiln/timestamp.hpp>

#include <string>

// Changes to a local tree that is made like another; like everything below a folder, without
// following a symbolic link.
namespace kiln::transfer {

/// A file, a link, or a directory with all that is in it. What is not there is no error.
[[nodiscard]] result<void> remove_below(folder const& root, std::string const& path);
/// Gives a file its time of change. Failing to is not worth a word: the next run looks again.
void set_modified(folder const& root, std::string const& path, timestamp modified);

}  // namespace kiln::transfer
