#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/operations.hpp>

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

// The commands of the services, as tables: what a command is called and which endpoint it stands
// for. Its options are the fields of that endpoint's request.
namespace kiln::cli {

/// What --wait of a command waits for.
enum class wait_for : std::uint8_t { nothing, run_finished, cluster_running, cluster_terminated };

/// A row of the tables.
struct service_command {
  std::string_view group, name;  ///< "clusters", "list"
  verb method = verb::get;
  std::string_view path;         ///< Of the endpoint in operations().
  std::string_view summary;      ///< Help, one line without a full stop.
  std::string_view positionals;  ///< Fields given without an option, in order: "name version".
  std::string_view columns;      ///< Of a listing's table, see columns_of(); empty: no listing.
  std::string_view example;      ///< What follows the command's name in its example.
  std::string_view alias;        ///< Another name.
  wait_for wait = wait_for::nothing;
  bool always_waits = false;  ///< Without --wait.
};

struct command_group {
  std::string_view name, summary;
};
[[nodiscard]] std::span<command_group const> command_groups();

/// All rows, group by group.
[[nodiscard]] std::vector<service_command> const& service_commands();

[[nodiscard]] std::span<service_command const> compute_commands();
[[nodiscard]] std::span<service_command const> job_commands();
[[nodiscard]] std::span<service_command const> identity_commands();
[[nodiscard]] std::span<service_command const> experiment_commands();
[[nodiscard]] std::span<service_command const> model_commands();

/// The operation that a row or a raw call stands for: "{id}" in its path matches any one segment.
/// Null when the library has no such operation.
[[nodiscard]] operation const* find_operation(verb method, std::string_view path);
/// What the verb itself says of sending a request again, where no operation is known.
[[nodiscard]] repeat natural_repeat(verb method) noexcept;

}  // namespace kiln::cli
