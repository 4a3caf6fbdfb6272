#pragma once

#include "emulator/scim_directory.hpp"
#include "emulator/service.hpp"

namespace kiln::emulation {

/// Groups API 2.0 on the directory that SCIM changes too.
class groups_api final : public routed_service<groups_api> {
 public:
  /// Keeps `directory`.
  explicit groups_api(scim_directory& directory) : directory_(directory) {}

  [[nodiscard]] static std::span<route const> routes();
  void clear() override {}  // the directory is cleared by scim_api

 private:
  outcome<boost::json::object> add_member(parameters const& in, moment now);
  outcome<boost::json::object> remove_member(parameters const& in, moment now);
  outcome<boost::json::object> create(parameters const& in, moment now);
  outcome<boost::json::object> remove(parameters const& in, moment now);
  outcome<boost::json::object> list(parameters const& in, moment now);
  outcome<boost::json::object> list_members(parameters const& in, moment now);
  outcome<boost::json::object> list_parents(parameters const& in, moment now);

  [[nodiscard]] outcome<std::string> group(parameters const& in, std::string_view name) const;
  [[nodiscard]] outcome<std::string> member(parameters const& in) const;

  scim_directory& directory_;
};

}  // namespace kiln::emulation
