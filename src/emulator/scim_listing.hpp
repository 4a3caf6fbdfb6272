#pragma once

#include "emulator/api.hpp"
#include "emulator/service.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace kiln::emulation {

/// What `attributes` and `excludedAttributes` leave of a resource; its id and schemas always.
outcome<boost::json::object> scim_projection(boost::json::object const& of, parameters const& in);

/// A page of `all` as filter, sortBy, sortOrder, startIndex and count ask for it.
outcome<boost::json::object> scim_page(std::vector<boost::json::object> all, parameters const& in,
                                       std::span<std::string_view const> known);

constexpr std::int64_t scim_count_max = 10'000;

}  // namespace kiln::emulation
