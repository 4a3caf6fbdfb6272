#pragma once

#include <kiln/fields.hpp>
#include <kiln/services/scim.hpp>

// The JSON form of every SCIM struct, for the service and for the tests that hold it to the
// structs. An endpoint whose document is a resource has that resource's members.
namespace kiln::scim {

void fields(auto& io, complex_value& v) {
  io("value", v.value);
  io("display", v.display);
  io("type", v.type);
  io("primary", v.primary);
  io("$ref", v.ref);
}
void fields(auto& io, person_name& v) {
  io("givenName", v.given_name);
  io("familyName", v.family_name);
}
void fields(auto& io, resource_meta& v) { io("resourceType", v.resource_type); }
void fields(auto& io, user& v) {
  io("schemas", v.schemas);
  io("id", v.id);
  io("userName", v.user_name);
  io("displayName", v.display_name);
  io("name", v.name);
  io("active", v.active);
  io("externalId", v.external_id);
  io("emails", v.emails);
  io("entitlements", v.entitlements);
  io("groups", v.groups);
  io("roles", v.roles);
}
void fields(auto& io, group& v) {
  io("schemas", v.schemas);
  io("id", v.id);
  io("displayName", v.display_name);
  io("externalId", v.external_id);
  io("members", v.members);
  io("entitlements", v.entitlements);
  io("groups", v.groups);
  io("roles", v.roles);
  io("meta", v.meta);
}
void fields(auto& io, service_principal& v) {
  io("schemas", v.schemas);
  io("id", v.id);
  io("applicationId", v.application_id);
  io("displayName", v.display_name);
  io("active", v.active);
  io("externalId", v.external_id);
  io("entitlements", v.entitlements);
  io("groups", v.groups);
  io("roles", v.roles);
}
template <class Resource>
void fields(auto& io, page<Resource>& v) {
  io("schemas", v.schemas);
  io("totalResults", v.total_results);
  io("startIndex", v.start_index);
  io("itemsPerPage", v.items_per_page);
  io("Resources", v.resources);
}
void fields(auto& io, patch& v) {
  io("op", v.op);
  io("path", v.path);
  io("value", v.value);
}

void fields(auto& io, users_create& v) { fields(io, v.document); }
void fields(auto& io, users_delete& v) { io("id", v.id); }
void fields(auto& io, users_get& v) {
  io("id", v.id);
  io("attributes", v.attributes);
  io("excludedAttributes", v.excluded_attributes);
  io("filter", v.filter);
  io("sortBy", v.sort_by);
  io("sortOrder", v.sort_order);
  io("startIndex", v.start_index);
  io("count", v.count);
}
void fields(auto& io, users_list& v) {
  io("filter", v.filter);
  io("attributes", v.attributes);
  io("excludedAttributes", v.excluded_attributes);
  io("sortBy", v.sort_by);
  io("sortOrder", v.sort_order);
  io("startIndex", v.start_index);
  io("count", v.count);
}
void fields(auto& io, users_patch& v) {
  io("id", v.id);
  io("schemas", v.schemas);
  io("Operations", v.operations);
}
void fields(auto& io, users_update& v) { fields(io, v.document); }

void fields(auto& io, groups_create& v) { fields(io, v.document); }
void fields(auto& io, groups_delete& v) { io("id", v.id); }
void fields(auto& io, groups_get& v) { io("id", v.id); }
void fields(auto& io, groups_list& v) {
  io("filter", v.filter);
  io("attributes", v.attributes);
  io("excludedAttributes", v.excluded_attributes);
  io("sortBy", v.sort_by);
  io("sortOrder", v.sort_order);
  io("startIndex", v.start_index);
  io("count", v.count);
}
void fields(auto& io, groups_patch& v) {
  io("id", v.id);
  io("schemas", v.schemas);
  io("Operations", v.operations);
}
void fields(auto& io, groups_update& v) { fields(io, v.document); }

void fields(auto& io, service_principals_create& v) { fields(io, v.document); }
void fields(auto& io, service_principals_delete& v) { io("id", v.id); }
void fields(auto& io, service_principals_get& v) { io("id", v.id); }
void fields(auto& io, service_principals_list& v) {
  io("filter", v.filter);
  io("attributes", v.attributes);
  io("excludedAttributes", v.excluded_attributes);
  io("sortBy", v.sort_by);
  io("sortOrder", v.sort_order);
  io("startIndex", v.start_index);
  io("count", v.count);
}
void fields(auto& io, service_principals_patch& v) {
  io("id", v.id);
  io("schemas", v.schemas);
  io("Operations", v.operations);
}
void fields(auto& io, service_principals_update& v) { fields(io, v.document); }

void fields(auto& io, me& v) {
  io("attributes", v.attributes);
  io("excludedAttributes", v.excluded_attributes);
}

}  // namespace kiln::scim
