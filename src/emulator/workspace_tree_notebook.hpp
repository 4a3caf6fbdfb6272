#pragma once

#include "emulator/api.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// Notebooks as the workspace holds them, cell by cell, and the documents they come and go as.
namespace kiln::emulation {

enum class notebook_language : std::uint8_t { python, r, scala, sql };
/// "PYTHON"; nullopt for any other word.
[[nodiscard]] std::optional<notebook_language> language_of(std::string_view word) noexcept;
[[nodiscard]] std::string_view word_of(notebook_language language) noexcept;
/// "py"
[[nodiscard]] std::string_view suffix_of(notebook_language language) noexcept;

/// A cell begins with "%md" or another magic word, or is in the notebook's language.
struct notebook {
  notebook_language language = notebook_language::python;
  std::vector<std::string> cells;
};

enum class document_format : std::uint8_t { auto_, dbc, html, jupyter, raw, r_markdown, source };
[[nodiscard]] std::optional<document_format> format_of(std::string_view word) noexcept;

/// source, jupyter, html, r_markdown, and dbc for one member of an archive. `language` is taken
/// where the document does not say. INVALID_PARAMETER_VALUE when the document is not of that
/// format.
outcome<notebook> read_notebook(std::string_view document, document_format format,
                                std::optional<notebook_language> language);
[[nodiscard]] std::string write_notebook(notebook const& from, document_format format,
                                         std::string_view name);

/// Whether a text begins with the line that notebooks in source form begin with.
[[nodiscard]] bool is_notebook_source(std::string_view text, notebook_language language) noexcept;

constexpr std::size_t notebook_cells_max = 10'000;

}  // namespace kiln::emulation
