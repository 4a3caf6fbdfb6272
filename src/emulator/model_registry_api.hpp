#pragma once

#include "emulator/model_registry_state.hpp"
#include "emulator/service.hpp"

namespace kiln::emulation {

/// The model registry below /api/2.0/mlflow/. Webhooks are kept, not called.
class model_registry_api final : public routed_service<model_registry_api> {
 public:
  explicit model_registry_api(std::uint64_t seed) : state_(seed) {}
  static std::span<route const> routes();
  void clear() override { state_.clear(); }

 private:
  using reply = outcome<boost::json::object>;
  reply create_model(parameters const& in, moment now);
  reply delete_model(parameters const& in, moment now);
  reply delete_model_tag(parameters const& in, moment now);
  reply get_latest_versions(parameters const& in, moment now);
  reply get_model(parameters const& in, moment now);
  reply list_models(parameters const& in, moment now);
  reply rename_model(parameters const& in, moment now);
  reply search_models(parameters const& in, moment now);
  reply set_model_tag(parameters const& in, moment now);
  reply update_model(parameters const& in, moment now);

  reply create_version(parameters const& in, moment now);
  reply delete_version(parameters const& in, moment now);
  reply delete_version_tag(parameters const& in, moment now);
  reply get_version(parameters const& in, moment now);
  reply get_download_uri(parameters const& in, moment now);
  reply search_versions(parameters const& in, moment now);
  reply set_version_tag(parameters const& in, moment now);
  reply update_version(parameters const& in, moment now);

  reply transition_stage(parameters const& in, moment now);
  reply create_request(parameters const& in, moment now);
  reply approve_request(parameters const& in, moment now);
  reply reject_request(parameters const& in, moment now);
  reply delete_request(parameters const& in, moment now);
  reply list_requests(parameters const& in, moment now);

  reply create_comment(parameters const& in, moment now);
  reply delete_comment(parameters const& in, moment now);
  reply update_comment(parameters const& in, moment now);

  reply create_webhook(parameters const& in, moment now);
  reply delete_webhook(parameters const& in, moment now);
  reply list_webhooks(parameters const& in, moment now);
  reply test_webhook(parameters const& in, moment now);
  reply update_webhook(parameters const& in, moment now);

  outcome<found_version> version_of(parameters const& in);
  reply decide(parameters const& in, moment now, model_registry_state::decision what);
  reply found_models(parameters const& in, moment now, std::string const& filter,
                     std::vector<std::string> const& order_by) const;

  model_registry_state state_;
};

}  // namespace kiln::emulation
