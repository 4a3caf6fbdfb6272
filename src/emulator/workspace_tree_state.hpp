#pragma once

#include "emulator/api.hpp"
#include "emulator/workspace_tree_archive.hpp"
#include "emulator/workspace_tree_notebook.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace kiln::emulation {

struct workspace_object {
  std::string path;
  std::string_view object_type;  ///< "DIRECTORY", "FILE" or "NOTEBOOK"
  std::optional<notebook_language> language;
  std::int64_t object_id = 0;
  wall_time created{};
  wall_time modified{};
  std::uint64_t size = 0;  ///< Of a file, bytes.
};

/// The notebooks, files and folders of a workspace with the rules of Workspace API 2.0. Paths are
/// as clients send them. There are always /Shared, /Repos, /Users and the folder of `owner` in it.
class workspace_tree_state {
 public:
  explicit workspace_tree_state(std::string owner);

  struct import_request {
    std::string path;
    document_format format = document_format::source;
    std::optional<notebook_language> language;
    bool overwrite = false;
    std::string content;
  };
  outcome<void> import_object(import_request what, moment now);

  struct document {
    std::string content;
    std::string file_type;  ///< "py"
  };
  outcome<document> export_object(std::string_view path, document_format format) const;
  outcome<workspace_object> get_status(std::string_view path) const;
  /// `modified_after` leaves out older notebooks.
  outcome<std::vector<workspace_object>> list(std::string_view path,
                                              std::optional<wall_time> modified_after) const;
  outcome<void> mkdirs(std::string_view path, moment now);
  outcome<void> remove(std::string_view path, bool recursive);
  void clear();

  static constexpr std::size_t content_bytes_max = 10 * 1024 * 1024;
  static constexpr std::size_t objects_max = 200'000;

 private:
  struct folder;
  struct file {
    std::string bytes;
  };
  struct node {
    std::int64_t id = 0;
    wall_time created{};
    wall_time modified{};
    std::variant<std::shared_ptr<folder>, notebook, file> what;
  };
  struct folder {
    std::map<std::string, node, std::less<>> children;
  };

  [[nodiscard]] node const* find(std::string_view normal) const;
  [[nodiscard]] node* find(std::string_view normal);
  [[nodiscard]] static workspace_object info(std::string path, node const& of);
  [[nodiscard]] node fresh(moment now);
  void plant(std::string_view normal);
  outcome<void> place(std::string const& normal, node what, bool overwrite, moment now);
  [[nodiscard]] static std::vector<archive_member> archived(node const& whole, std::string name);
  outcome<void> import_archive(std::string const& normal, std::string_view archive, moment now);
  outcome<void> unpack(folder& into, std::string_view name, std::string_view content, moment now);

  std::string owner_;
  node root_;
  std::int64_t last_id_ = 0;
  std::size_t objects_ = 0;
};

}  // namespace kiln::emulation
