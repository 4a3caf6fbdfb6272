#pragma once

#include "transfer/fan_out.hpp"
#include "transfer/folder.hpp"
#include "transfer/remote.hpp"

#include <kiln/bytes.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace kiln::transfer {

/// A local file and one on the server, of the same size.
struct compared_file {
  std::string path;  ///< Below the local folder.
  std::string remote;
  std::uint64_t size = 0;
  std::optional<std::uint64_t> differs_at{};  ///< The first byte found to differ.
  std::optional<error> failed{};              ///< It could not be compared.
};

/// Compares files byte by byte. Workers take ranges of 1 MiB (of a volume: 4 MiB), in order, so
/// that the ranges of one file and those of many are under way together; their number bounds the
/// memory. Threads: one strand.
class comparer {
 public:
  /// All references must outlive it. Unless links are followed, one that took the place of a file
  /// is a failure.
  comparer(remote& there, folder const& here, std::vector<compared_file>& files,
           std::uint64_t bytes_in_flight_max, link_mode links = link_mode::skip);
  /// Returns when every file has been judged or has failed; an error when cancelled or closed.
  task<void> run();
  [[nodiscard]] std::uint64_t reads() const noexcept { return reads_; }

 private:
  asio::awaitable<void> work();
  asio::awaitable<void> compare(std::size_t file, std::uint64_t offset);
  [[nodiscard]] bool next(std::size_t& file, std::uint64_t& offset);
  result<void> read_here(std::size_t file, std::uint64_t offset, bytes& into);

  remote& there_;
  folder const& here_;
  std::vector<compared_file>& files_;
  std::vector<descriptor> open_;          // by file; closed once no range is left
  std::vector<std::uint64_t> under_way_;  // ranges, by file
  std::uint64_t const range_bytes_;
  std::size_t workers_;
  link_mode links_;
  std::size_t file_ = 0;  // the next range
  std::uint64_t offset_ = 0;
  std::uint64_t reads_ = 0;
  std::optional<error> stopped_;
};

}  // namespace kiln::transfer
