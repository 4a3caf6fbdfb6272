#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace kiln {

/// File content. In JSON it is base64 text.
using bytes = std::vector<std::byte>;

/// Where the bytes of a streamed request come from. Read by offset, so that an attempt can be
/// repeated. Called on the engine's executor; a read should not block for long.
class byte_source {
 public:
  virtual ~byte_source() = default;
  /// Constant over the life of the source.
  [[nodiscard]] virtual std::uint64_t size() const noexcept = 0;
  /// Fills `into` from `offset`. Fewer bytes than asked for mean that the source ended early,
  /// which fails the request with errc::file_changed.
  virtual result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) = 0;
};

/// Where the bytes of a streamed response go, in order. Called on the engine's executor.
class byte_sink {
 public:
  virtual ~byte_sink() = default;
  /// A new attempt starts from the first byte: forget what was written.
  virtual result<void> restart() = 0;
  virtual result<void> write(std::span<std::byte const> data) = 0;
};

/// A local file as a source, open for the life of the object. Fails with errc::file_not_found or
/// errc::file_failed; a directory or a device is refused.
result<std::shared_ptr<byte_source>> open_file_source(std::string const& path);
/// A copy of bytes in memory as a source.
std::shared_ptr<byte_source> make_memory_source(std::span<std::byte const> data);

}  // namespace kiln
