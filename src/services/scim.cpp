#include "client/paging.hpp"
#include "client/wire.hpp"
#include "services/operations.hpp"
#include "services/scim_fields.hpp"

#include <kiln/services/scim.hpp>
#include <kiln/workspace.hpp>

#include <array>
#include <utility>

namespace kiln {

scim::service workspace::scim() const noexcept { return scim::service(core_); }

std::span<operation const> scim_operations() {
  static auto const rows = [] {
    constexpr std::string_view of_groups = "scim_groups";
    constexpr std::string_view of_me = "scim_me";
    constexpr std::string_view of_principals = "scim_service_principals";
    constexpr std::string_view of_users = "scim_users";
    using namespace scim;
    return std::array{describe<groups_create>(of_groups, "create"),
                      describe<groups_delete>(of_groups, "delete"),
                      describe<groups_get>(of_groups, "get"),
                      describe<groups_list>(of_groups, "list"),
                      describe<groups_patch>(of_groups, "patch"),
                      describe<groups_update>(of_groups, "update"),
                      describe<me>(of_me, "me"),
                      describe<service_principals_create>(of_principals, "create"),
                      describe<service_principals_delete>(of_principals, "delete"),
                      describe<service_principals_get>(of_principals, "get"),
                      describe<service_principals_list>(of_principals, "list"),
                      describe<service_principals_patch>(of_principals, "patch"),
                      describe<service_principals_update>(of_principals, "update"),
                      describe<users_create>(of_users, "create"),
                      describe<users_delete>(of_users, "delete"),
                      describe<users_get>(of_users, "get"),
                      describe<users_list>(of_users, "list"),
                      describe<users_patch>(of_users, "patch"),
                      describe<users_update>(of_users, "update")};
  }();
  return rows;
}

namespace scim {

enum_table spellings(user_schema) {
  static constexpr auto words = spell("urn:ietf:params:scim:schemas:core:2.0:User",
                                      "urn:ietf:params:scim:schemas:extension:workspace:2.0:User");
  return words;
}
enum_table spellings(group_schema) {
  static constexpr auto words = spell("urn:ietf:params:scim:schemas:core:2.0:Group");
  return words;
}
enum_table spellings(service_principal_schema) {
  static constexpr auto words = spell("urn:ietf:params:scim:schemas:core:2.0:ServicePrincipal");
  return words;
}
enum_table spellings(list_schema) {
  static constexpr auto words = spell("urn:ietf:params:scim:api:messages:2.0:ListResponse");
  return words;
}
enum_table spellings(patch_schema) {
  static constexpr auto words = spell("urn:ietf:params:scim:api:messages:2.0:PatchOp");
  return words;
}
enum_table spellings(sort_order) {
  static constexpr auto words = spell("ascending", "descending");
  return words;
}
enum_table spellings(patch_op) {
  static constexpr auto words = spell("add", "remove", "replace");
  return words;
}

namespace {

/// No bound of the server is documented; such a page of users is below a megabyte.
constexpr paging by_index = by_start_index(1'000);

/// A create or an update: its document is what goes out.
template <class Endpoint, class Resource>
outgoing_call encode_document(Resource const& document, call_options const& o) {
  return encode(Endpoint::at, type_of<Resource>(), &document, o);
}

}  // namespace

task<user> service::users_create(user const& document, call_options const& o) const {
  return receive<user>(core_, encode_document<scim::users_create>(document, o));
}
task<void> service::users_delete(scim::users_delete const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<user> service::users_get(scim::users_get const& r, call_options const& o) const {
  return receive<user>(core_, encode(r, o));
}
task<page<user>> service::users_list(scim::users_list const& r, call_options const& o) const {
  return receive<page<user>>(core_, encode(r, o));
}
pages<user> service::users_list_pages(scim::users_list const& r, std::int64_t limit,
                                      call_options const& o) const {
  return paginate<&page<user>::resources>(core_, r, by_index, limit, o);
}
task<std::vector<user>> service::users_list_all(scim::users_list const& r, std::int64_t limit,
                                                call_options const& o) const {
  return users_list_pages(r, limit, o).all();
}
task<void> service::users_patch(scim::users_patch const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::users_update(user const& document, call_options const& o) const {
  return receive_nothing(core_, encode_document<scim::users_update>(document, o));
}

task<group> service::groups_create(group const& document, call_options const& o) const {
  return receive<group>(core_, encode_document<scim::groups_create>(document, o));
}
task<void> service::groups_delete(scim::groups_delete const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<group> service::groups_get(scim::groups_get const& r, call_options const& o) const {
  return receive<group>(core_, encode(r, o));
}
task<page<group>> service::groups_list(scim::groups_list const& r, call_options const& o) const {
  return receive<page<group>>(core_, encode(r, o));
}
pages<group> service::groups_list_pages(scim::groups_list const& r, std::int64_t limit,
                                        call_options const& o) const {
  return paginate<&page<group>::resources>(core_, r, by_index, limit, o);
}
task<std::vector<group>> service::groups_list_all(scim::groups_list const& r, std::int64_t limit,
                                                  call_options const& o) const {
  return groups_list_pages(r, limit, o).all();
}
task<void> service::groups_patch(scim::groups_patch const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::groups_update(group const& document, call_options const& o) const {
  return receive_nothing(core_, encode_document<scim::groups_update>(document, o));
}

task<service_principal> service::service_principals_create(service_principal const& document,
                                                           call_options const& o) const {
  return receive<service_principal>(core_,
                                    encode_document<scim::service_principals_create>(document, o));
}
task<void> service::service_principals_delete(scim::service_principals_delete const& r,
                                              call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<service_principal> service::service_principals_get(scim::service_principals_get const& r,
                                                        call_options const& o) const {
  return receive<service_principal>(core_, encode(r, o));
}
task<page<service_principal>> service::service_principals_list(
    scim::service_principals_list const& r, call_options const& o) const {
  return receive<page<service_principal>>(core_, encode(r, o));
}
pages<service_principal> service::service_principals_list_pages(
    scim::service_principals_list const& r, std::int64_t limit, call_options const& o) const {
  return paginate<&page<service_principal>::resources>(core_, r, by_index, limit, o);
}
task<std::vector<service_principal>> service::service_principals_list_all(
    scim::service_principals_list const& r, std::int64_t limit, call_options const& o) const {
  return service_principals_list_pages(r, limit, o).all();
}
task<void> service::service_principals_patch(scim::service_principals_patch const& r,
                                             call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::service_principals_update(service_principal const& document,
                                              call_options const& o) const {
  return receive_nothing(core_, encode_document<scim::service_principals_update>(document, o));
}

task<user> service::me(scim::me const& r, call_options const& o) const {
  return receive<user>(core_, encode(r, o));
}

}  // namespace scim
}  // namespace kiln
