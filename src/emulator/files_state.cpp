#include "emulator/files_state.hpp"

#include "emulator/dbfs_path.hpp"

#include <utility>

namespace kiln::emulation {

namespace {

constexpr std::string_view files_root = "/Volumes";
constexpr std::size_t volume_depth = 4;  ///< /Volumes/catalog/schema/volume

api_error path_exists(std::string_view path) {
  return {409, "ALREADY_EXISTS", "The path already exists: " + std::string(path)};
}
api_error missing(std::string_view what, std::string_view path) {
  return {404, "NOT_FOUND", std::string(what) + " does not exist: " + std::string(path)};
}

struct place {
  std::string path;
  std::size_t depth = 0;
};

outcome<place> place_of(std::string_view path) {
  auto normal = normal_path(path);
  if (!normal) return normal.error();
  if (!is_within(*normal, files_root)) {
    return invalid_parameter("The path is not within " + std::string(files_root) + ": " + *normal);
  }
  auto const depth = components(*normal).size();
  return place{std::move(*normal), depth};
}

/// That of something in a volume.
outcome<place> place_in_volume(std::string_view path) {
  auto at = place_of(path);
  if (at && at->depth <= volume_depth) {
    return invalid_parameter("The path is not within a volume: " + at->path);
  }
  return at;
}

}  // namespace

outcome<void> files_state::upload(std::string_view path, std::shared_ptr<content> bytes,
                                  bool overwrite, moment now) {
  auto const at = place_in_volume(path);
  if (!at) return at.error();
  auto const there = tree_.get_status(at->path);
  if (there && (there->is_dir || !overwrite)) return path_exists(at->path);
  auto done = tree_.adopt(at->path, std::move(bytes), overwrite, now);
  // A file where a directory is needed.
  if (!done && done.error().code == "RESOURCE_ALREADY_EXISTS") return path_exists(at->path);
  return done;
}

outcome<void> files_state::create_directory(std::string_view path, moment now) {
  auto const at = place_of(path);
  if (!at) return at.error();
  if (at->depth < volume_depth)
    return invalid_parameter("Only volumes hold directories: " + at->path);
  auto done = tree_.mkdirs(at->path, now);
  if (!done && done.error().code == "RESOURCE_ALREADY_EXISTS") return path_exists(at->path);
  return done;
}

outcome<void> files_state::remove_file(std::string_view path) {
  auto const at = file(path);
  if (!at) return at.error();
  return tree_.remove(at->path, false);
}

outcome<void> files_state::remove_directory(std::string_view path) {
  auto const at = place_in_volume(path);
  if (!at) return at.error();
  auto const there = tree_.get_status(at->path);
  if (!there || !there->is_dir) return missing("The directory", at->path);
  auto const content = tree_.list_from(at->path, {}, 1);
  if (content && !content->empty()) {
    return api_error{400, "BAD_REQUEST", "The directory is not empty: " + at->path};
  }
  return tree_.remove(at->path, false);
}

outcome<dbfs_info> files_state::file(std::string_view path) const {
  auto const at = place_of(path);
  if (!at) return at.error();
  auto there = tree_.get_status(at->path);
  if (!there || there->is_dir) return missing("The file", at->path);
  return there;
}

outcome<void> files_state::directory(std::string_view path) const {
  auto const at = place_of(path);
  if (!at) return at.error();
  if (at->depth <= volume_depth) return {};
  auto const there = tree_.get_status(at->path);
  if (!there || !there->is_dir) return missing("The directory", at->path);
  return {};
}

outcome<std::vector<dbfs_info>> files_state::list(std::string_view path, std::string_view after,
                                                  std::size_t count) const {
  auto const there = directory(path);
  if (!there) return there.error();
  auto out = tree_.list_from(path, after, count);
  if (!out) return std::vector<dbfs_info>();  // a volume that nothing was put into
  return out;
}

outcome<dbfs_state::range> files_state::read(std::string_view path) const {
  auto const at = file(path);
  if (!at) return at.error();
  return tree_.read(at->path, 0, 0);
}

}  // namespace kiln::emulation
