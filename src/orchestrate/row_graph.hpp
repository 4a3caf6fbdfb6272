#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

// Which rows wait for which. Rows are numbers, in the order of their source.
namespace kiln::runs {

class row_graph {
 public:
  /// What a row says of itself.
  struct entry {
    std::string name;
    std::vector<std::string> after;
  };
  /// Fails with invalid_argument: a name that is waited for is unknown or that of several rows, or
  /// rows wait for each other in a circle; the message names them.
  static result<row_graph> make(std::span<entry const> rows);

  [[nodiscard]] std::size_t size() const noexcept { return blockers_.size(); }
  /// How many rows it waits for.
  [[nodiscard]] std::uint32_t blockers(std::size_t row) const noexcept { return blockers_[row]; }
  /// Those that wait for it.
  [[nodiscard]] std::span<std::uint32_t const> dependants(std::size_t row) const noexcept;

 private:
  [[nodiscard]] result<void> check_circles(std::span<entry const> rows) const;

  std::vector<std::uint32_t> blockers_;
  std::vector<std::uint32_t> first_;  ///< Into `to_`, by row; one more at the end.
  std::vector<std::uint32_t> to_;
};

}  // namespace kiln::runs
