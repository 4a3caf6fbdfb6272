#pragma once

#include <kiln/result.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

// What names may look like on either side. Pure.
namespace kiln::transfer {

constexpr std::size_t name_bytes_max = 255;  ///< Of one component, as Linux file systems have it.

[[nodiscard]] bool is_utf8(std::string_view text) noexcept;

/// `name` fit to be shown: bytes that are not printable UTF-8 as \xNN.
[[nodiscard]] std::string escaped(std::string_view name);

/// Why a name that a server sent must not become a local file name; empty when it may. A backslash
/// is an ordinary character here, unless it makes the name lead elsewhere where it separates.
[[nodiscard]] std::string_view objection_to_name(std::string_view name) noexcept;

/// "/a/b" of "dbfs:/a/b", "/a//b/", ...; an error for relative paths and "." or ".." components.
[[nodiscard]] result<std::string> normal_remote_path(std::string_view path);
/// Whether a normal path is of a volume, "/Volumes/…", and not of DBFS.
[[nodiscard]] bool is_volume_path(std::string_view path) noexcept;
/// Whether what a user writes is a path on the server: "dbfs:/…" or "/Volumes/…".
[[nodiscard]] bool is_remote_path(std::string_view path) noexcept;

/// "/a/b": what is below `folder`, which may be "/".
[[nodiscard]] std::string joined(std::string_view folder, std::string_view relative);

/// The last component; all of it when there is none before it.
[[nodiscard]] std::string_view last_component(std::string_view path) noexcept;
/// What is before the last component, without the separator; empty when there is none.
[[nodiscard]] std::string_view parent_of(std::string_view path) noexcept;

/// Equal for names that differ in the case of Latin, Greek or Cyrillic letters only.
[[nodiscard]] std::string without_case(std::string_view name);

constexpr std::uint64_t fingerprint_start = 0xcbf29ce484222325;
/// Text that differs gives another number; not a secret. `state`: of what stands before it.
[[nodiscard]] std::uint64_t fingerprint(std::string_view text,
                                        std::uint64_t state = fingerprint_start) noexcept;

/// ".<name>.<unique>.kiln-part", with `name` cut so that it stays a legal name.
[[nodiscard]] std::string temporary_name(std::string_view name, std::string_view unique);

}  // namespace kiln::transfer
