#pragma once

#include <kiln/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>

// What is known of a workspace from earlier transfers. A hint: what cannot be read or written is
// learned anew.
namespace kiln::transfer {

/// The largest multipart put that the host is known to take, unless that was too long ago.
[[nodiscard]] std::optional<std::uint64_t> learned_put_bytes_max(std::string const& state_dir,
                                                                 std::string const& host,
                                                                 timestamp now);
void learn_put_bytes_max(std::string const& state_dir, std::string const& host, std::uint64_t bytes,
                         timestamp now);

}  // namespace kiln::transfer
