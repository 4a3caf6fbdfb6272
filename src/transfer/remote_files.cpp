#include "transfer/fan_out.hpp"
#include "transfer/names.hpp"
#include "transfer/remote.hpp"
#include "transfer/remove_tree.hpp"
#include "transfer/tree_walk.hpp"

#include <kiln/remote_files.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace kiln {

namespace {

using namespace transfer;

using shared_remote = std::shared_ptr<remote>;

// Each keeps what it works with in its frame.
task<std::vector<dbfs::file_info>> list_at(shared_remote at, std::string given) {
  auto const path = normal_remote_path(given);
  if (path.has_error()) co_return path.error();
  auto listed = co_await at->list(*path);
  if (listed.has_error()) co_return listed.error();
  co_return std::move(listed->files);
}
task<dbfs::file_info> status_at(shared_remote at, std::string given) {
  auto const path = normal_remote_path(given);
  if (path.has_error()) co_return path.error();
  auto out = co_await at->get_status(*path);
  co_return out;
}
task<void> make_at(shared_remote at, std::string given) {
  auto const path = normal_remote_path(given);
  if (path.has_error()) co_return path.error();
  auto const out = co_await at->mkdirs(*path);
  co_return out;
}
task<void> move_at(shared_remote at, std::string given_from, std::string given_to) {
  auto const from = normal_remote_path(given_from);
  if (from.has_error()) co_return from.error();
  auto const to = normal_remote_path(given_to);
  if (to.has_error()) co_return to.error();
  auto const out = co_await at->move(*from, *to);
  co_return out;
}
task<std::size_t> read_at(shared_remote at, std::string given, std::uint64_t offset,
                          std::span<std::byte> into) {
  auto const path = normal_remote_path(given);
  if (path.has_error()) co_return path.error();
  auto const out = co_await at->read(*path, offset, into.size());
  if (out.has_error()) co_return out.error();
  std::copy(out->begin(), out->end(), into.begin());
  co_return out->size();
}
task<void> remove_at(shared_remote at, std::string given) {
  auto const path = normal_remote_path(given);
  if (path.has_error()) co_return path.error();
  // In a volume files and directories are deleted each by its own call, and only those of files
  // tell the two apart.
  auto const status = is_volume_path(*path);
  if (status) {
    auto const what = co_await at->get_status(*path);
    if (what.has_error() && what.error().code() == errc::not_found) co_return result<void>();
    if (what.has_error()) co_return what.error();
    if (what->is_dir) {
      auto const gone = co_await at->remove_directory(*path);
      co_return gone;
    }
  }
  auto const gone = co_await at->remove(*path, false);
  co_return gone;
}

asio::awaitable<void> remove_all_on_strand(shared_remote at, std::string path,
                                           remove_observer* observer,
                                           std::optional<result<remove_report>>& to) {
  co_await keep_after_cancel();
  removal_progress told;
  if (observer != nullptr) told = [observer](remove_progress const& p) { observer->progressed(p); };
  auto out = co_await remove_tree(*at, std::move(path), std::move(told));
  to.emplace(std::move(out));
}

task<remove_report> remove_all_at(shared_remote at, std::string given, remove_observer* observer) {
  auto path = normal_remote_path(given);
  if (path.has_error()) co_return path.error();
  std::optional<result<remove_report>> out;
  co_await on_own_strand(remove_all_on_strand(at, std::move(*path), observer, out));
  co_return std::move(*out);
}

asio::awaitable<void> plan_on_strand(shared_remote at, std::string path, bool recursive,
                                     std::optional<result<remove_plan>>& to) {
  co_await keep_after_cancel();
  auto out = co_await plan_removal(*at, std::move(path), recursive);
  to.emplace(std::move(out));
}

task<remove_plan> plan_removal_at(shared_remote at, std::string given, bool recursive,
                                  double rate) {
  auto path = normal_remote_path(given);
  if (path.has_error()) co_return path.error();
  std::optional<result<remove_plan>> out;
  co_await on_own_strand(plan_on_strand(at, std::move(*path), recursive, out));
  if (out->has_value()) (*out)->rate = rate;
  co_return std::move(*out);
}

}  // namespace

remote_files::remote_files(workspace ws, lane in_lane)
    : ws_(std::move(ws)), to_(make_remote(ws_, in_lane)) {}

task<std::vector<dbfs::file_info>> remote_files::list(std::string_view path) const {
  return list_at(to_, std::string(path));
}
task<dbfs::file_info> remote_files::get_status(std::string_view path) const {
  return status_at(to_, std::string(path));
}
task<void> remote_files::mkdirs(std::string_view path) const {
  return make_at(to_, std::string(path));
}
task<void> remote_files::move(std::string_view from, std::string_view to) const {
  return move_at(to_, std::string(from), std::string(to));
}
task<std::size_t> remote_files::read(std::string_view path, std::uint64_t offset,
                                     std::span<std::byte> into) const {
  return read_at(to_, std::string(path), offset, into);
}
std::uint64_t remote_files::read_bytes_max(std::string_view path) noexcept {
  if (path.starts_with("dbfs:")) path.remove_prefix(5);
  return range_bytes_of(path);
}
std::size_t remote_files::requests_in_flight_max(std::string_view path) noexcept {
  if (path.starts_with("dbfs:")) path.remove_prefix(5);
  return std::min(lists_in_flight_max, transfer::requests_in_flight_max(path));
}
task<void> remote_files::remove(std::string_view path) const {
  return remove_at(to_, std::string(path));
}
task<remove_report> remote_files::remove_all(std::string_view path,
                                             remove_observer* observer) const {
  return remove_all_at(to_, std::string(path), observer);
}
task<remove_plan> remote_files::plan_removal(std::string_view path, bool recursive) const {
  return plan_removal_at(to_, std::string(path), recursive, ws_.stats().rate);
}

}  // namespace kiln
