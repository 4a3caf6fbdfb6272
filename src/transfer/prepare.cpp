#include "transfer/prepare.hpp"

#include "transfer/folder.hpp"
#include "transfer/names.hpp"
#include "transfer/tree_walk.hpp"

#include <cerrno>
#include <sys/stat.h>
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
  out.overwrite = j.options.overwrite;
  out.stream_always = streams_always(j.options);
  out.targets_absent = targets_absent;
  out.put_always = j.options.strategy == upload_strategy::put && !out.stream_always;
  out.put_bytes_max = j.put_bytes_max;
  return out;
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

// One file: to `target`, or into it. Asking which costs a request, so only `curious` ones ask: a
// plan that is to be shown, and streams, which would notice too late.
task<prepared> prepare_file_upload(job const& j, std::string target, std::uint64_t size,
                                   timestamp modified, bool curious) {
  prepared out;
  std::string const name(last_component(j.local));
  bool const into = j.remote_given.ends_with('/');
  std::uint64_t asked = 0;
  if (!is_utf8(name)) {
    co_return error(errc::unsafe_name, "the name is not UTF-8").with_where(escaped(j.local));
  }
  if (into) {
    target = joined(target, name);
  } else if (curious || needs_stream(size, rules_of(j, false))) {
    auto const there = co_await j.service->get_status(target);
    if (there.has_error() && there.error().code() != errc::not_found) co_return there.error();
    asked = 1;
    out.targets_absent = there.has_error();
    if (!there.has_error() && there->is_dir) target = joined(target, name);
  } else {
    out.target_may_be_directory = true;
  }
  out.plan = file_upload_plan(j.local, std::move(target), size, rules_of(j, out.targets_absent));
  out.plan.items.front().modified = modified;
  out.plan.requests_spent.get_status = asked;
  co_return out;
}

task<prepared> prepare_upload(job const& j, bool curious) {
  auto target = normal_remote_path(j.remote_given);
  if (target.has_error()) co_return target.error();
  struct stat facts {};
  if (::stat(j.local.c_str(), &facts) != 0) co_return file_error(errno, "upload", j.local);
  if (S_ISREG(facts.st_mode)) {
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
  auto tree = co_await walk_local(*root);
  if (tree.has_error()) co_return tree.error();
  prepared out;
  out.plan = upload_plan(std::move(*tree), root->path(), *target, rules_of(j, false));
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
                                static_cast<std::uint64_t>(file.file_size), file.modification_time);
  return out;
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
    auto one = prepare_file_download(j, *source, listed->files.front());
    if (!one.has_error()) one->plan.requests_spent.list = 1;
    co_return one;
  }
  if (!j.options.recursive) co_return not_recursive("download", *source);
  auto tree = co_await walk_remote(*j.service, *source, std::move(listed->files));
  if (tree.has_error()) co_return tree.error();
  prepared out;
  out.local_root = without_slashes(j.local);
  out.plan = download_plan(std::move(tree->found), *source, out.local_root);
  out.plan.requests_spent.list = 1 + tree->lists;
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
