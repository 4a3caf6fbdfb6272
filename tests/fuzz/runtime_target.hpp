#pragma once

#include <string_view>

namespace kiln::fuzz {

/// Any text as a runtime version: either an error whose column is inside the text or right behind
/// it, or a version that keeps the text, is itself again when parsed again, and can be explained.
/// Gives the invariant that did not hold, empty when all did.
std::string_view fuzz_runtime_version(std::string_view text);

}  // namespace kiln::fuzz
