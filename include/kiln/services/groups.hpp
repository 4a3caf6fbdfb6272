#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/result.hpp>

#include <memory>
#include <string>
#include <string_view>
#include <vector>

/// Groups API 2.0: groups of users and groups, by name. For administrators. Workspaces whose
/// identities come from the account refuse changes of members with MALFORMED_REQUEST; see
/// kiln/services/scim.hpp for the API that came after.
/// Source of every shape: https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/groups
namespace kiln {

class engine;

namespace groups {

/// A user or a group: one of the two.
struct principal_name {
  std::string user_name;
  std::string group_name;
};

struct names {
  std::vector<std::string> group_names;
};

/// Adds exactly one user or group to `parent_name`. Fails with not_found when either is missing;
/// with already_exists when it is a member, which may be the work of an attempt whose answer was
/// lost (error::may_have_been_applied() tells).
struct add_member {
  static constexpr endpoint at{verb::post, "/api/2.0/groups/add-member", repeat::idempotent};
  using response = void;
  std::string_view parent_name;
  std::string_view user_name{};
  std::string_view group_name{};
};

/// An empty group. Fails with already_exists.
struct create {
  static constexpr endpoint at{verb::post, "/api/2.0/groups/create", repeat::not_idempotent};
  struct response {
    std::string group_name;
  };
  std::string_view group_name;
};

/// Fails with not_found, which may be the work of an attempt whose answer was lost.
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.0/groups/delete", repeat::idempotent};
  using response = void;
  std::string_view group_name;
};

/// Every group of the workspace.
struct list {
  static constexpr endpoint at{verb::get, "/api/2.0/groups/list", repeat::safe};
  using response = names;
};

/// The members of a group itself, not those of groups in it.
struct list_members {
  static constexpr endpoint at{verb::get, "/api/2.0/groups/list-members", repeat::safe};
  struct response {
    std::vector<principal_name> members;
  };
  std::string_view group_name;
};

/// The groups that exactly one user or group is a member of.
struct list_parents {
  static constexpr endpoint at{verb::get, "/api/2.0/groups/list-parents", repeat::safe};
  using response = names;
  std::string_view user_name{};
  std::string_view group_name{};
};

/// The reverse of add_member. Fails with not_found when it is no member, which may be the work of
/// an attempt whose answer was lost.
struct remove_member {
  static constexpr endpoint at{verb::post, "/api/2.0/groups/remove-member", repeat::idempotent};
  using response = void;
  std::string_view parent_name;
  std::string_view user_name{};
  std::string_view group_name{};
};

/// What workspace::groups() gives. A cheap copy of a shared handle; calls from any thread. Requests
/// are encoded before a method returns, so views in them need live no longer than the call
/// expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<void> add_member(groups::add_member const& r, call_options const& options = {}) const;
  task<groups::create::response> create(groups::create const& r,
                                        call_options const& options = {}) const;
  task<void> delete_(groups::delete_ const& r, call_options const& options = {}) const;
  task<names> list(groups::list const& r = {}, call_options const& options = {}) const;
  task<groups::list_members::response> list_members(groups::list_members const& r,
                                                    call_options const& options = {}) const;
  task<names> list_parents(groups::list_parents const& r, call_options const& options = {}) const;
  task<void> remove_member(groups::remove_member const& r, call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace groups
}  // namespace kiln
