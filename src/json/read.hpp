#pragma once

#include <kiln/fields.hpp>
#include <kiln/result.hpp>

#include <string_view>

namespace kiln::json {

/// Reads one JSON document into `into`, a default object of `type`. Never throws on input.
///
/// Lenient about presence: absent and null leave the default (an optional becomes nullopt), unknown
/// members are skipped, of a member named twice the last counts. Strict about type, but "7" will do
/// for an integer and "NaN", "Infinity", "-Infinity" for a double. Errors are decode_failed, with
/// the path behind `what`: "clusters/list.clusters[1].cluster_id: expected string, found int64".
/// On failure `into` is half filled and of no use. Nesting is bounded by limits::json_depth_max.
result<void> read_value(std::string_view text, type_info const& type, void* into,
                        std::string_view what);

template <class T>
result<T> read_as(std::string_view text, std::string_view what) {
  T value{};
  if (auto done = read_value(text, type_of<T>(), &value, what); !done) return done.error();
  return value;
}

}  // namespace kiln::json
