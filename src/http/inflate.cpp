#include "http/inflate.hpp"

#include "core/ascii.hpp"

#include <zlib.h>

#include <algorithm>
#include <limits>
#include <new>
#include <string>

namespace kiln::http {

struct inflater::state {
  z_stream stream{};
  bool begun = false;
  bool at_end = false;  ///< Of a member; a gzip stream may have another one.
  bool gzip = false;
};

namespace {

constexpr int window_any_header = 15 + 32;  ///< zlib's way to say: gzip or zlib, look which.
constexpr auto gzip_first_byte = std::byte{0x1f};

error damaged(char const* what) {
  return error(errc::malformed_response,
               std::string("the compressed response body is damaged: ") + what);
}

uInt clamp(std::size_t size) noexcept {
  return static_cast<uInt>(std::min<std::size_t>(size, std::numeric_limits<uInt>::max()));
}

}  // namespace

inflater::inflater() : state_(std::make_unique<state>()) {
  if (::inflateInit2(&state_->stream, window_any_header) != Z_OK) throw std::bad_alloc();
}

inflater::~inflater() { ::inflateEnd(&state_->stream); }

void inflater::start() noexcept {
  ::inflateReset2(&state_->stream, window_any_header);
  state_->begun = state_->at_end = state_->gzip = false;
}

result<inflater::step> inflater::run(std::span<std::byte const> in, std::span<std::byte> out) {
  auto& s = *state_;
  if (s.at_end && !in.empty()) {
    if (!s.gzip || in.front() != gzip_first_byte) return damaged("bytes follow its end");
    ::inflateReset(&s.stream);
    s.at_end = false;
  }
  if (!s.begun && !in.empty()) {
    s.begun = true;
    s.gzip = in.front() == gzip_first_byte;
  }
  if (s.at_end || !s.begun) return step{};
  // zlib takes a pointer to non-const and only reads through it.
  s.stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(in.data()));
  s.stream.avail_in = clamp(in.size());
  s.stream.next_out = reinterpret_cast<Bytef*>(out.data());
  s.stream.avail_out = clamp(out.size());
  auto const offered_in = s.stream.avail_in;
  auto const offered_out = s.stream.avail_out;
  int const code = ::inflate(&s.stream, Z_NO_FLUSH);
  if (code == Z_MEM_ERROR) throw std::bad_alloc();
  if (code == Z_NEED_DICT) return damaged("it needs a dictionary");
  step done{offered_in - s.stream.avail_in, offered_out - s.stream.avail_out};
  done.more = done.consumed < in.size() || done.produced == out.size();
  // Z_BUF_ERROR only says that nothing could be done with what there was.
  if (code != Z_OK && code != Z_STREAM_END && code != Z_BUF_ERROR) {
    if (done.produced == 0) return damaged(s.stream.msg ? s.stream.msg : "not gzip or deflate");
    // What came before the damage goes out first, however the input was cut; asked again, zlib
    // repeats its verdict.
    done.more = true;
    return done;
  }
  s.at_end = code == Z_STREAM_END;
  if (!in.empty() && !s.at_end && done.consumed == 0 && done.produced == 0) {
    return damaged("it cannot be read on");
  }
  return done;
}

bool inflater::may_end() const noexcept { return state_->at_end || !state_->begun; }

content_coding classify_coding(std::string_view value) noexcept {
  value = ascii::trim(value);
  if (value.empty() || ascii::equal_ignoring_case(value, "identity")) {
    return content_coding::identity;
  }
  for (std::string_view const known : {"gzip", "x-gzip", "deflate"}) {
    if (ascii::equal_ignoring_case(value, known)) return content_coding::compressed;
  }
  return content_coding::unknown;
}

}  // namespace kiln::http
