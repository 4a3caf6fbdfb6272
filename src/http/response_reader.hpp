#pragma once

#include "http/message.hpp"

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>

namespace kiln::http {

constexpr std::size_t chunk_extension_bytes_max = 16 * 1024;  ///< Of one body, all chunks together.
constexpr int chunk_size_digits_max = 16;

/// What the request was, as far as it decides where its response ends.
enum class answer_to : unsigned char { ordinary, head, connect };

/// Finds one response in a stream of bytes. It keeps no bytes: what next() did not consume is
/// offered again, with more behind it. The outcome does not depend on how the stream was cut.
///
/// The head is scanned to its end before Beast sees it, and Beast sees nothing else, because its
/// 1.81 parser aborts on an empty chunked body cut in the wrong place and bounds neither trailers
/// nor chunk extensions. Bodies are framed here.
class response_reader {
 public:
  enum class event : unsigned char {
    need_more,  ///< All that can be used was consumed.
    head,       ///< The final head is in the response; 1xx heads were skipped.
    body,       ///< `body` is the next part of the body, still in its Content-Encoding.
    end,        ///< The response is complete; whatever follows is not part of it.
  };
  struct step {
    event what = event::need_more;
    std::size_t consumed = 0;
    std::span<std::byte const> body{};  ///< Into the bytes given to next().
  };

  /// `into` gets status, reason and headers, and must outlive the reading.
  void start(response& into, answer_to asked = answer_to::ordinary);
  /// errc::malformed_response or errc::response_too_large; the reader is then of no more use. A
  /// head needs up to limits::header_bytes_max offered at once.
  [[nodiscard]] result<step> next(std::span<std::byte const> data);
  /// The stream ended after `unread` bytes that next() did not consume. Fine after a body that ends
  /// by close; otherwise errc::connection_lost, and the error says what was missing.
  [[nodiscard]] result<void> ended(std::size_t unread);

  [[nodiscard]] bool done() const noexcept { return state_ == state::done; }
  [[nodiscard]] bool ends_by_close() const noexcept { return by_close_; }
  [[nodiscard]] std::optional<std::uint64_t> content_length() const noexcept { return length_; }
  /// From the end event on: nothing this response said or did forbids another request.
  [[nodiscard]] bool keeps_connection() const noexcept { return keeps_connection_; }

 private:
  enum class state : unsigned char {
    head,
    sized_body,
    body_to_close,
    chunk_size,
    chunk_extension,
    chunk_size_lf,
    chunk_data,
    chunk_data_cr,
    chunk_data_lf,
    trailer_line,   // at the first character of a line
    trailer_name,   // before the colon
    trailer_value,  // after it
    trailer_lf,
    last_lf,
    done,
  };

  [[nodiscard]] result<step> next_head(std::span<std::byte const> data);
  [[nodiscard]] result<std::size_t> find_head_end(std::string_view text);
  [[nodiscard]] result<void> parse_head(std::string_view text);
  [[nodiscard]] result<void> accept_head(bool chunked, bool keep_alive);
  [[nodiscard]] result<step> next_chunked(std::span<std::byte const> data);
  [[nodiscard]] result<void> chunk_byte(char c);
  [[nodiscard]] result<void> chunk_size_byte(char c);
  [[nodiscard]] result<void> trailer_byte(char c);
  void end_chunk_size();

  response* into_ = nullptr;
  std::uint64_t remaining_ = 0;   ///< Of the sized body, or of the chunk.
  std::uint64_t body_bytes_ = 0;  ///< Received so far, for the error text.
  std::optional<std::uint64_t> length_;
  std::size_t scanned_ = 0;  ///< Of the head at the front of the data.
  std::size_t extension_bytes_ = 0;
  std::size_t trailer_bytes_ = 0;
  int size_digits_ = 0;
  int interim_ = 0;
  answer_to asked_ = answer_to::ordinary;
  state state_ = state::done;
  bool keeps_connection_ = false;
  bool by_close_ = false;
};

}  // namespace kiln::http
