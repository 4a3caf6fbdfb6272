#pragma once

#include <kiln/sync.hpp>

#include <string>
#include <string_view>

// What `kiln fs sync` and `kiln fs verify` say: pure.
namespace kiln::cli {

/// "replace        b/c  size differs"
[[nodiscard]] std::string step_text(sync_step const& step);
[[nodiscard]] std::string step_json(sync_step const& step, std::string_view state,
                                    error const* why = nullptr);
[[nodiscard]] std::string sync_plan_text(sync_plan const& plan, std::string_view source,
                                         std::string_view destination);
/// The steps are left out where each has had a line of its own.
[[nodiscard]] std::string sync_plan_json(sync_plan const& plan, bool with_steps = true);
[[nodiscard]] std::string sync_report_text(sync_report const& report);
[[nodiscard]] std::string sync_report_json(sync_report const& report);
[[nodiscard]] std::string verify_text(verify_report const& report);
[[nodiscard]] std::string verify_plan_text(verify_plan const& plan);
[[nodiscard]] std::string verify_plan_json(verify_plan const& plan);
[[nodiscard]] std::string verify_json(verify_report const& report);

}  // namespace kiln::cli
