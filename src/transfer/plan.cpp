#include "transfer/plan.hpp"

#include "core/limits.hpp"
#include "transfer/block_plan.hpp"
#include "transfer/names.hpp"

#include <kiln/services/dbfs.hpp>

#include <algorithm>
#include <cmath>
#include <unordered_map>
#include <utility>

namespace kiln {

namespace {

std::uint64_t sum(std::uint64_t a, std::uint64_t b) noexcept {
  return a > UINT64_MAX - b ? UINT64_MAX : a + b;
}

}  // namespace

std::uint64_t request_counts::total() const noexcept {
  std::uint64_t out = 0;
  for (auto const count :
       {put, create, add_block, close, move, read, list, get_status, mkdirs, delete_}) {
    out = sum(out, count);
  }
  return out;
}

std::string_view to_string(overwrite how) noexcept {
  switch (how) {
    case overwrite::fail:
      return "fail";
    case overwrite::never:
      return "never";
    case overwrite::always:
      return "always";
    case overwrite::if_newer:
      return "if-newer";
    case overwrite::if_different:
      return "if-different";
  }
  return "unknown";
}

std::chrono::milliseconds transfer_plan::least_time(double share) const noexcept {
  double const allowed = rate * share;
  if (!(allowed > 0)) return std::chrono::milliseconds::zero();
  double const exact = std::ceil(static_cast<double>(requests.total()) * 1000.0 / allowed);
  constexpr double longest = 9e15;  // exact in a double; 285,000 years
  return std::chrono::milliseconds(static_cast<std::int64_t>(std::min(exact, longest)));
}

double transfer_plan::binding_bytes_per_second() const noexcept {
  auto const all = static_cast<double>(requests.total());
  return all > 0 && rate > 0 ? static_cast<double>(bytes) * rate / all : 0;
}

request_counts transfer_plan::requests_as_one_file() const noexcept {
  transfer::plan_rules const rules;
  return upload ? transfer::upload_requests(bytes, rules) : transfer::download_requests(bytes);
}

namespace transfer {

namespace {

// '/' before every other character: a directory is followed by all that is in it.
bool path_less(found const& a, found const& b) noexcept {
  auto const rank = [](char c) { return c == '/' ? 0 : 1 + static_cast<unsigned char>(c); };
  return std::lexicographical_compare(a.path.begin(), a.path.end(), b.path.begin(), b.path.end(),
                                      [&rank](char x, char y) { return rank(x) < rank(y); });
}

bool is_inside(found const& entry, found const& directory) noexcept {
  return entry.path.size() > directory.path.size() && entry.path.starts_with(directory.path) &&
         entry.path[directory.path.size()] == '/';
}

}  // namespace

void add_item(transfer_plan& plan, transfer_item item, request_counts const& requests) {
  if (item.is_dir) {
    ++plan.directories;
  } else {
    ++plan.files;
    plan.bytes = sum(plan.bytes, item.size);
  }
  add(plan.requests, requests);
  plan.items.push_back(std::move(item));
}

request_counts download_requests(std::uint64_t size, bool volume) noexcept {
  request_counts out;
  out.read = blocks_of(size, volume ? volume_range_bytes : limits::dbfs_block_bytes_max);
  out.get_status = out.read > 1 && !volume ? 1 : 0;
  return out;
}

request_counts download_requests(std::uint64_t size, plan_rules const& rules) noexcept {
  request_counts out = download_requests(size, rules.volume);
  if (rules.verify) out.read += download_requests(size, rules.volume).read;
  return out;
}

bool needs_stream(std::uint64_t size, plan_rules const& rules) noexcept {
  if (rules.volume) return false;
  return rules.stream_always || (!rules.put_always && size > rules.put_bytes_max);
}

request_counts upload_requests(std::uint64_t size, plan_rules const& rules) noexcept {
  request_counts out;
  if (rules.verify) out.read = download_requests(size, rules.volume).read;
  if (!needs_stream(size, rules)) {
    out.put = 1;
    return out;
  }
  bool const asks_first = rules.overwrite != overwrite::always && !rules.targets_absent;
  out.create = out.close = out.move = 1;
  out.add_block = blocks_of(size);
  out.get_status = asks_first ? 2 : 1;
  return out;
}

void add(request_counts& to, request_counts const& more) noexcept {
  for (auto const member :
       {&request_counts::put, &request_counts::create, &request_counts::add_block,
        &request_counts::close, &request_counts::move, &request_counts::read, &request_counts::list,
        &request_counts::get_status, &request_counts::mkdirs, &request_counts::delete_}) {
    to.*member = sum(to.*member, more.*member);
  }
}

transfer_plan upload_plan(listing tree, std::string_view local_root, std::string_view remote_root,
                          plan_rules const& rules) {
  transfer_plan plan;
  plan.upload = true;
  plan.refused = std::move(tree.refused);
  auto& entries = tree.entries;
  std::sort(entries.begin(), entries.end(), path_less);
  for (std::size_t i = 0; i < entries.size(); ++i) {
    auto& entry = entries[i];
    bool const made_by_content =
        entry.is_dir && i + 1 < entries.size() && is_inside(entries[i + 1], entry);
    if (made_by_content) continue;
    transfer_item item{joined(local_root, entry.path), joined(remote_root, entry.path),
                       entry.is_dir, entry.is_dir ? 0 : entry.size, entry.modified};
    request_counts requests;
    if (entry.is_dir) requests.mkdirs = 1;
    if (!entry.is_dir) requests = upload_requests(entry.size, rules);
    add_item(plan, std::move(item), requests);
  }
  if (entries.empty() && rules.root_if_empty) {
    request_counts requests;
    requests.mkdirs = 1;
    transfer_item root{std::string(local_root), std::string(remote_root), true, 0};
    add_item(plan, std::move(root), requests);
  }
  return plan;
}

transfer_plan download_plan(listing tree, std::string_view remote_root, std::string_view local_root,
                            plan_rules const& rules) {
  transfer_plan plan;
  plan.upload = false;
  plan.refused = std::move(tree.refused);
  std::sort(tree.entries.begin(), tree.entries.end(), path_less);
  plan.items.reserve(tree.entries.size());
  for (auto& entry : tree.entries) {
    transfer_item item{joined(remote_root, entry.path), joined(local_root, entry.path),
                       entry.is_dir, entry.is_dir ? 0 : entry.size, entry.modified};
    request_counts requests;
    if (!entry.is_dir) requests = download_requests(entry.size, rules);
    add_item(plan, std::move(item), requests);
  }
  return plan;
}

transfer_plan file_upload_plan(std::string local, std::string remote, std::uint64_t size,
                               plan_rules const& rules) {
  transfer_plan plan;
  plan.upload = true;
  transfer_item item{std::move(local), std::move(remote), false, size};
  add_item(plan, std::move(item), upload_requests(size, rules));
  return plan;
}

transfer_plan file_download_plan(std::string remote, std::string local, std::uint64_t size,
                                 std::optional<timestamp> modified, plan_rules const& rules) {
  transfer_plan plan;
  plan.upload = false;
  transfer_item item{std::move(remote), std::move(local), false, size, modified};
  add_item(plan, std::move(item), download_requests(size, rules));
  return plan;
}

namespace {

// The name of an entry of `folder`; nullopt when the server's path is not right below it.
std::optional<std::string_view> name_below(std::string_view folder, std::string_view path) {
  if (path.starts_with("dbfs:")) path.remove_prefix(5);
  if (folder == "/") folder = {};
  if (!path.starts_with(folder)) return std::nullopt;
  path.remove_prefix(folder.size());
  if (!path.starts_with('/')) return std::nullopt;
  return path.substr(1);
}

}  // namespace

listing checked_children(std::string_view folder, std::string_view below,
                         std::vector<dbfs::file_info> files) {
  listing out;
  std::unordered_map<std::string, bool> seen;  // name -> is_dir
  auto const refuse = [&out](dbfs::file_info& file, errc code, std::string_view why) {
    transfer_item item{std::move(file.path), {}, file.is_dir, 0};
    error reason =
        error(code, std::string(why)).with_operation("dbfs/list").with_where(escaped(item.source));
    out.refused.push_back({std::move(item), std::move(reason)});
  };
  for (auto& file : files) {
    auto const name = name_below(folder, file.path);
    if (!name) {
      refuse(file, errc::unsafe_name, "the path is not in the folder that was listed");
    } else if (auto const why = objection_to_name(*name); !why.empty()) {
      refuse(file, errc::unsafe_name, why);
    } else if (file.file_size < 0) {
      refuse(file, errc::malformed_response, "the size is negative");
    } else if (auto const [at, fresh] = seen.emplace(*name, file.is_dir); fresh) {
      out.entries.push_back({below.empty() ? std::string(*name) : joined(below, *name), file.is_dir,
                             static_cast<std::uint64_t>(file.file_size), file.modification_time});
    } else if (at->second != file.is_dir) {
      refuse(file, errc::unsafe_name, "the name is listed as a file and as a directory");
    }
  }
  return out;
}

}  // namespace transfer
}  // namespace kiln
