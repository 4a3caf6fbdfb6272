#pragma once

#include <kiln/bytes.hpp>
#include <kiln/result.hpp>

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace kiln::http {

struct form_field {
  std::string_view name;
  std::string_view value;
};

struct form_file {
  std::string_view name;
  std::string_view filename;
  std::string_view content_type = "application/octet-stream";
  std::shared_ptr<byte_source> content;
};

/// The body of a multipart/form-data request: the fields in order, then the file, which is read as
/// the body is. The boundary must be a random name; errc::invalid_argument if it cannot be one, if
/// a field holds it, or if a content type is not one line.
[[nodiscard]] result<std::shared_ptr<byte_source>> make_multipart(
    std::string_view boundary, std::span<form_field const> fields, form_file const& file);

/// The Content-Type header that goes with it.
[[nodiscard]] std::string multipart_content_type(std::string_view boundary);

}  // namespace kiln::http
