#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/files.hpp>

// The form of every struct of the Files API on the wire, for the service and for the tests that
// hold it to the structs.
namespace kiln::files {

void fields(auto& io, directory_entry& v) {
  io("path", v.path);
  io("name", v.name);
  io("is_directory", v.is_directory);
  io("file_size", v.file_size);
  io("last_modified", v.last_modified);
}
void fields(auto& io, file_metadata& v) {  // headers
  io("content-length", v.content_length);
  io("content-type", v.content_type);
  io("last-modified", v.last_modified);
}
void fields(auto& io, create_directory& v) { io("directory_path", v.directory_path); }
void fields(auto& io, delete_& v) { io("file_path", v.file_path); }
void fields(auto& io, delete_directory& v) { io("directory_path", v.directory_path); }
void fields(auto& io, download& v) { io("file_path", v.file_path); }
void fields(auto& io, get_directory_metadata& v) { io("directory_path", v.directory_path); }
void fields(auto& io, get_metadata& v) { io("file_path", v.file_path); }
void fields(auto& io, list_directory_contents& v) {
  io("directory_path", v.directory_path);
  io("page_size", v.page_size);
  io("page_token", v.page_token);
}
void fields(auto& io, list_directory_contents::response& v) {
  io("contents", v.contents);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, upload& v) {
  io("file_path", v.file_path);
  io("overwrite", v.overwrite);
}

}  // namespace kiln::files
