#include "transfer/remove_tree.hpp"

#include "transfer/fan_out.hpp"
#include "transfer/names.hpp"
#include "transfer/tree_walk.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>
#include <vector>

namespace kiln::transfer {

namespace {

/// "... has deleted 324 files ..."
std::uint64_t deleted_by(error const& partial) noexcept {
  std::string_view text = partial.message();
  auto const digit = text.find_first_of("0123456789");
  if (digit == std::string_view::npos) return 0;
  std::uint64_t out = 0;
  std::from_chars(text.data() + digit, text.data() + text.size(), out);
  return out;
}

void tell(removal_progress const& told, remove_report const& so_far, std::uint64_t total) {
  if (told) told({so_far.removed, total});
}

task<remove_report> remove_from_dbfs(remote& from, std::string const& path,
                                     removal_progress const& told) {
  remove_report out;
  int idle = 0;
  for (int call = 0; call < partial_deletes_max; ++call) {
    auto const gone = co_await from.remove_directory(path);
    ++out.requests;
    if (!gone.has_error()) co_return out;
    auto const& why = gone.error();
    bool const partial = why.error_code() == "PARTIAL_DELETE";
    if (!partial) co_return why;
    auto const more = deleted_by(why);
    out.removed += more;
    idle = more == 0 ? idle + 1 : 0;
    if (idle == partial_deletes_idle_max) co_return why;
    tell(told, out, 0);
    bool const given_up = co_await is_cancelled();
    if (given_up) co_return error(errc::cancelled, "cancelled while deleting").with_where(path);
  }
  co_return error(errc::unavailable, "given up after " + std::to_string(partial_deletes_max) +
                                         " requests, each of which deleted a part")
      .with_operation("dbfs/delete")
      .with_where(path);
}

/// What is to be deleted of a volume, in steps that each need the one before to be done: the files,
/// then directories from the deepest up.
struct volume_steps {
  std::vector<std::string> files;
  std::vector<std::vector<std::string>> directories;  // by depth below the root, which is [0]
  std::uint64_t total = 0;
};

volume_steps steps_of(std::string const& root, listing const& tree) {
  volume_steps out;
  out.directories.push_back({root});
  for (auto const& entry : tree.entries) {
    auto path = joined(root, entry.path);
    if (!entry.is_dir) {
      out.files.push_back(std::move(path));
      continue;
    }
    auto const depth =
        1 + static_cast<std::size_t>(std::count(entry.path.begin(), entry.path.end(), '/'));
    if (out.directories.size() <= depth) out.directories.resize(depth + 1);
    out.directories[depth].push_back(std::move(path));
  }
  out.total = tree.entries.size() + 1;
  return out;
}

class volume_remover {
 public:
  volume_remover(remote& from, std::uint64_t total, removal_progress const& told,
                 remove_report& into)
      : from_(from), total_(total), told_(told), report_(into) {}

  task<void> remove(std::vector<std::string> const& paths, bool directories) {
    next_ = 0;
    worker const each = [&, this](std::size_t) { return work(paths, directories); };
    if (paths.empty()) co_return result<void>();
    auto const workers = std::min(requests_in_flight_max(paths.front()), paths.size());
    co_await fan_out(workers, each);
    bool const given_up = co_await is_cancelled();
    if (failed_) co_return *failed_;
    if (given_up) co_return error(errc::cancelled, "cancelled while deleting");
    co_return result<void>();
  }

 private:
  asio::awaitable<void> work(std::vector<std::string> const& paths, bool directories) {
    co_await keep_after_cancel();
    while (next_ < paths.size() && !failed_) {
      bool const given_up = co_await is_cancelled();
      if (given_up) co_return;
      auto const& path = paths[next_++];
      result<void> gone;
      if (directories) {
        gone = co_await from_.remove_directory(path);
      } else {
        gone = co_await from_.remove(path, false);
      }
      ++report_.requests;
      if (gone.has_error() && !failed_) failed_ = gone.error();
      if (gone.has_error()) co_return;
      ++report_.removed;
      tell(told_, report_, total_);
    }
  }

  remote& from_;
  std::uint64_t total_;
  removal_progress const& told_;
  remove_report& report_;
  std::size_t next_ = 0;
  std::optional<error> failed_;
};

bool is_the_file_itself(remote_listing const& listed, std::string const& path) {
  return listed.files.size() == 1 && !listed.files.front().is_dir &&
         listed.files.front().path == path;
}

task<remove_report> remove_from_volume(remote& from, std::string const& path,
                                       removal_progress const& told) {
  remove_report out;
  auto listed = co_await from.list(path);
  if (listed.has_error() && listed.error().code() == errc::not_found) co_return out;
  if (listed.has_error()) co_return listed.error();
  out.requests = listed->spent.total();
  volume_steps steps;
  if (is_the_file_itself(*listed, path)) {
    steps.files.push_back(path);
    steps.total = 1;
  } else {
    auto const tree = co_await walk_remote(from, path, std::move(listed->files));
    if (tree.has_error()) co_return tree.error();
    out.requests += tree->lists;
    if (!tree->found.refused.empty()) co_return tree->found.refused.front().reason;
    steps = steps_of(path, tree->found);
  }
  volume_remover work(from, steps.total, told, out);
  auto done = co_await work.remove(steps.files, false);
  for (auto level = steps.directories.rbegin(); level != steps.directories.rend(); ++level) {
    if (done.has_error()) break;
    done = co_await work.remove(*level, true);
  }
  if (done.has_error()) co_return done.error();
  co_return out;
}

}  // namespace

namespace {

// Of one path: in a volume files and directories are told apart first.
task<remove_plan> plan_of_one(remote& from, std::string const& path) {
  remove_plan out;
  bool const volume = is_volume_path(path);
  auto const there = co_await from.get_status(path);
  out.requests_spent.get_status = 1;
  bool const missing = there.has_error() && there.error().code() == errc::not_found;
  if (there.has_error() && !missing) co_return there.error();
  std::uint64_t const looks = missing || there->is_dir ? 2 : 1;
  if (volume) out.requests_spent.get_status = out.requests.get_status = looks;
  out.requests.delete_ = volume && missing ? 0 : 1;
  if (missing) co_return out;
  out.files = there->is_dir ? 0 : 1;
  out.directories = there->is_dir ? 1 : 0;
  out.bytes =
      there->is_dir || there->file_size < 0 ? 0 : static_cast<std::uint64_t>(there->file_size);
  co_return out;
}

}  // namespace

task<remove_plan> plan_removal(remote& from, std::string path, bool recursive) {
  if (!recursive) {
    auto one = co_await plan_of_one(from, path);
    co_return one;
  }
  remove_plan out;
  bool const volume = is_volume_path(path);
  auto listed = co_await from.list(path);
  bool const missing = listed.has_error() && listed.error().code() == errc::not_found;
  if (listed.has_error() && !missing) co_return listed.error();
  if (missing) {
    out.requests_spent.list = 1;
    if (volume) out.requests_spent.get_status = 1;
    if (volume) out.requests = out.requests_spent;
    out.requests.delete_ = volume ? 0 : 1;
    co_return out;
  }
  out.requests_spent = listed->spent;
  if (is_the_file_itself(*listed, path)) {
    auto const size = listed->files.front().file_size;
    out.files = 1;
    out.bytes = size < 0 ? 0 : static_cast<std::uint64_t>(size);
    if (volume) out.requests = out.requests_spent;
    out.requests.delete_ = 1;
    co_return out;
  }
  auto const tree = co_await walk_remote(from, path, std::move(listed->files));
  if (tree.has_error()) co_return tree.error();
  if (!tree->found.refused.empty()) co_return tree->found.refused.front().reason;
  out.requests_spent.list += tree->lists;
  for (auto const& entry : tree->found.entries) {
    ++(entry.is_dir ? out.directories : out.files);
    out.bytes += entry.size;
  }
  ++out.directories;
  if (volume) out.requests = out.requests_spent;  // it is listed again
  out.requests.delete_ = volume ? out.files + out.directories : 1;
  co_return out;
}

task<remove_report> remove_tree(remote& from, std::string path, removal_progress told) {
  if (is_volume_path(path)) {
    auto out = co_await remove_from_volume(from, path, told);
    co_return out;
  }
  auto out = co_await remove_from_dbfs(from, path, told);
  co_return out;
}

}  // namespace kiln::transfer
