#include "emulator/dbfs_state.hpp"

#include "core/limits.hpp"
#include "emulator/dbfs_path.hpp"

#include <algorithm>
#include <system_error>
#include <utility>

namespace kiln::emulation {

namespace {

api_error exists(std::string_view path) {
  return {400, "RESOURCE_ALREADY_EXISTS",
          "A file or directory already exists at the path " + std::string(path)};
}
api_error missing(std::string_view path) {
  return {404, "RESOURCE_DOES_NOT_EXIST",
          "No file or directory exists on path " + std::string(path) + '.'};
}
api_error storage_failed(error const& e) { return {500, "INTERNAL_ERROR", e.message()}; }

std::int64_t milliseconds(wall_time at) {
  return std::chrono::duration_cast<std::chrono::milliseconds>(at.time_since_epoch()).count();
}

std::string join(std::string_view folder, std::string_view name) {
  std::string out(folder == "/" ? std::string_view() : folder);
  return (out += '/') += name;
}

}  // namespace

dbfs_state::dbfs_state(storage& store, dbfs_limits limits, std::uint64_t seed)
    : store_(store), limits_(limits), random_(seed), root_(std::make_shared<node>()) {
  root_->is_dir = true;
  auto loaded = store_.load();
  if (!loaded) {
    throw std::system_error(std::make_error_code(std::errc::io_error), loaded.error().message());
  }
  for (auto& entry : *loaded) {
    auto const [parent, name] = split_last(entry.path);
    auto const folder = find(parent);
    if (!folder) continue;
    auto child = std::make_shared<node>();
    child->is_dir = entry.is_dir;
    child->bytes = std::move(entry.bytes);
    child->modified_ms = milliseconds(entry.modified);
    folder->children.emplace(name, std::move(child));
    ++entries_;
  }
}

std::shared_ptr<dbfs_state::node> dbfs_state::find(std::string_view normal) const {
  auto at = root_;
  for (auto const name : components(normal)) {
    auto const child = at->children.find(name);
    if (child == at->children.end()) return nullptr;
    at = child->second;
  }
  return at;
}

outcome<std::shared_ptr<dbfs_state::node>> dbfs_state::folder_for(std::string_view normal,
                                                                  moment now) {
  auto at = root_;
  std::string path;
  for (auto const name : components(normal)) {
    (path += '/') += name;
    auto const child = at->children.find(name);
    if (child != at->children.end()) {
      if (!child->second->is_dir) return exists(path);
      at = child->second;
      continue;
    }
    if (entries_ == entries_max) return api_error{400, "QUOTA_EXCEEDED", "Too many files"};
    if (auto made = store_.make_folder(path); !made) return storage_failed(made.error());
    auto folder = std::make_shared<node>();
    folder->is_dir = true;
    folder->modified_ms = milliseconds(now.wall);
    at->children.emplace(name, folder);
    ++entries_;
    at = std::move(folder);
  }
  return at;
}

outcome<std::shared_ptr<dbfs_state::node>> dbfs_state::new_file(std::string_view normal,
                                                                std::shared_ptr<content> bytes,
                                                                bool overwrite, moment now) {
  auto const old = find(normal);
  if (old && (old->is_dir || !overwrite)) return exists(normal);
  auto const [parent, name] = split_last(normal);
  auto folder = folder_for(parent, now);
  if (!folder) return folder.error();
  if (!old && entries_ == entries_max) return api_error{400, "QUOTA_EXCEEDED", "Too many files"};
  if (!bytes) {
    auto fresh = store_.create();
    if (!fresh) return storage_failed(fresh.error());
    bytes = std::move(*fresh);
  }
  if (auto placed = store_.place(*bytes, normal); !placed) return storage_failed(placed.error());
  if (old) {
    old->unlinked = true;
  } else {
    ++entries_;
  }
  auto file = std::make_shared<node>();
  file->bytes = std::move(bytes);
  file->modified_ms = milliseconds(now.wall);
  (*folder)->children.insert_or_assign(std::string(name), file);
  return file;
}

std::int64_t dbfs_state::fresh_handle() {
  while (true) {
    // Half of them as small as they often are, half beyond what a double can hold.
    std::uint64_t const bits = random_.next();
    auto const id = static_cast<std::int64_t>((bits & 1U) != 0 ? (bits >> 34) | 1U
                                                               : (bits >> 1) | (1ULL << 53) | 1U);
    if (!handles_.contains(id)) return id;
  }
}

void dbfs_state::expire_handles(instant now) {
  std::erase_if(handles_, [now](auto const& entry) {
    bool const idle = now - entry.second.last_used >= handle_idle_max;
    if (idle) entry.second.file->bytes->seal();
    return idle;
  });
  swept_ = now;
}

outcome<std::int64_t> dbfs_state::create(std::string_view path, bool overwrite, moment now) {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  if (now.steady - swept_ >= handle_idle_max / 10 || handles_.size() == handles_max) {
    expire_handles(now.steady);
  }
  if (handles_.size() == handles_max) {
    return api_error{400, "QUOTA_EXCEEDED", "Too many open handles"};
  }
  auto file = new_file(*normal, nullptr, overwrite, now);
  if (!file) return file.error();
  auto const handle = fresh_handle();
  handles_.emplace(handle, open_handle{std::move(*file), now.steady});
  return handle;
}

outcome<dbfs_state::open_handle*> dbfs_state::use(std::int64_t handle, moment now) {
  auto const at = handles_.find(handle);
  bool const expired = at != handles_.end() && now.steady - at->second.last_used >= handle_idle_max;
  if (at == handles_.end() || expired || at->second.file->unlinked) {
    if (at != handles_.end()) {
      at->second.file->bytes->seal();
      handles_.erase(at);
    }
    return api_error{404, "RESOURCE_DOES_NOT_EXIST",
                     "No open stream with the handle " + std::to_string(handle)};
  }
  at->second.last_used = now.steady;
  return &at->second;
}

outcome<void> dbfs_state::add_block(std::int64_t handle, std::span<std::byte const> data,
                                    moment now) {
  auto open = use(handle, now);
  if (!open) return open.error();
  if (data.size() > limits::dbfs_block_bytes_max) {
    return api_error{400, "MAX_BLOCK_SIZE_EXCEEDED",
                     "The block has " + std::to_string(data.size()) + " bytes, more than 1 MB"};
  }
  auto& file = *(*open)->file;
  if (auto done = file.bytes->append(data); !done) return storage_failed(done.error());
  file.modified_ms = milliseconds(now.wall);
  return {};
}

outcome<void> dbfs_state::close(std::int64_t handle, moment now) {
  auto open = use(handle, now);
  if (!open) return open.error();
  (*open)->file->bytes->seal();
  handles_.erase(handle);
  return {};
}

outcome<void> dbfs_state::put(std::string_view path, std::span<std::byte const> data,
                              bool overwrite, moment now) {
  if (data.size() > limits::dbfs_block_bytes_max) {
    return api_error{400, "MAX_BLOCK_SIZE_EXCEEDED",
                     "The contents have " + std::to_string(data.size()) + " bytes, more than 1 MB"};
  }
  auto bytes = store_.create();
  if (!bytes) return storage_failed(bytes.error());
  if (auto done = (*bytes)->append(data); !done) return storage_failed(done.error());
  return adopt(path, std::move(*bytes), overwrite, now);
}

outcome<void> dbfs_state::adopt(std::string_view path, std::shared_ptr<content> bytes,
                                bool overwrite, moment now) {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  bytes->seal();
  auto file = new_file(*normal, std::move(bytes), overwrite, now);
  if (!file) return file.error();
  return {};
}

outcome<dbfs_info> dbfs_state::get_status(std::string_view path) const {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto const at = find(*normal);
  if (!at) return missing(*normal);
  return dbfs_info{*normal, at->is_dir, at->is_dir ? 0 : at->bytes->size(), at->modified_ms};
}

outcome<std::vector<dbfs_info>> dbfs_state::list(std::string_view path) const {
  auto self = get_status(path);
  if (!self) return self.error();
  if (self->is_dir) return list_from(self->path, {}, entries_max);
  std::vector<dbfs_info> out;
  out.push_back(std::move(*self));
  return out;
}

outcome<std::vector<dbfs_info>> dbfs_state::list_from(std::string_view path, std::string_view after,
                                                      std::size_t count) const {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto const folder = find(*normal);
  if (!folder || !folder->is_dir) return missing(*normal);
  std::vector<dbfs_info> out;
  out.reserve(std::min(count, folder->children.size()));
  for (auto at = folder->children.upper_bound(after);
       at != folder->children.end() && out.size() < count; ++at) {
    auto const& child = *at->second;
    out.push_back({join(*normal, at->first), child.is_dir, child.is_dir ? 0 : child.bytes->size(),
                   child.modified_ms});
  }
  return out;
}

bool dbfs_state::holds(std::string_view path, content const& bytes) const {
  auto const at = find(path);
  return at && at->bytes.get() == &bytes;
}

outcome<void> dbfs_state::mkdirs(std::string_view path, moment now) {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto folder = folder_for(*normal, now);
  if (!folder) return folder.error();
  return {};
}

outcome<void> dbfs_state::move(std::string_view from, std::string_view to, moment now) {
  auto const source = normal_path(from);
  if (!source) return source.error();
  auto target = normal_path(to);
  if (!target) return target.error();
  auto const moved = find(*source);
  if (!moved) return missing(*source);
  if (*source == "/") return invalid_parameter("The root folder cannot be moved");
  auto const [source_parent, source_name] = split_last(*source);
  if (auto const there = find(*target)) {
    if (!there->is_dir) return exists(*target);
    *target = join(*target, source_name);  // into the folder, under its own name
    if (find(*target)) return exists(*target);
  }
  if (moved->is_dir && is_within(*target, *source)) {
    return invalid_parameter("A folder cannot be moved into itself: " + *source);
  }
  auto const [target_parent, target_name] = split_last(*target);
  auto folder = folder_for(target_parent, now);
  if (!folder) return folder.error();
  if (auto done = store_.move(*source, *target); !done) return storage_failed(done.error());
  auto const old_folder = find(source_parent);
  old_folder->children.erase(old_folder->children.find(source_name));
  (*folder)->children.emplace(target_name, moved);
  return {};
}

outcome<void> dbfs_state::unlink(node& folder, std::string_view name, std::string const& path) {
  if (auto done = store_.remove(path); !done) return storage_failed(done.error());
  auto const at = folder.children.find(name);
  at->second->unlinked = true;
  folder.children.erase(at);
  --entries_;
  return {};
}

outcome<void> dbfs_state::remove_below(node& folder, std::string const& path,
                                       std::uint64_t& budget) {
  while (!folder.children.empty() && budget > 0) {
    auto const& [name, child] = *folder.children.begin();
    auto const below = join(path, name);
    if (child->is_dir) {
      if (auto done = remove_below(*child, below, budget); !done) return done;
      if (!child->children.empty() || budget == 0) return {};
    }
    --budget;
    if (auto done = unlink(folder, std::string(name), below); !done) return done;
  }
  return {};
}

outcome<void> dbfs_state::remove(std::string_view path, bool recursive) {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  auto const at = find(*normal);
  if (!at) return {};
  if (*normal == "/") return invalid_parameter("The root folder cannot be deleted");
  auto const [parent, name] = split_last(*normal);
  if (at->is_dir && !at->children.empty()) {
    if (!recursive) return api_error{400, "IO_ERROR", "The folder is not empty: " + *normal};
    std::uint64_t const most =
        limits_.delete_entries_max == 0 ? UINT64_MAX : limits_.delete_entries_max;
    std::uint64_t budget = most;
    if (auto done = remove_below(*at, *normal, budget); !done) return done;
    if (!at->children.empty()) {
      return api_error{503, "PARTIAL_DELETE",
                       "The requested operation has deleted " + std::to_string(most - budget) +
                           " files and will continue when it is called again"};
    }
  }
  return unlink(*find(parent), name, *normal);
}

outcome<dbfs_state::range> dbfs_state::read(std::string_view path, std::int64_t offset,
                                            std::int64_t length) const {
  auto const normal = normal_path(path);
  if (!normal) return normal.error();
  if (offset < 0) return invalid_parameter("The offset is negative");
  if (length < 0) return invalid_parameter("The length is negative");
  if (static_cast<std::uint64_t>(length) > limits::dbfs_block_bytes_max) {
    return api_error{400, "MAX_READ_SIZE_EXCEEDED",
                     "The length is " + std::to_string(length) + ", more than 1 MB"};
  }
  auto const at = find(*normal);
  if (!at) return missing(*normal);
  if (at->is_dir) return invalid_parameter("The path is a directory: " + *normal);
  auto const size = at->bytes->size();
  auto const start = std::min(static_cast<std::uint64_t>(offset), size);
  return range{std::min(static_cast<std::uint64_t>(length), size - start), at->bytes, *normal,
               start};
}

void dbfs_state::clear() {
  for (auto& [id, open] : handles_) open.file->bytes->seal();
  handles_.clear();
  std::uint64_t everything = UINT64_MAX;
  // An entry that the disk does not give up stays visible, which is the truth.
  static_cast<void>(remove_below(*root_, "/", everything));
}

}  // namespace kiln::emulation
