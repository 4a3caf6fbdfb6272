#pragma once

#include <kiln/secret.hpp>

#include <cstddef>
#include <span>
#include <string>
#include <string_view>

// Beside wipe(std::string&) of <kiln/secret.hpp>.
namespace kiln {

/// Overwrites memory that held a secret.
void wipe(std::span<std::byte> memory) noexcept;

/// Makes room for so much in all; the memory that is given up for that is overwritten.
void reserve_secret(std::string& text, std::size_t bytes);

}  // namespace kiln
