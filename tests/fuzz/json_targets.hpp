#pragma once

#include <string_view>

// Targets of the json layer and of redaction: each gives the invariant that did not hold, empty
// when all did.
namespace kiln::fuzz {

/// Any text as a document. Accepted by us exactly when Boost.JSON's own parser accepts it; compact
/// and pretty text mean the same and are stable; reading into structs never throws, and what was
/// read is the same after writing and reading it again.
std::string_view fuzz_json(std::string_view text);
/// Any text as the answer to a read: the fast path gives what the typed reader gives.
std::string_view fuzz_json_member(std::string_view text);
/// Any text as base64: accepted exactly when encoding gives it back.
std::string_view fuzz_base64(std::string_view text);
/// Any text to be shown: bounded, and free of control characters.
std::string_view fuzz_redact(std::string_view text);

}  // namespace kiln::fuzz
