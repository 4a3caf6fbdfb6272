#pragma once

#include "emulator/api.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <span>
#include <string_view>

namespace kiln::emulation {

/// Changes `resource` as the Operations of a PATCH body say: add, remove and replace, with paths
/// like "displayName", "name.givenName", `members[value eq "1"]` and `emails[type eq
/// "work"].value`, or none. `known` are the attributes of the resource. After an error `resource`
/// is of no use.
outcome<void> apply_scim_patch(boost::json::object& resource, boost::json::object const& body,
                               std::span<std::string_view const> known);

constexpr std::size_t scim_operations_max = 1'000;

}  // namespace kiln::emulation
