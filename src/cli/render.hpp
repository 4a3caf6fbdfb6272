#pragma once

#include "cli/terminal_text.hpp"

#include <kiln/error.hpp>
#include <kiln/services/dbfs.hpp>
#include <kiln/transfer.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

// Values to text and JSON: pure. Text ends in a newline unless it is empty; JSON does not.
namespace kiln::cli {

/// "42 (put 40, mkdirs 2)"
[[nodiscard]] std::string counts_text(request_counts const& counts);
[[nodiscard]] std::string counts_json(request_counts const& counts);
/// What a command with --dry-run would send, in two lines; `repeated` adds that it may be more.
[[nodiscard]] std::string cost_text(request_counts const& requests, request_counts const& spent,
                                    double rate, bool repeated = false);
[[nodiscard]] std::string cost_json(request_counts const& requests, request_counts const& spent,
                                    double rate);

/// What to do about an error; empty when nothing general can be said.
[[nodiscard]] std::string hint_for(error const& e);
/// "kiln: dbfs/put at host: ..." and, when there is one, a line "hint: ...". No last newline.
[[nodiscard]] std::string error_text(error const& e);
[[nodiscard]] std::string failure_text(transfer_failure const& f);
[[nodiscard]] std::string error_json(error const& e);

/// Names as seen from `root`, directories with a slash at the end.
[[nodiscard]] std::string list_text(std::vector<dbfs::file_info> const& files,
                                    std::string_view root, bool long_form);
[[nodiscard]] std::string file_json(dbfs::file_info const& file);
[[nodiscard]] std::string stat_text(dbfs::file_info const& file);

/// What is below a path, itself included.
struct usage_line {
  std::string path;
  std::uint64_t files = 0, directories = 0, bytes = 0;
};
[[nodiscard]] std::string usage_text(std::vector<usage_line> const& lines);
[[nodiscard]] std::string usage_json(usage_line const& line);

/// Of the entries that are not part of the plan, those skipped with a word (links, devices).
[[nodiscard]] std::size_t skipped_of(transfer_plan const& plan) noexcept;
[[nodiscard]] std::string plan_text(transfer_plan const& plan, std::string_view source,
                                    std::string_view destination);
[[nodiscard]] std::string plan_json(transfer_plan const& plan);
/// The same without the items.
[[nodiscard]] std::string plan_summary_json(transfer_plan const& plan);
[[nodiscard]] std::string report_text(transfer_report const& report);
[[nodiscard]] std::string report_json(transfer_report const& report);
/// One item that ended; `why` only if it failed.
[[nodiscard]] std::string item_json(transfer_item const& item, std::string_view state,
                                    error const* why);
/// A JSON array of them, each as item_json has it.
[[nodiscard]] std::string failures_json(std::vector<transfer_failure> const& failures);
[[nodiscard]] std::string_view to_string(transfer_state state) noexcept;

}  // namespace kiln::cli
