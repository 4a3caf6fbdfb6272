#pragma once

#include "transfer/remote.hpp"

#include <kiln/remote_files.hpp>

#include <functional>
#include <string>

namespace kiln::transfer {

/// Called after each step of a removal, on its executor.
using removal_progress = std::function<void(remove_progress const&)>;

/// Calls that may say PARTIAL_DELETE one after another, of one tree.
constexpr int partial_deletes_max = 100'000;
constexpr int partial_deletes_idle_max = 20;  ///< Of these in a row, those that deleted nothing.

/// Deletes a directory with all below it, or a file. What is not there is a success. Of a volume it
/// lists first, and deletes nothing when a part of the tree cannot be listed. To be awaited on a
/// strand.
task<remove_report> remove_tree(remote& from, std::string path, removal_progress told);

/// What that, or the deletion of one file or empty directory, takes. Of what is not there DBFS is
/// told all the same.
task<remove_plan> plan_removal(remote& from, std::string path, bool recursive);

}  // namespace kiln::transfer
