#pragma once

#include "client/engine.hpp"

#include <kiln/document.hpp>
#include <kiln/orchestrate.hpp>

#include <cstdint>
#include <string>
#include <string_view>

// A row as a request: what is checked of it, and what is sent.
namespace kiln::runs {

struct run_request {
  std::string key;   ///< With the salt.
  std::string name;  ///< For people; never empty.
  run_call call = run_call::submit;
  std::int64_t job_id = 0;  ///< Of run-now.
  json_members document;

  [[nodiscard]] bool one_time() const noexcept {
    return call == run_call::submit || call == run_call::submit_20;
  }
  [[nodiscard]] bool by_20() const noexcept {
    return call == run_call::submit_20 || call == run_call::now_20;
  }
};

/// Only of [0-9A-Za-z_.-], which names, tokens and tags may hold everywhere.
[[nodiscard]] bool has_key_characters(std::string_view text) noexcept;

/// Fails with invalid_argument, naming the row by its number from 1.
[[nodiscard]] result<run_request> make_request(run_row const& row, std::string_view salt,
                                               std::size_t number);

/// Of the row's n-th run, from 1. Repeated by the engine only where it was surely not applied.
[[nodiscard]] outgoing_call call_for(run_request const& what, std::uint32_t attempt, lane in_lane);
/// The run_id of its answer.
[[nodiscard]] result<std::int64_t> run_id_in(http::response const& answer,
                                             std::string const& operation,
                                             std::string const& where);

/// "name kiln:key", which runs/list tells again.
[[nodiscard]] std::string marked_name(std::string_view name, std::string_view key);
/// The key in such a name; empty when there is none.
[[nodiscard]] std::string_view key_in(std::string_view run_name) noexcept;

}  // namespace kiln::runs
