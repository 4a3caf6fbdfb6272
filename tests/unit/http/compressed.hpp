#pragma once

#include <zlib.h>

#include <stdexcept>
#include <string>
#include <string_view>

namespace kiln::http::testing {

enum class wrapping { gzip, zlib };

inline std::string compress(std::string_view text, wrapping kind = wrapping::gzip, int level = 6) {
  z_stream stream{};
  int const window = kind == wrapping::gzip ? 15 + 16 : 15;
  if (::deflateInit2(&stream, level, Z_DEFLATED, window, 8, Z_DEFAULT_STRATEGY) != Z_OK) {
    throw std::runtime_error("deflateInit2");
  }
  std::string out(::deflateBound(&stream, text.size()) + 64, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  stream.avail_in = static_cast<uInt>(text.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  int const code = ::deflate(&stream, Z_FINISH);
  out.resize(stream.total_out);
  ::deflateEnd(&stream);
  if (code != Z_STREAM_END) throw std::runtime_error("deflate");
  return out;
}

}  // namespace kiln::http::testing
