#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

namespace kiln::http {

/// Undoes Content-Encoding gzip or deflate, a piece at a time and into a buffer of the caller's,
/// so its output is bounded by whoever asks for it. Costs 40 KiB once, whatever the stream says.
class inflater {
 public:
  inflater();
  ~inflater();
  inflater(inflater const&) = delete;
  inflater& operator=(inflater const&) = delete;

  struct step {
    std::size_t consumed = 0;
    std::size_t produced = 0;
    bool more = false;  ///< Call again with the rest of the input, even if nothing is left of it.
  };

  /// Begins a new stream, of the kind its first bytes say.
  void start() noexcept;
  /// Fails with errc::malformed_response on a damaged stream and on bytes after its end. `out` must
  /// not be empty.
  [[nodiscard]] result<step> run(std::span<std::byte const> in, std::span<std::byte> out);
  /// At the end of a stream, checksum seen; also before the first byte: an empty body is empty.
  [[nodiscard]] bool may_end() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

enum class content_coding : unsigned char { identity, compressed, unknown };

/// Of a Content-Encoding value; unknown also for more than one coding.
[[nodiscard]] content_coding classify_coding(std::string_view value) noexcept;

}  // namespace kiln::http
