#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

// JSON values as tables and lists for people. Pure.
namespace kiln::cli {

/// A column of a table: its heading and the path of the member it shows.
struct column {
  std::string_view heading;
  std::string_view path;  ///< "state.life_cycle_state"; ".": the item itself.
  bool is_time = false;   ///< Milliseconds since 1970.
};
/// "ID=cluster_id STARTED=start_time@time": headings, members, and what is a time.
[[nodiscard]] std::vector<column> columns_of(std::string_view spec);

/// A cell per column; what the item lacks is empty. Texts are shown as they are, but for control
/// characters, numbers as they are spelled, lists and objects as JSON.
[[nodiscard]] std::vector<std::string> cells_of(std::string_view item,
                                                std::vector<column> const& columns);

using table_row = std::vector<std::string>;
/// Headings and aligned rows. Where lines are wider than `width`, the widest columns are cut.
[[nodiscard]] std::string aligned_table(std::vector<column> const& columns,
                                        std::vector<table_row> const& rows, std::size_t width);
/// One line, its cells parted by tabs: for cut and awk.
[[nodiscard]] std::string tab_line(table_row const& row);

/// "path  value" lines of everything in a JSON object, nested members as "a.b", of lists "a[0]".
/// An object with nothing but one object in it is shown as that.
[[nodiscard]] std::string flat_text(std::string_view object);

}  // namespace kiln::cli
