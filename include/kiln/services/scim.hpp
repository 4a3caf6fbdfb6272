#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/fields.hpp>
#include <kiln/open_enum.hpp>
#include <kiln/options.hpp>
#include <kiln/pages.hpp>
#include <kiln/result.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// SCIM API 2.0 (preview): users, groups and service principals of the workspace, and who one is.
/// Sends and accepts application/scim+json. For administrators, but for `me` and reads.
/// Ids are decimal numbers as text, unique over all three kinds and never given again.
/// Source of every shape: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/scim/
/// and RFC 7643 and 7644, of which the workspace speaks a part.
namespace kiln {

class engine;

namespace scim {

inline constexpr std::string_view media_type = "application/scim+json";

// What a document is, as its `schemas` say.
enum class user_schema : std::uint8_t { core, workspace_extension };
enum_table spellings(user_schema);
enum class group_schema : std::uint8_t { core };
enum_table spellings(group_schema);
enum class service_principal_schema : std::uint8_t { core };
enum_table spellings(service_principal_schema);
enum class list_schema : std::uint8_t { list_response };
enum_table spellings(list_schema);
enum class patch_schema : std::uint8_t { patch_op };
enum_table spellings(patch_schema);

enum class sort_order : std::uint8_t { ascending, descending };
enum_table spellings(sort_order);

/// What `schemas` hold unless told otherwise.
template <class Schema>
std::vector<open_enum<Schema>> only(Schema schema) {
  return std::vector<open_enum<Schema>>(1, schema);
}

/// An element of emails, entitlements, groups, members and roles.
struct complex_value {
  std::string value;  ///< The address, the name of an entitlement or role, or the id referred to.
  std::string display;
  std::string type;  ///< Of an email "work"; of a membership "direct" or "indirect".
  std::optional<bool> primary{};
  std::string ref;  ///< "$ref": "Users/100003", where the element refers to something.
};

struct person_name {
  std::string given_name;
  std::string family_name;
};

struct user {
  std::vector<open_enum<user_schema>> schemas = only(user_schema::core);
  std::string id;         ///< Given by the workspace.
  std::string user_name;  ///< An email address; unique.
  std::string display_name;
  std::optional<person_name> name{};
  std::optional<bool> active{};
  std::string external_id;  ///< Of the identity provider; means nothing to the workspace.
  std::vector<complex_value> emails;
  std::vector<complex_value> entitlements;  ///< "allow-cluster-create", "workspace-access", …
  std::vector<complex_value> groups;        ///< Read only.
  std::vector<complex_value> roles;
};

struct resource_meta {
  std::string resource_type;  ///< "Group", or "WorkspaceGroup" for one of this workspace alone.
};

struct group {
  std::vector<open_enum<group_schema>> schemas = only(group_schema::core);
  std::string id;            ///< Given by the workspace.
  std::string display_name;  ///< Unique.
  std::string external_id;
  std::vector<complex_value> members;  ///< Users, service principals and groups, by id.
  std::vector<complex_value> entitlements;
  std::vector<complex_value> groups;  ///< Those it is in; read only.
  std::vector<complex_value> roles;
  std::optional<resource_meta> meta{};
};

struct service_principal {
  std::vector<open_enum<service_principal_schema>> schemas = only(service_principal_schema::core);
  std::string id;              ///< Given by the workspace.
  std::string application_id;  ///< A UUID: the client id of Azure Active Directory.
  std::string display_name;
  std::optional<bool> active{};
  std::string external_id;
  std::vector<complex_value> entitlements;
  std::vector<complex_value> groups;  ///< Read only.
  std::vector<complex_value> roles;
};

/// A page of a listing.
template <class Resource>
struct page {
  std::vector<open_enum<list_schema>> schemas;
  std::int64_t total_results = 0;  ///< Of the listing.
  std::int64_t start_index = 0;    ///< Of the first of these; counts from 1.
  std::int64_t items_per_page = 0;
  std::vector<Resource> resources;
};

enum class patch_op : std::uint8_t { add, remove, replace };
enum_table spellings(patch_op);

/// One change of a resource; the functions below make the usual ones.
struct patch {
  open_enum<patch_op> op;
  std::string
      path;  ///< "members", `members[value eq "1"]`, …; empty: `value` names the attributes.
  json_text value;  ///< None for remove.
};

/// Members of a group, by the id of a user, a service principal or a group.
[[nodiscard]] patch add_member(std::string_view id);
[[nodiscard]] patch add_members(std::span<std::string const> ids);
[[nodiscard]] patch remove_member(std::string_view id);
/// These and no others.
[[nodiscard]] patch replace_members(std::span<std::string const> ids);

/// Of attributes that hold several: "entitlements", "roles", "emails".
[[nodiscard]] patch add_value(std::string_view attribute, std::string_view value);
[[nodiscard]] patch remove_value(std::string_view attribute, std::string_view value);

/// An attribute that is text: "displayName", "name.givenName".
[[nodiscard]] patch replace_text(std::string_view attribute, std::string_view text);
/// Of a user or a service principal; inactive ones keep what is theirs and cannot log in.
[[nodiscard]] patch replace_active(bool active);

/// A filter for listings: `userName eq "ann@example.com"`, with what needs it escaped. Filters may
/// also use ne, co (contains) and sw (starts with), and be joined by "and" and "or".
[[nodiscard]] std::string equals(std::string_view attribute, std::string_view value);

// Listings. `attributes` and `excluded_attributes` are names separated by commas; sorted by id
// unless `sort_by` is given. A page holds `count` at most.

// Users ------------------------------------------------------------------------------------------

/// Fails with already_exists (409) when the userName is taken.
struct users_create {
  static constexpr endpoint at{
      verb::post, "/api/2.0/preview/scim/v2/Users", repeat::not_idempotent, lane::normal, {},
      media_type};
  using response = user;
  user document;
};

/// Deactivates; purged after 30 days. Fails with not_found when it is gone, which may be the work
/// of an attempt whose answer was lost (error::may_have_been_applied() tells).
struct users_delete {
  static constexpr endpoint at{
      verb::delete_, "/api/2.0/preview/scim/v2/Users/{id}", repeat::idempotent, lane::normal, {},
      media_type};
  using response = void;
  std::string_view id;
};

struct users_get {
  static constexpr endpoint at{
      verb::get, "/api/2.0/preview/scim/v2/Users/{id}", repeat::safe, lane::normal, {}, media_type};
  using response = user;
  std::string_view id;
  std::string_view attributes{};
  std::string_view excluded_attributes{};
  // Documented, and without effect on a single resource.
  std::string_view filter{};
  std::string_view sort_by{};
  std::optional<scim::sort_order> sort_order{};
  std::optional<std::int32_t> start_index{};
  std::optional<std::int32_t> count{};
};

struct users_list {
  static constexpr endpoint at{
      verb::get, "/api/2.0/preview/scim/v2/Users", repeat::safe, lane::normal, {}, media_type};
  using response = page<user>;
  std::string_view filter{};
  std::string_view attributes{};
  std::string_view excluded_attributes{};
  std::string_view sort_by{};
  std::optional<scim::sort_order> sort_order{};
  std::optional<std::int64_t> start_index{};  ///< Counts from 1.
  std::optional<std::int64_t> count{};
};

/// All of the operations or none.
struct users_patch {
  static constexpr endpoint at{
      verb::patch, "/api/2.0/preview/scim/v2/Users/{id}", repeat::idempotent, lane::normal, {},
      media_type};
  using response = void;
  std::string id;
  std::vector<patch> operations;
  std::vector<open_enum<patch_schema>> schemas = only(patch_schema::patch_op);
};

/// Replaces all of it; what the document leaves out is gone, entitlements too.
struct users_update {
  static constexpr endpoint at{
      verb::put, "/api/2.0/preview/scim/v2/Users/{id}", repeat::idempotent, lane::normal, {},
      media_type};
  using response = void;
  user document;
};

// Groups -----------------------------------------------------------------------------------------

/// Fails with already_exists (409) when the displayName is taken.
struct groups_create {
  static constexpr endpoint at{
      verb::post, "/api/2.0/preview/scim/v2/Groups", repeat::not_idempotent, lane::normal, {},
      media_type};
  using response = group;
  group document;
};

/// Its members stay. A repeat of a lost answer fails as that of users_delete.
struct groups_delete {
  static constexpr endpoint at{
      verb::delete_, "/api/2.0/preview/scim/v2/Groups/{id}", repeat::idempotent, lane::normal, {},
      media_type};
  using response = void;
  std::string_view id;
};

struct groups_get {
  static constexpr endpoint at{verb::get,    "/api/2.0/preview/scim/v2/Groups/{id}",
                               repeat::safe, lane::normal,
                               {},           media_type};
  using response = group;
  std::string_view id;
};

struct groups_list {
  static constexpr endpoint at{
      verb::get, "/api/2.0/preview/scim/v2/Groups", repeat::safe, lane::normal, {}, media_type};
  using response = page<group>;
  std::string_view filter{};
  std::string_view attributes{};
  std::string_view excluded_attributes{};
  std::string_view sort_by{};
  std::optional<scim::sort_order> sort_order{};
  std::optional<std::int64_t> start_index{};  ///< Counts from 1.
  std::optional<std::int64_t> count{};
};

/// All of the operations or none. The way to change members.
struct groups_patch {
  static constexpr endpoint at{
      verb::patch, "/api/2.0/preview/scim/v2/Groups/{id}", repeat::idempotent, lane::normal, {},
      media_type};
  using response = void;
  std::string id;
  std::vector<patch> operations;
  std::vector<open_enum<patch_schema>> schemas = only(patch_schema::patch_op);
};

/// Replaces all of it, members too.
struct groups_update {
  static constexpr endpoint at{
      verb::put, "/api/2.0/preview/scim/v2/Groups/{id}", repeat::idempotent, lane::normal, {},
      media_type};
  using response = void;
  group document;
};

// Service principals -----------------------------------------------------------------------------

struct service_principals_create {
  static constexpr endpoint at{verb::post,
                               "/api/2.0/preview/scim/v2/ServicePrincipals",
                               repeat::not_idempotent,
                               lane::normal,
                               {},
                               media_type};
  using response = service_principal;
  service_principal document;
};

/// Deactivates; purged after 30 days. A repeat of a lost answer fails as that of users_delete.
struct service_principals_delete {
  static constexpr endpoint at{verb::delete_,
                               "/api/2.0/preview/scim/v2/ServicePrincipals/{id}",
                               repeat::idempotent,
                               lane::normal,
                               {},
                               media_type};
  using response = void;
  std::string_view id;
};

struct service_principals_get {
  static constexpr endpoint at{verb::get,    "/api/2.0/preview/scim/v2/ServicePrincipals/{id}",
                               repeat::safe, lane::normal,
                               {},           media_type};
  using response = service_principal;
  std::string_view id;
};

struct service_principals_list {
  static constexpr endpoint at{verb::get,    "/api/2.0/preview/scim/v2/ServicePrincipals",
                               repeat::safe, lane::normal,
                               {},           media_type};
  using response = page<service_principal>;
  std::string_view filter{};
  std::string_view attributes{};
  std::string_view excluded_attributes{};
  std::string_view sort_by{};
  std::optional<scim::sort_order> sort_order{};
  std::optional<std::int64_t> start_index{};  ///< Counts from 1.
  std::optional<std::int64_t> count{};
};

/// All of the operations or none.
struct service_principals_patch {
  static constexpr endpoint at{verb::patch,
                               "/api/2.0/preview/scim/v2/ServicePrincipals/{id}",
                               repeat::idempotent,
                               lane::normal,
                               {},
                               media_type};
  using response = void;
  std::string id;
  std::vector<patch> operations;
  std::vector<open_enum<patch_schema>> schemas = only(patch_schema::patch_op);
};

/// Replaces all of it; what the document leaves out is gone.
struct service_principals_update {
  static constexpr endpoint at{verb::put,
                               "/api/2.0/preview/scim/v2/ServicePrincipals/{id}",
                               repeat::idempotent,
                               lane::normal,
                               {},
                               media_type};
  using response = void;
  service_principal document;
};

// Me ---------------------------------------------------------------------------------------------

/// Whose token it is. A service principal is told in the shape of a user.
struct me {
  static constexpr endpoint at{
      verb::get, "/api/2.0/preview/scim/v2/Me", repeat::safe, lane::normal, {}, media_type};
  using response = user;
  std::string_view attributes{};
  std::string_view excluded_attributes{};
};

/// What workspace::scim() gives. A cheap copy of a shared handle; calls from any thread. Requests
/// are encoded before a method returns, so views in them need live no longer than the call
/// expression. Documents and patches own what they hold: they are passed by name, not as
/// temporaries. `*_pages` and `*_all` read a listing of any length: `limit` is the number of
/// resources over all pages, 0 for every one.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<user> users_create(user const& document, call_options const& options = {}) const;
  task<user> users_create(user&&, call_options const& = {}) const = delete;
  task<void> users_delete(scim::users_delete const& r, call_options const& options = {}) const;
  task<user> users_get(scim::users_get const& r, call_options const& options = {}) const;
  task<page<user>> users_list(scim::users_list const& r = {},
                              call_options const& options = {}) const;
  pages<user> users_list_pages(scim::users_list const& r = {}, std::int64_t limit = 0,
                               call_options const& options = {}) const;
  task<std::vector<user>> users_list_all(scim::users_list const& r = {}, std::int64_t limit = 0,
                                         call_options const& options = {}) const;
  task<void> users_patch(scim::users_patch const& r, call_options const& options = {}) const;
  task<void> users_patch(scim::users_patch&&, call_options const& = {}) const = delete;
  /// `document.id` says which.
  task<void> users_update(user const& document, call_options const& options = {}) const;
  task<void> users_update(user&&, call_options const& = {}) const = delete;

  task<group> groups_create(group const& document, call_options const& options = {}) const;
  task<group> groups_create(group&&, call_options const& = {}) const = delete;
  task<void> groups_delete(scim::groups_delete const& r, call_options const& options = {}) const;
  task<group> groups_get(scim::groups_get const& r, call_options const& options = {}) const;
  task<page<group>> groups_list(scim::groups_list const& r = {},
                                call_options const& options = {}) const;
  pages<group> groups_list_pages(scim::groups_list const& r = {}, std::int64_t limit = 0,
                                 call_options const& options = {}) const;
  task<std::vector<group>> groups_list_all(scim::groups_list const& r = {}, std::int64_t limit = 0,
                                           call_options const& options = {}) const;
  task<void> groups_patch(scim::groups_patch const& r, call_options const& options = {}) const;
  task<void> groups_patch(scim::groups_patch&&, call_options const& = {}) const = delete;
  /// `document.id` says which.
  task<void> groups_update(group const& document, call_options const& options = {}) const;
  task<void> groups_update(group&&, call_options const& = {}) const = delete;

  task<service_principal> service_principals_create(service_principal const& document,
                                                    call_options const& options = {}) const;
  task<service_principal> service_principals_create(service_principal&&,
                                                    call_options const& = {}) const = delete;
  task<void> service_principals_delete(scim::service_principals_delete const& r,
                                       call_options const& options = {}) const;
  task<service_principal> service_principals_get(scim::service_principals_get const& r,
                                                 call_options const& options = {}) const;
  task<page<service_principal>> service_principals_list(scim::service_principals_list const& r = {},
                                                        call_options const& options = {}) const;
  pages<service_principal> service_principals_list_pages(
      scim::service_principals_list const& r = {}, std::int64_t limit = 0,
      call_options const& options = {}) const;
  task<std::vector<service_principal>> service_principals_list_all(
      scim::service_principals_list const& r = {}, std::int64_t limit = 0,
      call_options const& options = {}) const;
  task<void> service_principals_patch(scim::service_principals_patch const& r,
                                      call_options const& options = {}) const;
  task<void> service_principals_patch(scim::service_principals_patch&&,
                                      call_options const& = {}) const = delete;
  /// `document.id` says which.
  task<void> service_principals_update(service_principal const& document,
                                       call_options const& options = {}) const;
  task<void> service_principals_update(service_principal&&,
                                       call_options const& = {}) const = delete;

  task<user> me(scim::me const& r = {}, call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace scim
}  // namespace kiln
