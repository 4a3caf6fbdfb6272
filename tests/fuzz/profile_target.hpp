#pragma once

#include <string_view>

namespace kiln::fuzz {

/// Any text as a profile file: an error with a line and column inside it and none of its text, or
/// profiles that are there again when the file is written with another value in one of them; and as
/// a netrc file, which is searched to an end. Gives the invariant that did not hold, empty when all
/// did.
std::string_view fuzz_profile(std::string_view text);

}  // namespace kiln::fuzz
