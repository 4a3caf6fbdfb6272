#pragma once

#include "emulator/scim_directory.hpp"
#include "emulator/service.hpp"

namespace kiln::emulation {

/// The HTTP side of scim_directory: /api/2.0/preview/scim/v2.
class scim_api final : public routed_service<scim_api> {
 public:
  /// Keeps `directory`, which another may share and which is cleared here.
  scim_api(scim_directory& directory, std::uint64_t seed);

  [[nodiscard]] static std::span<route const> routes();
  api_reply handle(api_request const& request, moment now) override;
  void clear() override { directory_.clear(); }

 private:
  template <principal_kind Kind>
  api_reply list(parameters const& in, moment now);
  template <principal_kind Kind>
  api_reply create(parameters const& in, moment now);
  template <principal_kind Kind>
  api_reply get(parameters const& in, moment now);
  template <principal_kind Kind>
  api_reply patch(parameters const& in, moment now);
  template <principal_kind Kind>
  api_reply update(parameters const& in, moment now);
  template <principal_kind Kind>
  api_reply remove(parameters const& in, moment now);
  api_reply me(parameters const& in, moment now);

  scim_directory& directory_;
  std::string workspace_id_;
};

}  // namespace kiln::emulation
