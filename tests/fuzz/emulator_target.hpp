#pragma once

#include <string_view>

namespace kiln::fuzz {

/// Any bytes as what a client sends to the emulator: read whole and in pieces, a request's head,
/// its body and the form in it come to the same, within their limits. Gives the invariant that did
/// not hold, empty when all did.
std::string_view fuzz_emulated_request(std::string_view text);

}  // namespace kiln::fuzz
