#pragma once

#include "emulator/service.hpp"
#include "emulator/workspace_tree_state.hpp"

namespace kiln::emulation {

/// The HTTP side of workspace_tree_state. Imports come as JSON or as multipart/form-data.
class workspace_tree_api final : public routed_service<workspace_tree_api> {
 public:
  /// /Users has a folder for `owner`.
  explicit workspace_tree_api(std::string owner) : state_(std::move(owner)) {}

  [[nodiscard]] static std::span<route const> routes();
  [[nodiscard]] std::size_t body_bytes_max(std::string_view path) const noexcept override;
  api_reply handle(api_request const& request, moment now) override;
  void clear() override { state_.clear(); }

  /// The largest notebook in base64, and what is said of it.
  static constexpr std::size_t import_bytes_max = 16 * 1024 * 1024;

 private:
  outcome<boost::json::object> get_status(parameters const& in, moment now);
  outcome<boost::json::object> list(parameters const& in, moment now);
  outcome<boost::json::object> mkdirs(parameters const& in, moment now);
  outcome<boost::json::object> remove(parameters const& in, moment now);
  outcome<boost::json::object> import_json(parameters const& in, moment now);
  outcome<void> import_form(api_request const& request, std::string_view boundary, moment now);
  api_reply export_object(parameters const& in, moment now);

  workspace_tree_state state_;
};

}  // namespace kiln::emulation
