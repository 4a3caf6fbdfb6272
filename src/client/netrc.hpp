#pragma once

#include <kiln/secret.hpp>

#include <optional>
#include <string>
#include <string_view>

namespace kiln {

struct netrc_login {
  std::string user;
  secret password;
};

/// The login for a host in the text of a .netrc file, as `curl -n` finds it: the first "machine"
/// of that name, else "default". Words may be in double quotes with \" and \\; "macdef" and its
/// lines up to a blank one are passed over; '#' begins a comment where a word would. nullopt: none
/// with a password.
[[nodiscard]] std::optional<netrc_login> find_in_netrc(std::string_view text,
                                                       std::string_view host);

}  // namespace kiln
