#pragma once

#include "transfer/folder.hpp"
#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/selection.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

// What is in a tree. Entries that cannot be looked at are refused, one by one, and the walk goes
// on.
namespace kiln::transfer {

// A tree of a hostile or broken source ends somewhere.
constexpr std::size_t tree_depth_max = 128;  ///< Also the descriptors a local walk holds.
constexpr std::size_t tree_entries_max = 20'000'000;
constexpr std::size_t lists_in_flight_max = 24;

/// Whether a directory is to be looked into, or another entry be reported at all, by its path
/// relative to the root. Null: yes.
using entry_filter = std::function<bool(std::string_view path)>;
inline entry_filter const everywhere{};
inline entry_filter const everything{};

/// A walk of a local tree, depth first, names in order of their bytes, a few entries at a time.
/// Unless they are followed, links are left out with a word, so that it cannot leave the tree nor
/// run in circles; a followed one that leads to a directory around it is refused.
class local_walk {
 public:
  explicit local_walk(folder const& root, entry_filter const& enters = everywhere,
                      entry_filter const& takes = everything, link_mode links = link_mode::skip);
  /// Looks at up to `count` entries more; false when there are none left.
  bool step(std::size_t count);
  [[nodiscard]] listing take() && { return std::move(out_); }

 private:
  struct level {
    descriptor directory;
    identity self;
    std::string path;  // relative to the root
    std::vector<std::string> names;
    std::size_t next = 0;
  };
  bool enter(descriptor directory, std::string const& path);
  void look_at(std::string const& name);
  void look_into(std::string const& name, std::string path, std::string const& where);
  void refuse(std::string const& path, bool is_dir, error reason,
              transfer_state state = transfer_state::failed);

  folder const& root_;
  entry_filter const& enters_;
  entry_filter const& takes_;
  bool follow_;
  std::vector<level> levels_;
  listing out_;
};

/// All of a local tree, but not what is below directories that are not entered; lets other work of
/// the executor run between the steps.
task<listing> walk_local(folder const& root, entry_filter const& enters = everywhere,
                         entry_filter const& takes = everything, link_mode links = link_mode::skip);

/// Refuses what was asked for by its path (selection::only) and is not in the tree below `root`,
/// unless it is excluded or refused already.
void add_missing(selection const& chosen, bool local, std::string const& root, listing& tree);

struct remote_tree {
  listing found;
  std::uint64_t lists = 0;  ///< Requests made.
  std::uint64_t statuses = 0;
};
/// All of a remote tree whose root was listed already as `first`: one list a directory, several at
/// once. A directory that cannot be listed is refused, with the reason. To be awaited on a strand.
task<remote_tree> walk_remote(remote& from, std::string const& root,
                              std::vector<dbfs::file_info> first,
                              entry_filter const& enters = everywhere,
                              entry_filter const& takes = everything);

}  // namespace kiln::transfer
