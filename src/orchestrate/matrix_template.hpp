#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::orchestrate {

/// A JSON object with "{{name}}" in its strings, taken to pieces once and put together for each
/// row. See kiln/matrix.hpp for what a template may hold.
class matrix_template {
 public:
  /// Fails with invalid_argument.
  [[nodiscard]] static result<matrix_template> parse(std::string_view json);

  [[nodiscard]] std::vector<std::string> const& variables() const noexcept { return variables_; }
  /// Whether the server would replace a variable of this name, when no column is called so.
  [[nodiscard]] bool is_optional(std::size_t variable) const { return optional_[variable]; }

  /// Which variable had no value, or none that can be put into a text.
  struct refusal {
    std::size_t variable = 0;
    std::string_view why;
  };
  /// Appends the document. `values` are JSON texts, one a variable; null: the row has none.
  [[nodiscard]] std::optional<refusal> render(std::string& out,
                                              std::span<std::string const* const> values) const;

 private:
  enum class kind : std::uint8_t { literal, value, text };
  struct piece {
    kind what = kind::literal;
    std::string text;  ///< Of a literal; otherwise what stands there when nothing is put in.
    std::size_t variable = 0;
  };

  result<void> add_string(std::string_view quoted);
  result<void> add_inside(std::string_view raw);
  result<std::size_t> variable_of(std::string_view inner, std::string_view whole);
  void add_literal(std::string_view text);

  std::vector<piece> pieces_;
  std::vector<std::string> variables_;
  std::vector<bool> optional_;
};

}  // namespace kiln::orchestrate
