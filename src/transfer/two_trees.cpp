#include "transfer/two_trees.hpp"

#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/names.hpp"
#include "transfer/tree_walk.hpp"

#include <sys/stat.h>
#include <utility>

namespace kiln::transfer {

namespace {

constexpr std::string_view scheme = "dbfs:";

/// "b" of "/a/b" for the root "/a"; empty for the root itself and for what is not below it.
std::string relative_to(std::string_view root, std::string_view path) {
  if (path.starts_with(scheme)) path.remove_prefix(scheme.size());
  if (!path.starts_with(root)) return {};
  path.remove_prefix(root.size());
  while (path.starts_with('/')) path.remove_prefix(1);
  return std::string(path);
}

std::vector<sync_entry> entries_of(listing&& tree) {
  std::vector<sync_entry> out;
  out.reserve(tree.entries.size());
  for (auto& e : tree.entries) {
    out.push_back({std::move(e.path), e.is_dir, e.size, e.modified, e.inode});
  }
  return out;
}

/// What could not be looked at is not to be removed on the other side either. What is not chosen is
/// not worth a word.
void take_refused(std::vector<transfer_failure>&& refused, std::string_view root,
                  selection const& chosen, looked_at_both& into) {
  for (auto& f : refused) {
    auto path = relative_to(root, f.item.source);
    if (f.item.is_dir || chosen.takes(path)) into.refused.push_back(std::move(f));
    into.trees.unknown.push_back(std::move(path));
  }
}

task<listing> look_at_local(sync_job const& j) {
  struct stat facts {};
  bool const there = ::stat(j.local.c_str(), &facts) == 0;
  if (!there && (j.upload || errno != ENOENT)) co_return file_error(errno, "sync", j.local);
  if (!there) co_return listing();
  if (!S_ISDIR(facts.st_mode)) {
    co_return error(errc::invalid_argument, "sync is about directories, and this is a file: use cp")
        .with_operation("sync")
        .with_where(escaped(j.local));
  }
  auto root = folder::open(j.local, false);
  if (root.has_error()) co_return root.error();
  entry_filter const enters = [&j](std::string_view path) { return j.chosen.enters(path); };
  // What is below a link at the target is not the target.
  auto const links = j.upload ? j.options.links : link_mode::skip;
  auto tree = co_await walk_local(*root, enters, everything, links);
  co_return tree;
}

bool is_one_file(std::vector<dbfs::file_info> const& files, std::string const& root) {
  return files.size() == 1 && !files.front().is_dir &&
         relative_to(root, files.front().path).empty();
}

task<remote_tree> look_at_remote(sync_job const& j) {
  auto first = co_await j.service->list(j.remote_root);
  if (first.has_error() && first.error().code() == errc::not_found && j.upload) {
    remote_tree nothing;
    nothing.lists = 1;
    nothing.statuses = is_volume_path(j.remote_root) ? 1 : 0;
    co_return nothing;
  }
  if (first.has_error()) co_return first.error();
  if (is_one_file(first->files, j.remote_root)) {
    co_return error(errc::invalid_argument, "sync is about directories, and this is a file: use cp")
        .with_operation("sync")
        .with_where("dbfs:" + j.remote_root);
  }
  entry_filter const enters = [&j](std::string_view path) { return j.chosen.enters(path); };
  auto tree = co_await walk_remote(*j.service, j.remote_root, std::move(first->files), enters);
  if (!tree.has_error()) tree->lists += first->spent.list;
  co_return tree;
}

}  // namespace

sync_job::sync_job(workspace handle, sync_options const& o)
    : ws(std::move(handle)),
      options(o),
      state_dir(o.state_dir),
      manifest_path(o.manifest),
      include(o.include.begin(), o.include.end()),
      exclude(o.exclude.begin(), o.exclude.end()),
      service(make_remote(ws, o.in_lane)) {
  options.state_dir = state_dir;
  options.manifest = manifest_path;
  options.include = include;
  options.exclude = exclude;
  if (o.only) only.emplace(o.only->begin(), o.only->end());
  options.only.reset();
}

result<void> sync_job::between(std::string_view source, std::string_view destination) {
  if (is_remote_path(source) == is_remote_path(destination)) {
    return error(errc::invalid_argument,
                 "one of source and destination must be on the server (dbfs:/... or /Volumes/...), "
                 "the other local")
        .with_operation("sync");
  }
  upload = is_remote_path(destination);
  return beside(upload ? source : destination, upload ? destination : source);
}

result<void> sync_job::beside(std::string_view local_path, std::string_view remote_path) {
  auto root = normal_remote_path(remote_path);
  if (root.has_error()) return root.error();
  remote_root = std::move(*root);
  local = local_path;
  while (local.size() > 1 && local.back() == '/') local.pop_back();
  if (local.empty()) return error(errc::invalid_argument, "the local path is empty");
  auto made = selection::make(include, exclude);
  if (made.has_error()) return made.error();
  chosen = std::move(*made);
  return only ? chosen.only(*only) : result<void>();
}

task<looked_at_both> look_at_both(sync_job const& j) {
  auto here = co_await look_at_local(j);
  if (here.has_error()) co_return here.error();
  auto there = co_await look_at_remote(j);
  if (there.has_error()) co_return there.error();
  looked_at_both out;
  out.lists = there->lists;
  out.statuses = there->statuses;
  if (j.only && !j.options.remove) {
    auto& source = j.upload ? *here : there->found;
    add_missing(j.chosen, j.upload, j.upload ? j.local : j.remote_root, source);
  }
  take_refused(std::move(here->refused), j.local, j.chosen, out);
  take_refused(std::move(there->found.refused), j.remote_root, j.chosen, out);
  out.trees.source = entries_of(std::move(*here));
  out.trees.target = entries_of(std::move(there->found));
  if (!j.upload) std::swap(out.trees.source, out.trees.target);
  co_return out;
}

}  // namespace kiln::transfer
