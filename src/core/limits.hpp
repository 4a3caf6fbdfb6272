#pragma once

#include <cstddef>
#include <cstdint>

// Bounds of the engine that are not options: each keeps a hostile or broken peer from costing more
// than is stated. What a user may want to change stands in kiln/options.hpp.
namespace kiln::limits {

constexpr std::size_t input_buffer_bytes = 64 * 1024;  ///< One a connection, never grows.
constexpr std::size_t header_bytes_max = 32 * 1024;    ///< Start line and headers of an answer.
constexpr std::size_t trailer_bytes_max = 8 * 1024;
constexpr int interim_responses_max = 8;                ///< 1xx before a final answer.
constexpr std::size_t output_chunk_bytes = 256 * 1024;  ///< Read from a body source at a time.
constexpr std::size_t json_depth_max = 64;
constexpr std::size_t error_body_bytes_max = 64 * 1024;  ///< Kept of an answer that is an error.
constexpr std::size_t pages_max = 100'000;               ///< Of one listing.
constexpr std::size_t empty_pages_max = 1'000;  ///< In a row; a filter may leave pages empty.

// DBFS, as documented.
constexpr std::uint64_t dbfs_block_bytes_max = 1 << 20;          ///< add-block, read, put as JSON.
constexpr std::uint64_t dbfs_put_bytes_max = 2'147'483'648 - 1;  ///< multipart put.

// Files API, as documented; each page of a listing costs a request.
constexpr std::uint64_t files_upload_bytes_max = std::uint64_t{5} << 30;  ///< Of one PUT.
constexpr std::int64_t files_page_max = 1'000;                            ///< Entries.

}  // namespace kiln::limits
