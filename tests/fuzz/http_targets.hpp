#pragma once

#include <cstddef>
#include <span>

// Targets of the http layer, in libFuzzer's form: 0 when every invariant held, else a number that
// says which one did not.
namespace kiln::fuzz {

/// The bytes of a server: read whole, byte by byte and in two cuts, with the same outcome.
int fuzz_response_reader(std::span<std::byte const> data);
/// A base URL: what is accepted says the same when it is written out again. Also as text of a
/// query, which comes out as nothing but unreserved characters and %XX.
int fuzz_url(std::span<std::byte const> data);

}  // namespace kiln::fuzz
