#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/dbfs.hpp>

// The JSON form of every DBFS struct, for the service and for the tests that hold it to the
// structs.
namespace kiln::dbfs {

void fields(auto& io, file_info& v) {
  io("path", v.path);
  io("is_dir", v.is_dir);
  io("file_size", v.file_size);
  io("modification_time", v.modification_time);
}
void fields(auto& io, create& v) {
  io("path", v.path);
  io("overwrite", v.overwrite);
}
void fields(auto& io, create::response& v) { io("handle", v.handle); }
void fields(auto& io, add_block& v) {
  io("handle", v.handle);
  io("data", v.data);
}
void fields(auto& io, close& v) { io("handle", v.handle); }
void fields(auto& io, delete_& v) {
  io("path", v.path);
  io("recursive", v.recursive);
}
void fields(auto& io, get_status& v) { io("path", v.path); }
void fields(auto& io, list& v) { io("path", v.path); }
void fields(auto& io, list::response& v) { io("files", v.files); }
void fields(auto& io, mkdirs& v) { io("path", v.path); }
void fields(auto& io, move& v) {
  io("source_path", v.source_path);
  io("destination_path", v.destination_path);
}
void fields(auto& io, put& v) {
  io("path", v.path);
  io("contents", v.contents);
  io("overwrite", v.overwrite);
}
void fields(auto& io, put_multipart& v) {
  io("path", v.path);
  io("overwrite", v.overwrite);
}
void fields(auto& io, read& v) {
  io("path", v.path);
  io("offset", v.offset);
  io("length", v.length);
}
void fields(auto& io, read::response& v) {
  io("bytes_read", v.bytes_read);
  io("data", v.data);
}

}  // namespace kiln::dbfs
