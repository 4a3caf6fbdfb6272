#pragma once

#include <kiln/operations.hpp>

#include <span>
#include <string>
#include <string_view>

// The endpoints that kiln has types for, for `kiln api --list`. Pure.
namespace kiln::cli {

/// Service, operation, verb, path, version, parameters, response_fields, repeat: one JSON object.
[[nodiscard]] std::string operation_json(operation const& what);
/// An aligned line for each.
[[nodiscard]] std::string operations_text(std::span<operation const> all);

}  // namespace kiln::cli
