#pragma once

#include <boost/system/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace kiln::emulation {

/// Why a request cannot be read; the connection ends after the answer.
struct http_refusal {
  http_refusal() = default;
  http_refusal(int http_status, std::string text) : status(http_status), message(std::move(text)) {}
  int status = 0;
  std::string message;
};
[[noreturn]] void throw_exception_from_error(http_refusal const& e, boost::source_location const&);

template <class T>
using http_result = boost::system::result<T, http_refusal>;

/// What the emulator needs of a request's head.
struct request_head {
  std::string method;
  std::string target;  ///< As sent: path and query.
  std::string host;
  std::string authorization;
  std::string content_type;
  std::optional<std::uint64_t> content_length;
  std::string range;
  std::string unmodified_since;
  bool chunked = false;
  bool keep_alive = true;
  bool accepts_gzip = false;
  bool expects_continue = false;
  bool metadata = false;  ///< "Metadata: true", as instance metadata wants it.

  [[nodiscard]] bool has_body() const noexcept { return chunked || content_length.value_or(0) > 0; }
};

constexpr std::size_t request_head_bytes_max = 32 * 1024;

/// Reads a whole head, with its empty line, from the front of `data`; gives its length, 0 when it
/// is not complete yet. Message framing that two readers could take differently is refused.
http_result<std::size_t> read_head(std::string_view data, request_head& into);

/// Finds the content in the bytes of one message body, however they are cut.
class body_framing {
 public:
  explicit body_framing(request_head const& head);

  struct step {
    std::size_t used = 0;                ///< Bytes of `data` that are dealt with.
    std::span<std::byte const> content;  ///< Lies in `data`; may be empty.
  };
  /// `data` is not empty and done() is false.
  http_result<step> next(std::span<std::byte const> data);
  [[nodiscard]] bool done() const noexcept { return state_ == state::done; }

  static constexpr std::size_t chunk_line_bytes_max = 1'024;
  static constexpr std::size_t trailer_bytes_max = 8 * 1024;

 private:
  enum class state { counted, chunk_size, chunk_data, chunk_end, trailer, done };

  http_result<step> control(std::string_view data);
  http_result<void> line_ended();

  state state_ = state::done;
  std::uint64_t left_ = 0;  ///< Of the content or of the chunk.
  std::string line_;
  std::size_t trailer_bytes_ = 0;
};

}  // namespace kiln::emulation
