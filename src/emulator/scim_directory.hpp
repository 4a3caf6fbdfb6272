#pragma once

#include "core/random.hpp"
#include "emulator/api.hpp"
#include "emulator/token_registry.hpp"

#include <boost/json/object.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::emulation {

enum class principal_kind : std::uint8_t { user, group, service_principal };

/// The attributes that SCIM knows of a kind.
[[nodiscard]] std::span<std::string_view const> scim_attributes(principal_kind kind) noexcept;
/// "Users", "Groups", "ServicePrincipals"
[[nodiscard]] std::string_view scim_collection(principal_kind kind) noexcept;

/// Users, groups and service principals of the workspace, shared by SCIM and Groups 2.0. A resource
/// comes and goes as a SCIM document; who is in which group is kept besides. Errors are scim_error.
///
/// There is always the emulator's owner, "admins" with the owner in it, and "users", which everyone
/// is put into. A user or service principal that is deleted or set inactive cannot use its tokens;
/// deleted, it is seen no more, is gone for good after purge_after, and comes back with its id when
/// it is created again before that.
class scim_directory {
 public:
  /// Keeps `tokens`.
  scim_directory(token_registry& tokens, std::uint64_t seed);

  outcome<boost::json::object> create(principal_kind kind, boost::json::object const& document,
                                      moment now);
  /// What the document leaves out is gone.
  outcome<boost::json::object> replace(principal_kind kind, std::string_view id,
                                       boost::json::object const& document);
  outcome<void> remove(principal_kind kind, std::string_view id, moment now);
  outcome<boost::json::object> get(principal_kind kind, std::string_view id) const;
  /// By id.
  [[nodiscard]] std::vector<boost::json::object> list(principal_kind kind) const;

  /// The user or service principal that a token names; made when it is not there, for whoever
  /// issued the token knew it.
  boost::json::object caller(std::string const& name, moment now);

  /// By userName, applicationId or displayName; "" when there is none.
  [[nodiscard]] std::string find(principal_kind kind, std::string_view name) const;
  /// What find() knows it by.
  [[nodiscard]] std::string name_of(std::string_view id) const;
  [[nodiscard]] std::optional<principal_kind> kind_of(std::string_view id) const;

  // Direct membership, by id. False: it was so already.
  outcome<bool> join(std::string const& group, std::string const& member);
  outcome<bool> leave(std::string const& group, std::string const& member);
  [[nodiscard]] std::vector<std::string> members(std::string_view group) const;
  [[nodiscard]] std::vector<std::string> parents(std::string_view member) const;

  void clear();

  static constexpr std::size_t principals_max = 20'000;
  static constexpr std::chrono::hours purge_after{30 * 24};

 private:
  struct principal {
    principal_kind kind{};
    boost::json::object attributes;  ///< Without id, schemas, members, groups and meta.
    std::set<std::string> members;   ///< Of a group.
    std::set<std::string> parents;   ///< The groups it is in itself.
    std::optional<wall_time> removed;
  };
  using by_id = std::map<std::string, principal, std::less<>>;

  void found();
  std::string add(principal fresh);
  outcome<boost::json::object> checked(principal_kind kind, boost::json::object const& document,
                                       principal const* before) const;
  outcome<std::set<std::string>> checked_members(boost::json::object const& document,
                                                 std::string_view group) const;
  [[nodiscard]] bool within(std::string const& group, std::string const& other) const;
  [[nodiscard]] std::string const* revived(principal_kind kind, boost::json::object const& fresh);
  void set_members(std::string const& group, std::set<std::string> const& members);
  void let_tokens_work(principal const& who);
  void forget(by_id::iterator which);
  void purge(moment now);
  [[nodiscard]] by_id::const_iterator seen(principal_kind kind, std::string_view id) const;
  [[nodiscard]] boost::json::object document(std::string const& id, principal const& of) const;
  [[nodiscard]] boost::json::object reference(std::string const& id) const;

  token_registry& tokens_;
  std::uint64_t seed_;
  random_source random_;
  by_id all_;
  std::map<std::string, std::string> by_name_;  ///< Kind and lower-case name, to id.
  std::uint64_t last_id_ = 0;
};

}  // namespace kiln::emulation
