#include "transfer/prepare.hpp"

#include "transfer/at_target.hpp"
#include "transfer/folder.hpp"
#include "transfer/names.hpp"
#include "transfer/tree_walk.hpp"

#include <algorithm>
#include <cerrno>
#include <functional>
#include <set>
#include <sys/stat.h>
#include <unordered_map>
#include <utility>

namespace kiln::transfer {

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool streams_always(transfer_options const& options) noexcept {
  return options.stream_always || options.strategy == upload_strategy::blocks;
}

plan_rules rules_of(job const& j, bool targets_absent) {
  plan_rules out;
  out.overwrite = carried_out(j.options.overwrite);
  out.volume = is_volume_path(j.remote_root());
  out.stream_always = streams_always(j.options) && !out.volume;
  out.targets_absent = targets_absent;
  out.put_always = j.options.strategy == upload_strategy::put && !out.stream_always;
  out.put_bytes_max = j.put_bytes_max;
  out.verify = j.options.verify;
  out.root_if_empty = j.chosen.everything();
  return out;
}

kiln::overwrite carried_out(kiln::overwrite how) noexcept {
  return compares(how) ? overwrite::always : how;
}

result<void> choose(job& j) {
  auto made = selection::make(j.include, j.exclude);
  if (made.has_error()) return std::move(made).error().with_operation("selection");
  j.chosen = std::move(*made);
  if (!j.only) return {};
  auto const limited = j.chosen.only(*j.only);
  if (limited.has_error()) return limited.error().with_operation("selection");
  return {};
}

namespace {

bool is_local_directory(std::string const& path) noexcept {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

error not_recursive(std::string_view operation, std::string const& where) {
  return error(errc::invalid_argument, "this is a directory: set transfer_options.recursive")
      .with_operation(operation)
      .with_where(escaped(where));
}

error not_of_one_file(std::string_view operation, std::string const& where) {
  return error(errc::invalid_argument,
               "a selection is of what is in a directory, and this is one file")
      .with_operation(operation)
      .with_where(escaped(where));
}

struct walk_filters {
  entry_filter enters, takes;
};

walk_filters filters_of(job const& j) {
  if (j.chosen.everything()) return {};
  return {[&j](std::string_view path) { return j.chosen.enters(path); },
          [&j](std::string_view path) { return j.chosen.takes(path); }};
}

// What the walk left of the selection to do: directories that only lead to what is chosen are made
// by that, and what was asked for by its path should have been there.
void keep_chosen(job const& j, bool upload, std::string const& root, listing& tree) {
  if (j.chosen.everything()) return;
  if (j.only) add_missing(j.chosen, upload, root, tree);
  std::erase_if(tree.entries, [&j](found const& e) { return e.is_dir && !j.chosen.makes(e.path); });
}

// In a volume files and directories are asked after apart, files first.
std::uint64_t statuses_for(std::string_view path, result<dbfs::file_info> const& status) noexcept {
  bool const is_file = !status.has_error() && !status->is_dir;
  return is_volume_path(path) && !is_file ? 2 : 1;
}

// One file: to `target`, or into it. Asking which costs a request, so only those ask that must: a
// plan that is to be shown or depends on what is there, and streams, which would notice too late.
task<prepared> prepare_file_upload(job const& j, std::string target, std::uint64_t size,
                                   timestamp modified, bool curious) {
  prepared out;
  std::string const name(last_component(j.local));
  bool const into = j.remote_given.ends_with('/');
  bool const compared = compares(j.options.overwrite);
  std::uint64_t asked = 0;
  std::optional<dbfs::file_info> standing;
  if (!is_utf8(name)) {
    co_return error(errc::unsafe_name, "the name is not UTF-8").with_where(escaped(j.local));
  }
  if (into) target = joined(target, name);
  if (compared || (!into && (curious || needs_stream(size, rules_of(j, false))))) {
    auto there = co_await j.service->get_status(target);
    asked += statuses_for(target, there);
    if (!there.has_error() && there->is_dir && !into) {
      target = joined(target, name);
      if (compared) {
        there = co_await j.service->get_status(target);
        asked += statuses_for(target, there);
      }
    }
    if (there.has_error() && there.error().code() != errc::not_found) co_return there.error();
    out.targets_absent = there.has_error();
    if (!there.has_error()) standing = *there;
  } else {
    out.target_may_be_directory = !into;
  }
  auto const rules = rules_of(j, out.targets_absent);
  out.plan = file_upload_plan(j.local, std::move(target), size, rules);
  out.plan.items.front().modified = modified;
  if (compared && standing) {
    found const there = found_of(*standing);
    leave_standing(out.plan, j.options.overwrite, rules,
                   [&there](transfer_item const&) { return std::optional<found>(there); });
  }
  out.plan.requests_spent.get_status = asked;
  co_return out;
}

// Leaves out of the plan what the server has already. The directories that are listed for that are
// those which the plan has too; gives the requests made.
task<request_counts> compare_with_remote(job const& j, std::string const& target,
                                         transfer_plan& plan) {
  auto first = co_await j.service->list(target);
  if (first.has_error() && first.error().code() == errc::not_found) {
    request_counts nothing_there;
    nothing_there.list = 1;
    nothing_there.get_status = is_volume_path(target) ? 1 : 0;
    co_return nothing_there;
  }
  if (first.has_error()) co_return first.error();
  auto const below = [&target](std::string_view path) {
    path.remove_prefix(
        std::min(target.ends_with('/') ? target.size() : target.size() + 1, path.size()));
    return path;
  };
  std::set<std::string, std::less<>> on_the_way;
  for (auto const& item : plan.items) {
    auto path = parent_of(below(item.destination));
    while (!path.empty() && on_the_way.emplace(path).second) path = parent_of(path);
  }
  entry_filter const enters = [&on_the_way](std::string_view path) {
    return on_the_way.contains(path);
  };
  auto const tree = co_await walk_remote(*j.service, target, std::move(first->files), enters);
  if (tree.has_error()) co_return tree.error();
  for (auto const& f : tree->found.refused) {
    if (f.item.is_dir && on_the_way.contains(below(f.item.source))) co_return f.reason;
  }
  std::unordered_map<std::string_view, found const*> there;
  for (auto const& e : tree->found.entries) there.emplace(e.path, &e);
  target_lookup const at_target = [&](transfer_item const& item) {
    auto const at = there.find(below(item.destination));
    return at == there.end() ? std::optional<found>() : std::optional<found>(*at->second);
  };
  leave_standing(plan, j.options.overwrite, rules_of(j, false), at_target);
  auto spent = first->spent;
  spent.list += tree->lists;
  co_return spent;
}

task<prepared> prepare_upload(job const& j, bool curious) {
  auto target = normal_remote_path(j.remote_given);
  if (target.has_error()) co_return target.error();
  if (is_volume_path(*target) && streams_always(j.options)) {
    co_return error(errc::invalid_argument, "a volume takes whole files only, not blocks")
        .with_operation("upload")
        .with_where(*target);
  }
  struct stat facts {};
  if (::stat(j.local.c_str(), &facts) != 0) co_return file_error(errno, "upload", j.local);
  if (S_ISREG(facts.st_mode)) {
    if (!j.chosen.everything()) co_return not_of_one_file("upload", j.local);
    auto out = co_await prepare_file_upload(j, std::move(*target),
                                            static_cast<std::uint64_t>(facts.st_size),
                                            modified_of(facts), curious);
    co_return out;
  }
  if (!S_ISDIR(facts.st_mode)) {
    co_return error(errc::file_failed, "neither a file nor a directory")
        .with_operation("upload")
        .with_where(escaped(j.local));
  }
  if (!j.options.recursive) co_return not_recursive("upload", j.local);
  auto root = folder::open(without_slashes(j.local), false);
  if (root.has_error()) co_return root.error();
  auto const only = filters_of(j);
  auto tree = co_await walk_local(*root, only.enters, only.takes, j.options.links);
  if (tree.has_error()) co_return tree.error();
  keep_chosen(j, true, root->path(), *tree);
  prepared out;
  out.plan = upload_plan(std::move(*tree), root->path(), *target, rules_of(j, false));
  if (compares(j.options.overwrite)) {
    auto const spent = co_await compare_with_remote(j, *target, out.plan);
    if (spent.has_error()) co_return spent.error();
    out.plan.requests_spent = *spent;
  }
  co_return out;
}

// Where a file goes: to `local`, or into it when it is a directory.
result<prepared> prepare_file_download(job const& j, std::string const& source,
                                       dbfs::file_info const& file) {
  if (file.file_size < 0) {
    return error(errc::malformed_response, "the size is negative").with_where(source);
  }
  std::string target = without_slashes(j.local);
  if (j.local.ends_with('/') || is_local_directory(j.local)) {
    std::string_view const name = last_component(source);
    if (auto const why = objection_to_name(name); !why.empty()) {
      return error(errc::unsafe_name, std::string(why)).with_where(escaped(source));
    }
    target = joined(target, name);
  }
  prepared out;
  bool const bare = target.find('/') == std::string::npos;
  out.local_root = bare ? std::string(".") : std::string(parent_of(target));
  if (out.local_root.empty()) out.local_root = "/";
  out.plan = file_download_plan(source, joined(out.local_root, last_component(target)),
                                static_cast<std::uint64_t>(file.file_size), file.modification_time,
                                rules_of(j, false));
  return out;
}

// Looking costs nothing on this side.
void look_at_targets(job const& j, prepared& ready) {
  if (ignores_case(ready.local_root)) refuse_case_collisions(ready.plan, rules_of(j, false));
  auto const how = j.options.overwrite;
  if (how != overwrite::never && !compares(how)) return;
  target_lookup const at_target = [](transfer_item const& item) {
    std::optional<found> out;
    struct stat facts {};
    if (::lstat(item.destination.c_str(), &facts) != 0) return out;
    out.emplace();
    out->is_dir = S_ISDIR(facts.st_mode);
    out->size = static_cast<std::uint64_t>(facts.st_size);
    if (S_ISREG(facts.st_mode)) out->modified = modified_of(facts);
    return out;
  };
  leave_standing(ready.plan, how, rules_of(j, false), at_target);
}

bool is_the_file_itself(std::vector<dbfs::file_info> const& files, std::string const& source) {
  if (files.size() != 1 || files.front().is_dir) return false;
  auto const path = normal_remote_path(files.front().path);
  return !path.has_error() && *path == source;
}

task<prepared> prepare_download(job const& j) {
  auto const source = normal_remote_path(j.remote_given);
  if (source.has_error()) co_return source.error();
  if (j.local.empty()) {
    co_return error(errc::invalid_argument, "the local path is empty").with_operation("download");
  }
  auto listed = co_await j.service->list(*source);
  if (listed.has_error()) co_return listed.error();
  if (is_the_file_itself(listed->files, *source)) {
    if (!j.chosen.everything()) co_return not_of_one_file("download", *source);
    auto one = prepare_file_download(j, *source, listed->files.front());
    if (one.has_error()) co_return one;
    look_at_targets(j, *one);
    one->plan.requests_spent = listed->spent;
    co_return one;
  }
  if (!j.options.recursive) co_return not_recursive("download", *source);
  auto const only = filters_of(j);
  auto tree =
      co_await walk_remote(*j.service, *source, std::move(listed->files), only.enters, only.takes);
  if (tree.has_error()) co_return tree.error();
  keep_chosen(j, false, *source, tree->found);
  prepared out;
  out.local_root = without_slashes(j.local);
  out.plan = download_plan(std::move(tree->found), *source, out.local_root, rules_of(j, false));
  look_at_targets(j, out);
  out.plan.requests_spent = listed->spent;
  out.plan.requests_spent.list += tree->lists;
  co_return out;
}

}  // namespace

task<prepared> prepare(job const& j, bool upload, bool curious) {
  result<prepared> out = error(errc::invalid_argument, "");
  if (upload) {
    out = co_await prepare_upload(j, curious);
  } else {
    out = co_await prepare_download(j);
  }
  if (!out.has_error()) out->plan.rate = j.ws.stats().rate;
  co_return out;
}

}  // namespace kiln::transfer
