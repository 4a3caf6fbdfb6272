#include "core/random.hpp"
#include "transfer/download.hpp"
#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/names.hpp"
#include "transfer/plan.hpp"
#include "transfer/remote.hpp"
#include "transfer/tally.hpp"
#include "transfer/tree_walk.hpp"
#include "transfer/upload.hpp"

#include <kiln/transfer.hpp>

#include <boost/asio/this_coro.hpp>

#include <cerrno>
#include <optional>
#include <stdexcept>
#include <sys/stat.h>
#include <utility>

namespace kiln {

namespace {

using namespace transfer;

constexpr std::uint64_t buffer_bytes_min = 1U << 20;

void validate(transfer_options const& options) {
  if (options.files_in_flight_max == 0) {
    throw std::invalid_argument("transfer_options.files_in_flight_max must be > 0");
  }
  if (options.bytes_in_flight_max < buffer_bytes_min) {
    throw std::invalid_argument("transfer_options.bytes_in_flight_max must be at least 1 MiB");
  }
}

/// What one transfer is about. Lives in the frame of the coroutine that was given to the caller.
struct job {
  job(workspace handle, std::string_view local_path, std::string_view remote_path,
      transfer_options const& o)
      : ws(std::move(handle)),
        local(local_path),
        remote_given(remote_path),
        options(o),
        service(make_remote(ws, o.in_lane)) {}
  workspace ws;
  std::string local;
  std::string remote_given;
  transfer_options options;
  std::unique_ptr<remote> service;
};

/// A plan and what its execution needs beside it.
struct prepared {
  transfer_plan plan;
  std::string local_root;  // of a download: what its destinations are below
  bool targets_absent = false;
  bool target_may_be_directory = false;
};

std::string without_slashes(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

bool is_local_directory(std::string const& path) noexcept {
  struct stat facts {};
  return ::stat(path.c_str(), &facts) == 0 && S_ISDIR(facts.st_mode);
}

error not_recursive(std::string_view operation, std::string const& where) {
  return error(errc::invalid_argument, "this is a directory: set transfer_options.recursive")
      .with_operation(operation)
      .with_where(escaped(where));
}

plan_rules rules_of(job const& j, bool targets_absent) {
  return {j.options.overwrite, j.options.stream_always, targets_absent};
}

// One file: to `target`, or into it. Asking which costs a request, so only `curious` ones ask: a
// plan that is to be shown, and streams, which would notice too late.
task<prepared> prepare_file_upload(job const& j, std::string target, std::uint64_t size,
                                   bool curious) {
  prepared out;
  std::string const name(last_component(j.local));
  bool const into = j.remote_given.ends_with('/');
  std::uint64_t asked = 0;
  if (!is_utf8(name)) {
    co_return error(errc::unsafe_name, "the name is not UTF-8").with_where(escaped(j.local));
  }
  if (into) {
    target = joined(target, name);
  } else if (curious || needs_stream(size, j.options.stream_always)) {
    auto const there = co_await j.service->get_status(target);
    if (there.has_error() && there.error().code() != errc::not_found) co_return there.error();
    asked = 1;
    out.targets_absent = there.has_error();
    if (!there.has_error() && there->is_dir) target = joined(target, name);
  } else {
    out.target_may_be_directory = true;
  }
  out.plan = file_upload_plan(j.local, std::move(target), size, rules_of(j, out.targets_absent));
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
                                            static_cast<std::uint64_t>(facts.st_size), curious);
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
                                static_cast<std::uint64_t>(file.file_size));
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

asio::awaitable<void> plan_only(job const& j, bool upload,
                                std::optional<result<transfer_plan>>& to) {
  co_await keep_after_cancel();
  auto ready = co_await prepare(j, upload, true);
  if (ready.has_error()) {
    to.emplace(std::move(ready).error());
  } else {
    to.emplace(std::move(ready->plan));
  }
}

asio::awaitable<void> carry_out_upload(job const& j, prepared const& ready, tally& ends) {
  auto const executor = co_await asio::this_coro::executor;
  upload_rules rules;
  rules.plan = rules_of(j, ready.targets_absent);
  rules.files_in_flight_max = j.options.files_in_flight_max;
  rules.bytes_in_flight_max = j.options.bytes_in_flight_max;
  rules.target_may_be_directory = ready.target_may_be_directory;
  uploader work(*j.service, ready.plan, rules, ends, executor, entropy());
  co_await work.run();
}

asio::awaitable<void> carry_out_download(job const& j, prepared const& ready, folder const& root,
                                         tally& ends) {
  auto const executor = co_await asio::this_coro::executor;
  download_rules rules;
  rules.overwrite = j.options.overwrite;
  rules.files_in_flight_max = j.options.files_in_flight_max;
  rules.bytes_in_flight_max = j.options.bytes_in_flight_max;
  rules.fsync = j.options.fsync;
  downloader work(*j.service, ready.plan, root, rules, ends, executor, entropy());
  co_await work.run();
}

asio::awaitable<void> transfer_all(job const& j, bool upload,
                                   std::optional<result<transfer_report>>& to) {
  co_await keep_after_cancel();
  auto const executor = co_await asio::this_coro::executor;
  tally::stats_source const stats = [&j] { return j.ws.stats(); };
  auto const before = stats();
  auto elapsed = start_stopwatch(executor);
  auto ready = co_await prepare(j, upload, false);
  if (ready.has_error()) {
    to.emplace(std::move(ready).error());
    co_return;
  }
  std::optional<folder> root;
  if (!upload) {
    auto opened = folder::open(ready->local_root, true);
    if (opened.has_error()) {
      to.emplace(std::move(opened).error());
      co_return;
    }
    root.emplace(std::move(*opened));
  }
  tally ends(ready->plan, j.options.observer, stats, before, std::move(elapsed));
  if (upload) {
    co_await carry_out_upload(j, *ready, ends);
  } else {
    co_await carry_out_download(j, *ready, *root, ends);
  }
  to.emplace(std::move(ends).take());
}

task<transfer_report> run_transfer(std::unique_ptr<job> j, bool upload) {
  std::optional<result<transfer_report>> out;
  co_await on_own_strand(transfer_all(*j, upload, out));
  co_return std::move(*out);
}

task<transfer_plan> run_plan(std::unique_ptr<job> j, bool upload) {
  std::optional<result<transfer_plan>> out;
  co_await on_own_strand(plan_only(*j, upload, out));
  co_return std::move(*out);
}

std::unique_ptr<job> make_job(workspace ws, std::string_view local, std::string_view remote,
                              transfer_options const& options) {
  validate(options);
  return std::make_unique<job>(std::move(ws), local, remote, options);
}

}  // namespace

task<transfer_report> upload(workspace ws, std::string_view local, std::string_view remote,
                             transfer_options const& options) {
  return run_transfer(make_job(std::move(ws), local, remote, options), true);
}

task<transfer_report> download(workspace ws, std::string_view remote, std::string_view local,
                               transfer_options const& options) {
  return run_transfer(make_job(std::move(ws), local, remote, options), false);
}

task<transfer_plan> plan_upload(workspace ws, std::string_view local, std::string_view remote,
                                transfer_options const& options) {
  return run_plan(make_job(std::move(ws), local, remote, options), true);
}

task<transfer_plan> plan_download(workspace ws, std::string_view remote, std::string_view local,
                                  transfer_options const& options) {
  return run_plan(make_job(std::move(ws), local, remote, options), false);
}

}  // namespace kiln
