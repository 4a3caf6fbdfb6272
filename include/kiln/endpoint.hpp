#pragma once

#include <cstdint>
#include <string_view>

namespace kiln {

enum class verb : std::uint8_t { get, post, put, patch, delete_, head };

/// "GET", "POST", …
std::string_view to_string(verb v) noexcept;

/// What may be done when a request was sent and no answer says what became of it.
enum class repeat : std::uint8_t {
  safe,            ///< Reads; repeating changes nothing.
  idempotent,      ///< Repeating leaves the same state.
  token,           ///< Repeating is safe with the same idempotency token in the request.
  not_idempotent,  ///< Only sent again when it was surely not applied (429, nothing sent).
};

/// Who goes first when calls wait for the budget; see kiln/budget.hpp for the weights.
enum class lane : std::uint8_t { interactive, normal, bulk, poll };
inline constexpr int lane_count = 4;

/// The row of the API reference an operation is. A request struct has one as `at`.
struct endpoint {
  verb method = verb::get;
  /// "/api/2.0/dbfs/put"; "{name}" is replaced by that field, "/files{name}" by one that is a path.
  std::string_view path;
  repeat repeats = repeat::safe;
  kiln::lane lane = kiln::lane::normal;
  std::string_view bucket{};  ///< A nested budget, such as "mlflow-search"; empty: none.
  std::string_view media_type = "application/json";  ///< Of the body; if another, of Accept too.
  /// Of a DELETE: a JSON body says what the query says, as some servers read only one of them.
  bool body_too = false;
};

}  // namespace kiln
