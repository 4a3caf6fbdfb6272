#pragma once

#include "wire/expected_request.hpp"

#include <kiln/services/scim.hpp>

#include <string>
#include <string_view>
#include <utility>

// A user with every attribute, and a workspace that keeps what SCIM calls send.
namespace kiln::wire_tests {

inline scim::complex_value refers_to(std::string value, std::string display = {}) {
  scim::complex_value out;
  out.value = std::move(value);
  out.display = std::move(display);
  return out;
}

inline scim::user full_user() {
  scim::user u;
  u.id = "100001";
  u.user_name = "ann@example.com";
  u.display_name = "Ann";
  u.name.emplace();
  u.name->given_name = "Ann";
  u.name->family_name = "Lee";
  u.active = false;
  u.external_id = "x1";
  u.emails.push_back(refers_to("ann@example.com"));
  u.emails[0].type = "work";
  u.emails[0].primary = true;
  u.entitlements.push_back(refers_to("allow-cluster-create"));
  u.groups.push_back(refers_to("7", "g"));
  u.groups[0].ref = "Groups/7";
  u.roles.push_back(refers_to("role"));
  return u;
}
inline constexpr std::string_view full_user_rest =
    R"("userName":"ann@example.com","displayName":"Ann",)"
    R"("name":{"givenName":"Ann","familyName":"Lee"},"active":false,"externalId":"x1",)"
    R"("emails":[{"value":"ann@example.com","type":"work","primary":true}],)"
    R"("entitlements":[{"value":"allow-cluster-create"}],)"
    R"("groups":[{"value":"7","display":"g","$ref":"Groups/7"}],"roles":[{"value":"role"}]})";

struct scim_capture : capture {
  expected_request expect{scim::media_type};
  [[nodiscard]] scim::service scim() const { return ws.scim(); }

  static std::string line(std::string_view verb, std::string_view target) {
    return std::string(verb) + " /api/2.0/preview/scim/v2/" + std::string(target);
  }
  [[nodiscard]] std::string bare(std::string_view verb, std::string_view target) const {
    return expect.bare(line(verb, target));
  }
  [[nodiscard]] std::string with(std::string_view verb, std::string_view target,
                                 std::string const& body) const {
    return expect.with(line(verb, target), body);
  }
};

}  // namespace kiln::wire_tests
