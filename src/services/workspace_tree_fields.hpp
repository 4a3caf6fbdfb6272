#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/workspace_tree.hpp>

// The JSON form of every workspace struct, for the service and for the tests that hold it to the
// structs.
namespace kiln::workspace_tree {

void fields(auto& io, directory_info& v) { io("is_git_folder", v.is_git_folder); }
void fields(auto& io, object_info& v) {
  io("path", v.path);
  io("object_type", v.object_type);
  io("language", v.language);
  io("object_id", v.object_id);
  io("resource_id", v.resource_id);
  io("created_at", v.created_at);
  io("modified_at", v.modified_at);
  io("size", v.size);
  io("directory_info", v.directory_info);
}
void fields(auto& io, delete_& v) {
  io("path", v.path);
  io("recursive", v.recursive);
}
void fields(auto& io, export_& v) {
  io("path", v.path);
  io("format", v.format);
  io("outputs", v.outputs);
}
void fields(auto& io, export_::response& v) {
  io("content", v.content);
  io("file_type", v.file_type);
}
void fields(auto& io, export_direct_download& v) {
  io("path", v.path);
  io("direct_download", v.direct_download);
  io("format", v.format);
}
void fields(auto& io, get_status& v) { io("path", v.path); }
void fields(auto& io, import_& v) {
  io("path", v.path);
  io("format", v.format);
  io("language", v.language);
  io("content", v.content);
  io("overwrite", v.overwrite);
}
void fields(auto& io, import_multipart& v) {
  io("path", v.path);
  io("format", v.format);
  io("language", v.language);
  io("overwrite", v.overwrite);
}
void fields(auto& io, list& v) {
  io("path", v.path);
  io("notebooks_modified_after", v.notebooks_modified_after);
}
void fields(auto& io, list::response& v) { io("objects", v.objects); }
void fields(auto& io, mkdirs& v) { io("path", v.path); }

}  // namespace kiln::workspace_tree
