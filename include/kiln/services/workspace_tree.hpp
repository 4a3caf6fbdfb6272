#pragma once

#include <kiln/bytes.hpp>
#include <kiln/endpoint.hpp>
#include <kiln/open_enum.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>
#include <kiln/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Workspace API 2.0: the tree of notebooks, folders and files. Paths are absolute
/// ("/Users/ann@example.com/etl"). A request and a notebook hold at most 10 MB; above that the
/// server answers MAX_NOTEBOOK_SIZE_EXCEEDED, errc::invalid_request.
/// Source of every shape:
/// https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/workspace
namespace kiln {

class engine;

namespace workspace_tree {

enum class object_type : std::uint8_t { dashboard, directory, file, library, notebook, repo };
enum_table spellings(object_type);

/// Of a notebook's default cells.
enum class language : std::uint8_t { python, r, scala, sql };
enum_table spellings(language);

/// What a notebook is outside of the workspace. Directories go as dbc only.
enum class file_format : std::uint8_t {
  auto_,    ///< Import: told by the content and the name. Export: as the object is.
  dbc,      ///< An archive of notebooks and folders; cannot overwrite.
  html,     ///< A page with its results.
  jupyter,  ///< .ipynb
  raw,
  r_markdown,
  source,  ///< Text; an import must name the language.
};
enum_table spellings(file_format);

enum class export_outputs : std::uint8_t { all, none };
enum_table spellings(export_outputs);

struct directory_info {
  std::optional<bool> is_git_folder{};
};

struct object_info {
  std::string path;
  open_enum<workspace_tree::object_type> object_type;
  open_enum<workspace_tree::language> language;  ///< Of notebooks.
  std::int64_t object_id = 0;                    ///< Unique in the workspace; stays when it moves.
  std::string resource_id;
  std::optional<timestamp> created_at{};
  std::optional<timestamp> modified_at{};
  std::optional<std::int64_t> size{};  ///< Bytes; of files.
  std::optional<workspace_tree::directory_info> directory_info{};
};

/// Deletes a notebook, a file or a folder. Fails with DIRECTORY_NOT_EMPTY unless `recursive`, and
/// with not_found when there is nothing, which may be the work of an attempt whose answer was lost
/// (error::may_have_been_applied() tells). A recursive delete that fails may have deleted some.
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.0/workspace/delete", repeat::idempotent};
  using response = void;
  std::string_view path;
  bool recursive = false;
};

/// A notebook or a folder as a document.
struct export_ {
  static constexpr endpoint at{verb::get, "/api/2.0/workspace/export", repeat::safe};
  struct response {
    bytes content;          ///< At most 10 MB.
    std::string file_type;  ///< "py", "ipynb", "dbc", …
  };
  std::string_view path;
  std::optional<file_format> format{};  ///< The server's default is source.
  std::optional<export_outputs> outputs{};
};

/// The same as the bytes of the document themselves.
struct export_direct_download {
  static constexpr endpoint at{verb::get, "/api/2.0/workspace/export", repeat::safe};
  using response = void;
  std::string_view path;
  bool direct_download = true;  ///< What makes the answer raw; the server wants it true.
  std::optional<file_format> format{};
};

struct get_status {
  static constexpr endpoint at{verb::get, "/api/2.0/workspace/get-status", repeat::safe};
  using response = object_info;
  std::string_view path;
};

/// Makes a notebook or a file, or with dbc a whole folder, from a document. The folder above must
/// be there. Fails with already_exists unless `overwrite`; only with it a lost answer is followed
/// by another attempt.
struct import_ {
  static constexpr endpoint at{verb::post, "/api/2.0/workspace/import", repeat::idempotent};
  using response = void;
  std::string_view path;
  std::optional<file_format> format{};  ///< The server's default is source.
  std::optional<workspace_tree::language> language{};
  std::span<std::byte const> content{};  ///< At most 10 MB in base64.
  bool overwrite = false;                ///< Not with dbc.
};

/// The same with the document streamed as multipart/form-data.
struct import_multipart {
  static constexpr endpoint at{verb::post, "/api/2.0/workspace/import", repeat::idempotent};
  using response = void;
  std::string_view path;
  std::optional<file_format> format{};
  std::optional<workspace_tree::language> language{};
  bool overwrite = false;
};

/// One level of a folder, or the one object.
struct list {
  static constexpr endpoint at{verb::get, "/api/2.0/workspace/list", repeat::safe};
  struct response {
    std::vector<object_info> objects;
  };
  std::string_view path;
  std::optional<timestamp> notebooks_modified_after{};
};

/// Makes a folder and its parents; a no-op when it is there. Fails with already_exists when
/// something else is in the way.
struct mkdirs {
  static constexpr endpoint at{verb::post, "/api/2.0/workspace/mkdirs", repeat::idempotent};
  using response = void;
  std::string_view path;
};

/// What workspace::workspace_tree() gives. A cheap copy of a shared handle; calls from any thread.
/// Requests are encoded before a method returns, so views in them need live no longer than the call
/// expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<void> delete_(workspace_tree::delete_ const& r, call_options const& options = {}) const;
  task<workspace_tree::export_::response> export_(workspace_tree::export_ const& r,
                                                  call_options const& options = {}) const;
  /// Gives the document.
  task<std::string> export_direct_download(workspace_tree::export_direct_download const& r,
                                           call_options const& options = {}) const;
  /// Writes the document to `into`, which is restarted when an attempt is repeated.
  task<void> export_direct_download(workspace_tree::export_direct_download const& r,
                                    std::shared_ptr<byte_sink> into,
                                    call_options const& options = {}) const;
  task<object_info> get_status(workspace_tree::get_status const& r,
                               call_options const& options = {}) const;
  task<void> import_(workspace_tree::import_ const& r, call_options const& options = {}) const;
  /// `content` is streamed, read again from its start if the attempt is repeated.
  task<void> import_multipart(workspace_tree::import_multipart const& r,
                              std::shared_ptr<byte_source> content,
                              call_options const& options = {}) const;
  task<workspace_tree::list::response> list(workspace_tree::list const& r,
                                            call_options const& options = {}) const;
  task<void> mkdirs(workspace_tree::mkdirs const& r, call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace workspace_tree
}  // namespace kiln
