#include "client/wire.hpp"
#include "services/operations.hpp"
#include "services/tokens_fields.hpp"

#include <kiln/services/tokens.hpp>
#include <kiln/workspace.hpp>

#include <array>

namespace kiln {

tokens::service workspace::tokens() const noexcept { return tokens::service(core_); }

std::span<operation const> tokens_operations() {
  static auto const rows = [] {
    constexpr std::string_view here = "tokens";
    return std::array{describe<tokens::create>(here, "create"),
                      describe<tokens::delete_>(here, "delete"),
                      describe<tokens::list>(here, "list")};
  }();
  return rows;
}

namespace tokens {

enum_table spellings(autoscope_state) {
  static constexpr auto words = spell(
      "AUTOSCOPE_STATE_API_NOT_COVERED", "AUTOSCOPE_STATE_BACKFILLED", "AUTOSCOPE_STATE_COMPLETED",
      "AUTOSCOPE_STATE_DISABLED", "AUTOSCOPE_STATE_RUNNING", "AUTOSCOPE_STATE_USER_SELECTED");
  return words;
}

task<tokens::create::response> service::create(tokens::create const& r,
                                               call_options const& o) const {
  return receive<tokens::create::response>(core_, encode(r, o));
}
task<void> service::delete_(tokens::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<tokens::list::response> service::list(tokens::list const& r, call_options const& o) const {
  return receive<tokens::list::response>(core_, encode(r, o));
}

}  // namespace tokens
}  // namespace kiln
