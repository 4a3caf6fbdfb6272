#include "transfer/sync_plan.hpp"

#include "transfer/names.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kiln {

std::string_view to_string(sync_action action) noexcept {
  switch (action) {
    case sync_action::copy:
      return "copy";
    case sync_action::replace:
      return "replace";
    case sync_action::move:
      return "move";
    case sync_action::make_directory:
      return "make_directory";
    case sync_action::remove:
      return "remove";
  }
  return "unknown";
}

std::chrono::milliseconds sync_plan::least_time() const noexcept {
  transfer_plan same;
  same.requests = requests;
  same.rate = rate;
  return same.least_time();
}

namespace transfer {

namespace {

using index = std::map<std::string_view, sync_entry const*>;

index index_of(std::vector<sync_entry> const& entries) {
  index out;
  for (auto const& e : entries) out.emplace(e.path, &e);
  return out;
}

bool takes(sync_rules const& rules, sync_entry const& e) {
  if (rules.chosen == nullptr) return true;
  return e.is_dir ? rules.chosen->makes(e.path) : rules.chosen->takes(e.path);
}

/// Why a file at the target is not that of the source; empty: it is, as far as can be seen.
std::string_view difference(sync_entry const& source, sync_entry const& target) {
  if (source.size != target.size) return "size differs";
  if (source.modified && target.modified && *source.modified > *target.modified) {
    return "newer at the source";
  }
  return {};
}

bool is_at_or_below(std::string_view path, std::string_view directory) {
  return directory.empty() || path == directory ||
         (path.starts_with(directory) && path[directory.size()] == '/');
}

class planner {
 public:
  planner(two_trees const& trees, sync_rules const& rules,
          std::vector<std::string> const& different)
      : trees_(trees),
        rules_(rules),
        different_(different),
        source_(index_of(trees.source)),
        target_(index_of(trees.target)) {
    for (auto const& r : trees.remembered) remembered_.emplace(r.inode, &r);
    if (!rules.ignores_case) return;
    for (auto const& [path, entry] : source_) taken_by_.emplace(without_case(path), path);
    for (auto const& [path, entry] : target_) like_target_.emplace(without_case(path), entry);
  }

  sync_plan make() && {
    plan_.upload = rules_.upload;
    for (auto const& [path, entry] : source_) look_at(*entry);
    if (rules_.remove) remove_the_rest();
    // Roots of removed trees first; steps of one kind keep the order of their paths.
    std::vector<sync_step> all;
    for (auto* part : {&first_, &rooms_, &moves_, &directories_, &copies_, &last_}) {
      for (auto& step : *part) all.push_back(std::move(step));
    }
    plan_.steps = std::move(all);
    return std::move(plan_);
  }

 private:
  void look_at(sync_entry const& source) {
    if (!takes(rules_, source)) return;
    if (!source.is_dir && is_second(source)) return;
    auto const* target = at_target(source.path);
    if (target != nullptr && target->is_dir != source.is_dir) {
      // A file cannot be where a directory is. Without leave to remove, the copy fails and says so.
      bool const may_go = target->is_dir ? nothing_below_stays(*target) : is_known(*target);
      if (rules_.remove && may_go) remove(first_, *target, "is in the way");
      target = nullptr;
    }
    if (source.is_dir) {
      if (target == nullptr && is_empty(source)) make_directory(source);
      return;
    }
    if (target == nullptr) return add_file(source);
    auto why = difference(source, *target);
    bool const compared = std::binary_search(different_.begin(), different_.end(), source.path);
    if (why.empty() && compared) why = "content differs";
    if (why.empty()) {
      ++plan_.unchanged;
    } else {
      copy(source, sync_action::replace, why);
    }
  }

  [[nodiscard]] sync_entry const* at_target(std::string_view path) const {
    auto const there = target_.find(path);
    if (there != target_.end()) return there->second;
    if (!rules_.ignores_case) return nullptr;
    auto const like = like_target_.find(without_case(path));
    return like == like_target_.end() ? nullptr : like->second;
  }

  /// Of files of the source that would be one at the target; refuses it then.
  bool is_second(sync_entry const& source) {
    if (!rules_.ignores_case) return false;
    auto const& first = taken_by_.at(without_case(source.path));
    if (first == source.path) return false;
    transfer_item item{source.path, {}, false, source.size, source.modified};
    error why(errc::unsafe_name, "differs only in case from " + escaped(first) +
                                     ", and the target does not tell them apart");
    plan_.refused.push_back({std::move(item), std::move(why)});
    return true;
  }

  void add_file(sync_entry const& source) {
    auto const* from = renamed_from(source);
    if (from == nullptr) return copy(source, sync_action::copy, "missing at the target");
    taken_.push_back(from->path);
    ++plan_.requests.move;
    make_parent_of(source.path);
    moves_.push_back(
        {sync_action::move, source.path, from->path, false, 0, "renamed at the source"});
  }

  /// A move, unlike a put, makes no directories.
  void make_parent_of(std::string_view path) {
    auto const parent = parent_of(path);
    if (parent.empty() || !made_.insert(parent).second) return;
    auto const there = target_.find(parent);
    if (there != target_.end() && there->second->is_dir) return;
    rooms_.push_back({sync_action::make_directory, std::string(parent), {}, true, 0, "for a move"});
    ++plan_.requests.mkdirs;
  }

  void copy(sync_entry const& source, sync_action action, std::string_view why) {
    copies_.push_back({action, source.path, {}, false, source.size, why});
    ++plan_.files;
    plan_.bytes += source.size;
    add(plan_.requests, rules_.upload ? upload_requests(source.size, rules_.uploads)
                                      : download_requests(source.size, rules_.uploads.volume));
  }

  void make_directory(sync_entry const& source) {
    directories_.push_back({sync_action::make_directory, source.path, {}, true, 0, "empty"});
    if (rules_.upload) ++plan_.requests.mkdirs;
  }

  [[nodiscard]] bool is_empty(sync_entry const& directory) const {
    auto const next = source_.upper_bound(directory.path + '/');
    return next == source_.end() || !is_at_or_below(next->first, directory.path);
  }

  [[nodiscard]] bool is_known(sync_entry const& e) const {
    return std::none_of(trees_.unknown.begin(), trees_.unknown.end(),
                        [&e](std::string const& unknown) {
                          return is_at_or_below(e.path, unknown) || is_at_or_below(unknown, e.path);
                        });
  }

  /// The file at the target that this one was before it was renamed: its inode, size and time of
  /// change are those remembered under another name, which is gone, and the target has not been
  /// touched since.
  [[nodiscard]] sync_entry const* renamed_from(sync_entry const& source) const {
    bool const movable = rules_.upload && rules_.remove && !rules_.uploads.volume;
    if (!movable || source.inode == 0) return nullptr;
    auto const known = remembered_.find(source.inode);
    if (known == remembered_.end()) return nullptr;
    auto const& was = *known->second;
    if (was.size != source.size || !source.modified || *source.modified != was.local_modified) {
      return nullptr;
    }
    if (source_.contains(was.path)) return nullptr;
    auto const there = target_.find(was.path);
    if (there == target_.end() || there->second->is_dir || there->second->size != was.size) {
      return nullptr;
    }
    if (!there->second->modified || *there->second->modified > was.seen) return nullptr;
    if (rules_.chosen != nullptr && !rules_.chosen->takes(was.path)) return nullptr;
    bool const used = std::find(taken_.begin(), taken_.end(), was.path) != taken_.end();
    return used || !is_known(*there->second) ? nullptr : there->second;
  }

  /// Whether all below a directory of the target goes, so that one request removes it.
  [[nodiscard]] bool goes_whole(sync_entry const& directory) const {
    return !source_.contains(directory.path) && nothing_below_stays(directory);
  }
  [[nodiscard]] bool nothing_below_stays(sync_entry const& directory) const {
    auto at = target_.upper_bound(directory.path);
    for (; at != target_.end(); ++at) {
      if (!at->first.starts_with(directory.path)) break;
      if (!is_at_or_below(at->first, directory.path)) continue;
      if (source_.contains(at->first) || kept(*at->second)) return false;
    }
    return is_known(directory) && !kept(directory);
  }

  /// What is not chosen is none of our business, and stays.
  [[nodiscard]] bool kept(sync_entry const& e) const {
    if (rules_.ignores_case && taken_by_.contains(without_case(e.path))) return true;
    if (rules_.chosen == nullptr) return false;
    return e.is_dir ? !rules_.chosen->makes(e.path) : !rules_.chosen->takes(e.path);
  }

  void remove_the_rest() {
    std::sort(taken_.begin(), taken_.end());
    for (auto const& [path, target] : target_) {
      if (is_gone(path) || source_.contains(path) || kept(*target) || !is_known(*target)) continue;
      if (std::binary_search(taken_.begin(), taken_.end(), path)) continue;
      if (target->is_dir && !goes_whole(*target)) continue;
      remove(last_, *target, "not at the source");
    }
  }

  [[nodiscard]] bool is_gone(std::string_view path) const {
    for (auto at = path.find('/'); at != std::string_view::npos; at = path.find('/', at + 1)) {
      if (gone_.contains(path.substr(0, at))) return true;
    }
    return gone_.contains(path);
  }

  void remove(std::vector<sync_step>& to, sync_entry const& target, std::string_view why) {
    to.push_back({sync_action::remove, target.path, {}, target.is_dir, 0, why});
    gone_.insert(target.path);
    if (!rules_.upload) return;
    ++plan_.requests.delete_;
    if (rules_.uploads.volume && target.is_dir) count_each_below(target);
  }

  /// A volume deletes neither with what is below nor without being told what that is.
  void count_each_below(sync_entry const& directory) {
    ++plan_.requests.list;
    for (auto at = target_.upper_bound(directory.path); at != target_.end(); ++at) {
      if (!at->first.starts_with(directory.path)) break;
      if (!is_at_or_below(at->first, directory.path)) continue;
      ++plan_.requests.delete_;
      if (at->second->is_dir) ++plan_.requests.list;
    }
  }

  two_trees const& trees_;
  sync_rules const& rules_;
  std::vector<std::string> const& different_;
  index source_;
  index target_;
  std::unordered_map<std::uint64_t, remembered_file const*> remembered_;
  std::unordered_map<std::string, std::string_view> taken_by_;      // paths of the source
  std::unordered_map<std::string, sync_entry const*> like_target_;  // by path without case
  std::set<std::string_view> gone_;
  std::set<std::string_view> made_;  // directories looked after for moves
  std::vector<std::string> taken_;   // paths at the target that were moved away
  sync_plan plan_;
  std::vector<sync_step> first_, rooms_, moves_, directories_, copies_, last_;
};

}  // namespace

std::vector<std::string> seemingly_alike(two_trees const& trees, sync_rules const& rules) {
  std::vector<std::string> out;
  auto const target = index_of(trees.target);
  for (auto const& source : trees.source) {
    if (source.is_dir || !takes(rules, source)) continue;
    auto const there = target.find(source.path);
    if (there == target.end() || there->second->is_dir) continue;
    if (difference(source, *there->second).empty()) out.push_back(source.path);
  }
  std::sort(out.begin(), out.end());
  return out;
}

sync_plan make_sync_plan(two_trees trees, sync_rules const& rules,
                         std::vector<std::string> const& different) {
  return planner(trees, rules, different).make();
}

}  // namespace transfer
}  // namespace kiln
