#pragma once

#include "emulator/api.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::emulation {

/// An error in the shape of SCIM: `scim_type` is one of RFC 7644 section 3.12, or empty. It is put
/// into api_error::code; the API writes it as "scimType".
[[nodiscard]] api_error scim_error(int status, std::string_view scim_type, std::string detail);

[[nodiscard]] bool same_text(std::string_view a, std::string_view b) noexcept;  ///< Case aside.

/// The member of that name, case aside; null when there is none.
[[nodiscard]] boost::json::value const* scim_member(boost::json::object const& of,
                                                    std::string_view name) noexcept;

/// What a name leads to: "userName", "name.givenName"; of an attribute with several values each
/// one's "value", or what "emails.type" says.
[[nodiscard]] std::vector<boost::json::value const*> scim_values(boost::json::object const& of,
                                                                 std::string_view name);

/// A filter as the workspace takes it: eq, ne, co and sw on attributes, and, or, parentheses.
/// Names, operators and texts are compared without regard to case. Values are JSON strings, words
/// without quotes, numbers, true and false.
class scim_filter {
 public:
  /// `known` are the attributes that may be named; of "emails" also "emails.type". An error is
  /// invalidFilter and has the column.
  static outcome<scim_filter> parse(std::string_view text, std::span<std::string_view const> known);

  [[nodiscard]] bool matches(boost::json::object const& resource) const {
    return holds(root_, resource);
  }

  static constexpr std::size_t bytes_max = 8 * 1024;
  static constexpr std::size_t depth_max = 16;

 private:
  friend class scim_filter_parser;
  enum class kind : std::uint8_t { equal, not_equal, contains, starts_with, all_of, any_of };
  struct node {
    kind what = kind::equal;
    std::string attribute;
    std::string value;
    std::vector<std::size_t> parts;  ///< Of all_of and any_of, in nodes_.
  };
  [[nodiscard]] bool holds(std::size_t at, boost::json::object const& resource) const;

  std::vector<node> nodes_;
  std::size_t root_ = 0;
};

}  // namespace kiln::emulation
