#include "client/wire.hpp"
#include "core/failed_task.hpp"
#include "http/multipart.hpp"
#include "services/operations.hpp"
#include "services/workspace_tree_fields.hpp"

#include <kiln/services/workspace_tree.hpp>
#include <kiln/workspace.hpp>

#include <array>
#include <utility>

namespace kiln {

workspace_tree::service workspace::workspace_tree() const noexcept {
  return workspace_tree::service(core_);
}

std::span<operation const> workspace_tree_operations() {
  static auto const rows = [] {
    using namespace workspace_tree;
    constexpr std::string_view here = "workspace";
    auto download = describe<export_direct_download>(here, "export_direct_download");
    download.raw_response = true;
    auto form = describe<import_multipart>(here, "import_multipart");
    form.form_file = "content";
    return std::array{describe<delete_>(here, "delete"),
                      describe<export_>(here, "export"),
                      download,
                      describe<get_status>(here, "get_status"),
                      describe<import_>(here, "import"),
                      form,
                      describe<list>(here, "list"),
                      describe<mkdirs>(here, "mkdirs")};
  }();
  return rows;
}

namespace workspace_tree {

enum_table spellings(object_type) {
  static constexpr auto words =
      spell("DASHBOARD", "DIRECTORY", "FILE", "LIBRARY", "NOTEBOOK", "REPO");
  return words;
}
enum_table spellings(language) {
  static constexpr auto words = spell("PYTHON", "R", "SCALA", "SQL");
  return words;
}
enum_table spellings(file_format) {
  static constexpr auto words =
      spell("AUTO", "DBC", "HTML", "JUPYTER", "RAW", "R_MARKDOWN", "SOURCE");
  return words;
}
enum_table spellings(export_outputs) {
  static constexpr auto words = spell("ALL", "NONE");
  return words;
}

namespace {

task<void> write_body_to(std::shared_ptr<engine> core, outgoing_call call,
                         std::shared_ptr<byte_sink> into) {
  call.sink = std::move(into);
  auto answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  co_return result<void>();
}

/// A notebook in HTML is a page, and a source may begin with '<'.
outgoing_call download(workspace_tree::export_direct_download const& r, call_options const& o) {
  auto call = encode(r, o);
  bool const page = r.format == file_format::html;
  call.expects = page ? answer_kind::page : answer_kind::document;
  return call;
}

/// Without `overwrite` a second import finds the work of the first in its way.
outgoing_call once_unless(bool overwrite, outgoing_call call) {
  if (!overwrite) call.repeats = repeat::not_idempotent;
  return call;
}

}  // namespace

task<void> service::delete_(workspace_tree::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<workspace_tree::export_::response> service::export_(workspace_tree::export_ const& r,
                                                         call_options const& o) const {
  return receive<workspace_tree::export_::response>(core_, encode(r, o));
}
task<std::string> service::export_direct_download(workspace_tree::export_direct_download const& r,
                                                  call_options const& o) const {
  return receive_body(core_, download(r, o));
}
task<void> service::export_direct_download(workspace_tree::export_direct_download const& r,
                                           std::shared_ptr<byte_sink> into,
                                           call_options const& o) const {
  if (into == nullptr) {
    return failed_task<void>(
        error(errc::invalid_argument, "into is null").with_operation("workspace/export"));
  }
  return write_body_to(core_, download(r, o), std::move(into));
}
task<object_info> service::get_status(workspace_tree::get_status const& r,
                                      call_options const& o) const {
  return receive<object_info>(core_, encode(r, o));
}
task<void> service::import_(workspace_tree::import_ const& r, call_options const& o) const {
  return receive_nothing(core_, once_unless(r.overwrite, encode(r, o)));
}
task<workspace_tree::list::response> service::list(workspace_tree::list const& r,
                                                   call_options const& o) const {
  return receive<workspace_tree::list::response>(core_, encode(r, o));
}
task<void> service::mkdirs(workspace_tree::mkdirs const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}

task<void> service::import_multipart(workspace_tree::import_multipart const& r,
                                     std::shared_ptr<byte_source> content,
                                     call_options const& o) const {
  if (content == nullptr) {
    return failed_task<void>(
        error(errc::invalid_argument, "content is null").with_operation("workspace/import"));
  }
  auto const texts = json::scalar_fields(type_of<workspace_tree::import_multipart>(), &r);
  std::vector<http::form_field> parts;
  for (auto const& each : texts) parts.push_back({each.name, each.text});
  http::form_file file;
  file.name = "content";
  file.filename = "content";
  file.content = std::move(content);
  std::string const boundary = "kiln-" + core_->unique_name();
  auto body = http::make_multipart(boundary, parts, file);
  if (!body) return failed_task<void>(body.error().with_operation("workspace/import"));
  outgoing_call call = prepare(workspace_tree::import_multipart::at, o);
  call.message.headers.push_back({"Content-Type", http::multipart_content_type(boundary)});
  call.message.source = std::move(*body);
  return receive_nothing(core_, once_unless(r.overwrite, std::move(call)));
}

}  // namespace workspace_tree
}  // namespace kiln
