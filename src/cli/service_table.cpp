#include "cli/service_table.hpp"

#include <algorithm>
#include <array>

namespace kiln::cli {
namespace {

constexpr std::array<command_group, 12> groups{{
    {"clusters", "Clusters: list, get, create, start, resize, delete, events, ..."},
    {"pools", "Instance pools: list, get, create, edit, delete"},
    {"libraries", "Libraries of clusters: install, uninstall, status"},
    {"jobs", "Jobs and their runs: matrix, matrices, run-now, submit, list-runs, cancel-run, ..."},
    {"workspace", "Notebooks and folders: list, get-status, mkdirs, delete, export, import"},
    {"groups", "Groups by name: list, create, delete, members"},
    {"users", "Users (SCIM): list, get, create, update, delete, me"},
    {"service-principals", "Service principals (SCIM): list, get, create, update, delete"},
    {"scim-groups", "Groups by id (SCIM): list, get, create, update, delete"},
    {"tokens", "Personal access tokens: list, create, delete"},
    {"experiments", "MLflow tracking: experiments, runs, metrics, parameters, tags"},
    {"models", "MLflow model registry: models, versions, stages, webhooks"},
}};

bool matches(std::string_view pattern, std::string_view path) {
  for (;;) {
    auto const wanted = pattern.substr(0, pattern.find('/'));
    auto const given = path.substr(0, path.find('/'));
    bool const any = wanted.starts_with('{') && wanted.ends_with('}') && !given.empty();
    if (!any && wanted != given) return false;
    bool const ends = wanted.size() == pattern.size() || given.size() == path.size();
    if (ends) return wanted.size() == pattern.size() && given.size() == path.size();
    pattern.remove_prefix(wanted.size() + 1);
    path.remove_prefix(given.size() + 1);
  }
}

}  // namespace

std::span<command_group const> command_groups() { return groups; }

std::vector<service_command> const& service_commands() {
  static std::vector<service_command> const all = [] {
    std::vector<service_command> out;
    for (auto const rows : {compute_commands(), job_commands(), identity_commands(),
                            experiment_commands(), model_commands()}) {
      out.insert(out.end(), rows.begin(), rows.end());
    }
    return out;
  }();
  return all;
}

operation const* find_operation(verb method, std::string_view path) {
  operation const* found = nullptr;
  for (auto const& each : operations()) {
    // Forms and raw content share their path with the operation that speaks JSON.
    bool const json = each.form_file.empty() && !each.raw_request && !each.raw_response;
    if (!json || each.at.method != method || !matches(each.at.path, path)) continue;
    if (found == nullptr || each.at.path == path) found = &each;
  }
  return found;
}

repeat natural_repeat(verb method) noexcept {
  if (method == verb::get || method == verb::head) return repeat::safe;
  bool const same_again = method == verb::put || method == verb::delete_;
  return same_again ? repeat::idempotent : repeat::not_idempotent;
}

}  // namespace kiln::cli
