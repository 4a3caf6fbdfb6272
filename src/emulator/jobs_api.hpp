#pragma once

#include "emulator/jobs_state.hpp"
#include "emulator/runs_state.hpp"
#include "emulator/runs_view.hpp"
#include "emulator/service.hpp"

#include <span>
#include <string>
#include <string_view>

namespace kiln::emulation {

/// Jobs API 2.0, 2.1 and 2.2 over one set of jobs and runs.
class jobs_api final : public emulated_service {
 public:
  /// Keeps `clusters`, which outlive it and tell it what is lost: clusters_state::on_loss.
  jobs_api(emulator_jobs_options const& options, clusters_state& clusters)
      : options_(options), jobs_(options), runs_(options, clusters) {}

  /// Whatever is due until then happens, to clusters too.
  void advance(moment now) { runs_.advance(now); }
  void cluster_lost(std::string const& id, moment now) { runs_.cluster_lost(id, now); }

  [[nodiscard]] std::string_view verbs_of(std::string_view path) const noexcept override;
  api_reply handle(api_request const& request, moment now) override;
  void clear() override;

 private:
  struct call {
    parameters const& in;
    jobs_version version;
    moment now;
  };
  /// Gives the reply's JSON.
  using handler = outcome<std::string> (jobs_api::*)(call const&);
  struct route {
    std::string_view name;  ///< "runs/list"
    std::string_view verb;
    handler give;
    bool in_2_0 = true;
  };
  static std::span<route const> routes() noexcept;
  static route const* route_of(std::string_view path, jobs_version& version) noexcept;

  outcome<std::string> create(call const& c);
  outcome<std::string> get(call const& c);
  outcome<std::string> list(call const& c);
  outcome<std::string> reset(call const& c);
  outcome<std::string> update(call const& c);
  outcome<std::string> remove(call const& c);
  outcome<std::string> run_now(call const& c);
  outcome<std::string> submit(call const& c);
  outcome<std::string> runs_list(call const& c);
  outcome<std::string> runs_get(call const& c);
  outcome<std::string> runs_get_output(call const& c);
  outcome<std::string> runs_export(call const& c);
  outcome<std::string> runs_cancel(call const& c);
  outcome<std::string> runs_cancel_all(call const& c);
  outcome<std::string> runs_delete(call const& c);
  outcome<std::string> runs_repair(call const& c);

  emulator_jobs_options options_;
  jobs_state jobs_;
  runs_state runs_;
};

}  // namespace kiln::emulation
