#include "transfer/tree_walk.hpp"

#include "core/event.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/names.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>
#include <boost/asio/use_awaitable.hpp>

#include <algorithm>
#include <iterator>
#include <optional>
#include <set>
#include <utility>

namespace kiln::transfer {

namespace {

constexpr std::size_t entries_per_step = 256;

error too_many_entries() {
  return error(errc::invalid_argument,
               "the tree has more than " + std::to_string(tree_entries_max) + " entries");
}

error too_deep() {
  return error(errc::unsafe_name,
               "more than " + std::to_string(tree_depth_max) + " directories deep: not entered");
}

}  // namespace

local_walk::local_walk(folder const& root, entry_filter const& enters, entry_filter const& takes,
                       link_mode links)
    : root_(root), enters_(enters), takes_(takes), follow_(links == link_mode::follow) {
  auto directory = root.open_directory({}, false);
  if (!directory) {
    refuse({}, true, directory.error());
  } else {
    enter(std::move(*directory), {});
  }
}

bool local_walk::step(std::size_t count) {
  while (!levels_.empty() && count > 0) {
    auto& top = levels_.back();
    if (top.next == top.names.size()) {
      levels_.pop_back();
      continue;
    }
    --count;
    std::string const name = std::move(top.names[top.next++]);
    look_at(name);
  }
  return !levels_.empty();
}

bool local_walk::enter(descriptor directory, std::string const& path) {
  auto names = names_in(directory, joined(root_.path(), path));
  if (!names) {
    refuse(path, true, names.error());
    return false;
  }
  auto const self = follow_ ? identity_of(directory) : identity();
  levels_.push_back({std::move(directory), self, path, std::move(*names), 0});
  return true;
}

void local_walk::look_at(std::string const& name) {
  auto const& top = levels_.back();
  std::string path = top.path.empty() ? name : joined(top.path, name);
  std::string const where = joined(root_.path(), path);
  auto facts = facts_of(top.directory, name, where);
  bool const followed = follow_ && facts && facts->kind == entry_kind::link;
  if (followed) facts = facts_of(top.directory, name, where, true);
  bool const is_dir = facts && facts->kind == entry_kind::directory;
  auto const& asked = is_dir ? enters_ : takes_;
  bool const wanted = !asked || asked(path);
  if (!wanted && takes_ && !(is_dir && is_utf8(name))) return;
  if (!facts && followed) {
    return refuse(path, false, error(facts.error().code(), "a symbolic link that leads nowhere"));
  }
  if (!facts) return refuse(path, false, facts.error());
  if (!is_utf8(name)) {
    return refuse(path, is_dir, error(errc::unsafe_name, "the name is not UTF-8"));
  }
  if (facts->kind == entry_kind::link) {
    return refuse(path, false, error(errc::file_failed, "a symbolic link, not followed"),
                  transfer_state::skipped);
  }
  if (facts->kind == entry_kind::other) {
    std::string const what = std::string(facts->special) + ", not a regular file";
    return refuse(path, false, error(errc::file_failed, what), transfer_state::skipped);
  }
  if (!is_dir) {
    out_.entries.push_back({std::move(path), false, facts->size, facts->modified, facts->inode});
  } else if (!wanted) {
    out_.entries.push_back({std::move(path), true, 0});
  } else {
    look_into(name, std::move(path), where);
  }
}

void local_walk::look_into(std::string const& name, std::string path, std::string const& where) {
  if (levels_.size() == tree_depth_max) return refuse(path, true, too_deep());
  auto directory = open_entry(levels_.back().directory, name, where, follow_);
  if (!directory) return refuse(path, true, directory.error());
  auto const self = follow_ ? identity_of(*directory) : identity();
  for (auto const& above : levels_) {
    if (!follow_ || !(above.self == self)) continue;
    std::string const to = above.path.empty() ? "the root" : "'" + escaped(above.path) + "'";
    return refuse(path, true,
                  error(errc::file_failed, "a symbolic link back to " + to + ": a loop"));
  }
  if (enter(std::move(*directory), path)) {
    out_.entries.push_back({std::move(path), true, 0, std::nullopt});
  }
}

void local_walk::refuse(std::string const& path, bool is_dir, error reason, transfer_state state) {
  transfer_item item{joined(root_.path(), path), {}, is_dir, 0};
  if (reason.operation().empty()) {
    reason = std::move(reason).with_operation("walk").with_where(escaped(item.source));
  }
  // The item is what people are shown.
  item.source = escaped(item.source);
  out_.refused.push_back({std::move(item), std::move(reason), state});
}

task<listing> walk_local(folder const& root, entry_filter const& enters, entry_filter const& takes,
                         link_mode links) {
  local_walk walk(root, enters, takes, links);
  auto const executor = co_await asio::this_coro::executor;
  std::size_t looked_at = 0;
  while (walk.step(entries_per_step)) {
    looked_at += entries_per_step;
    if (looked_at > tree_entries_max) co_return too_many_entries();
    bool const given_up = co_await is_cancelled();
    if (given_up) co_return error(errc::cancelled, "cancelled while walking");
    co_await asio::post(executor, asio::use_awaitable);
  }
  co_return std::move(walk).take();
}

void add_missing(selection const& chosen, bool local, std::string const& root, listing& tree) {
  std::vector<std::string> seen;
  for (auto const& e : tree.entries) seen.push_back(e.path);
  std::sort(seen.begin(), seen.end());
  std::set<std::string> refused;
  for (auto const& f : tree.refused) refused.insert(f.item.source);
  for (auto const& path : chosen.missing_from(seen)) {
    transfer_item item{joined(root, path), {}, false, 0};
    bool const told = refused.contains(item.source) || refused.contains(escaped(item.source));
    if (told || chosen.leaves_out(path, false) || chosen.leaves_out(path, true)) continue;
    error why(local ? errc::file_not_found : errc::not_found, "asked for, but not there");
    why = std::move(why).with_operation("walk").with_where(escaped(item.source));
    tree.refused.push_back({std::move(item), std::move(why)});
  }
}

namespace {

// The directories still to be listed, shared by the workers of one walk.
class lister {
 public:
  lister(remote& from, std::string const& root, entry_filter const& enters,
         entry_filter const& takes, asio::any_io_executor const& executor)
      : from_(from), root_(root), enters_(enters), takes_(takes), changed_(executor) {}

  void take_in(std::string const& below, std::vector<dbfs::file_info> files) {
    listing children = checked_children(joined(root_, below), below, std::move(files));
    if (takes_) leave_out(below, children);
    for (auto const& child : children.entries) {
      if (!child.is_dir || (enters_ && !enters_(child.path))) continue;
      if (std::count(child.path.begin(), child.path.end(), '/') + 1 <
          static_cast<std::ptrdiff_t>(tree_depth_max)) {
        waiting_.push_back(child.path);
      } else {
        refuse(child.path, too_deep());
      }
    }
    auto& all = tree_.found;
    std::move(children.entries.begin(), children.entries.end(), std::back_inserter(all.entries));
    std::move(children.refused.begin(), children.refused.end(), std::back_inserter(all.refused));
    too_many_ = all.entries.size() > tree_entries_max;
  }

  asio::awaitable<void> work() {
    co_await keep_after_cancel();
    for (;;) {
      auto below = co_await next();
      if (!below) co_return;
      std::string const path = joined(root_, *below);
      auto listed = co_await from_.list(path);
      tree_.lists += listed ? listed->spent.list : 1;
      if (listed) {
        take_in(*below, std::move(listed->files));
      } else {
        if (listed.error().code() == errc::cancelled || listed.error().code() == errc::closed) {
          stopped_ = listed.error();
        }
        refuse(*below, listed.error());
      }
      --under_way_;
      changed_.set();
    }
  }

  result<remote_tree> outcome(bool cancelled) && {
    if (stopped_) return *stopped_;
    if (cancelled) return error(errc::cancelled, "cancelled while listing");
    if (too_many_) return too_many_entries();
    // What is refused is not also an item.
    std::sort(unlisted_.begin(), unlisted_.end());
    std::erase_if(tree_.found.entries, [this](found const& entry) {
      return entry.is_dir && std::binary_search(unlisted_.begin(), unlisted_.end(), entry.path);
    });
    return std::move(tree_);
  }

 private:
  asio::awaitable<std::optional<std::string>> next() {
    for (;;) {
      bool const given_up = co_await is_cancelled();
      if (given_up || stopped_ || too_many_) co_return std::nullopt;
      if (!waiting_.empty()) {
        std::string out = std::move(waiting_.back());
        waiting_.pop_back();
        ++under_way_;
        co_return out;
      }
      if (under_way_ == 0) co_return std::nullopt;
      changed_.reset();
      bool const changed = co_await wait_for(changed_);
      if (!changed) co_return std::nullopt;
    }
  }

  void leave_out(std::string const& below, listing& from) const {
    std::erase_if(from.entries, [this](found const& e) { return !e.is_dir && !takes_(e.path); });
    std::erase_if(from.refused, [&](transfer_failure const& f) {
      std::string const name(last_component(f.item.source));
      std::string const path = below.empty() ? name : joined(below, name);
      return f.item.is_dir ? enters_ && !enters_(path) : !takes_(path);
    });
  }

  void refuse(std::string const& below, error reason) {
    transfer_item item{joined(root_, below), {}, true, 0};
    tree_.found.refused.push_back({std::move(item), std::move(reason)});
    unlisted_.push_back(below);
  }

  remote& from_;
  std::string const& root_;
  entry_filter const& enters_;
  entry_filter const& takes_;
  event changed_;
  std::vector<std::string> waiting_;  // taken from the end: depth first keeps it short
  std::size_t under_way_ = 0;
  remote_tree tree_;
  std::vector<std::string> unlisted_;
  std::optional<error> stopped_;
  bool too_many_ = false;
};

}  // namespace

task<remote_tree> walk_remote(remote& from, std::string const& root,
                              std::vector<dbfs::file_info> first, entry_filter const& enters,
                              entry_filter const& takes) {
  auto const executor = co_await asio::this_coro::executor;
  lister shared(from, root, enters, takes, executor);
  shared.take_in({}, std::move(first));
  worker const work = [&shared](std::size_t) { return shared.work(); };
  co_await fan_out(std::min(lists_in_flight_max, requests_in_flight_max(root)), work);
  bool const cancelled = co_await is_cancelled();
  co_return std::move(shared).outcome(cancelled);
}

}  // namespace kiln::transfer
