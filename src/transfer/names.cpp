#include "transfer/names.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <cstdint>

namespace kiln::transfer {

namespace {

// The length of the well-formed character at the start of `text`; 0 when there is none. Overlong
// forms, surrogates and values above U+10FFFF are not well-formed.
std::size_t character_length(std::string_view text) noexcept {
  auto const at = [text](std::size_t i) {
    return i < text.size() ? static_cast<std::uint8_t>(text[i]) : std::uint8_t{0};
  };
  auto const follows = [&at](std::size_t i, int low = 0x80, int high = 0xBF) {
    return at(i) >= low && at(i) <= high;
  };
  std::uint8_t const first = at(0);
  if (first < 0x80) return text.empty() ? 0 : 1;
  if (first >= 0xC2 && first <= 0xDF) return follows(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    bool const second = follows(1, first == 0xE0 ? 0xA0 : 0x80, first == 0xED ? 0x9F : 0xBF);
    return second && follows(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    bool const second = follows(1, first == 0xF0 ? 0x90 : 0x80, first == 0xF4 ? 0x8F : 0xBF);
    return second && follows(2) && follows(3) ? 4 : 0;
  }
  return 0;
}

// Of a letter of Latin-1, Greek or Cyrillic; anything else as it is.
std::uint32_t small_letter(std::uint32_t code) noexcept {
  bool const latin = code >= 0xC0 && code <= 0xDE && code != 0xD7;
  bool const greek = code >= 0x391 && code <= 0x3A9;
  bool const cyrillic = code >= 0x410 && code <= 0x42F;
  if (latin || greek || cyrillic) return code + 0x20;
  return code >= 0x400 && code <= 0x40F ? code + 0x50 : code;
}

bool leads_elsewhere_with_backslashes(std::string_view name) noexcept {
  if (name.find('\\') == std::string_view::npos) return false;
  bool const drive = name.size() > 2 && name[1] == ':' && name[2] == '\\';
  if (name.front() == '\\' || drive) return true;
  for (std::size_t from = 0; from <= name.size();) {
    std::size_t const to = std::min(name.find('\\', from), name.size());
    if (name.substr(from, to - from) == "..") return true;
    from = to + 1;
  }
  return false;
}

}  // namespace

bool is_utf8(std::string_view text) noexcept {
  while (!text.empty()) {
    std::size_t const length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

std::string escaped(std::string_view name) {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  while (!name.empty()) {
    std::size_t const length = character_length(name);
    auto const first = static_cast<std::uint8_t>(name.front());
    if (length == 0 || first < 0x20 || first == 0x7F) {
      out += "\\x";
      out += digits[first >> 4];
      out += digits[first & 15U];
      name.remove_prefix(1);
    } else {
      out += name.substr(0, length);
      name.remove_prefix(length);
    }
  }
  return out;
}

std::string_view objection_to_name(std::string_view name) noexcept {
  if (name.empty()) return "the name is empty";
  if (name == "." || name == "..") return "the name leads out of its folder";
  if (name.find('/') != std::string_view::npos) return "the name holds a separator";
  if (name.find('\0') != std::string_view::npos) return "the name holds a NUL";
  if (leads_elsewhere_with_backslashes(name)) return "the name leads out of its folder";
  if (name.size() > name_bytes_max) return "the name is longer than 255 bytes";
  if (!is_utf8(name)) return "the name is not UTF-8";
  return {};
}

result<std::string> normal_remote_path(std::string_view path) {
  auto const refuse = [path](std::string_view why) {
    return error(errc::invalid_argument, std::string(why))
        .with_operation("DBFS path")
        .with_where(escaped(path));
  };
  std::string_view rest = path;
  if (rest.starts_with("dbfs:")) rest.remove_prefix(5);
  if (!rest.starts_with('/')) return refuse("the path must start with / or dbfs:/");
  if (!is_utf8(rest) || rest.find('\0') != std::string_view::npos) {
    return refuse("the path must be UTF-8 without NUL");
  }
  std::string out;
  while (!rest.empty()) {
    rest.remove_prefix(std::min(rest.find_first_not_of('/'), rest.size()));
    std::string_view const name = rest.substr(0, rest.find('/'));
    if (name == "." || name == "..") return refuse("the path must not hold . or .. components");
    if (!name.empty()) (out += '/') += name;
    rest.remove_prefix(name.size());
  }
  return out.empty() ? std::string("/") : out;
}

bool is_volume_path(std::string_view path) noexcept {
  constexpr std::string_view root = "/Volumes";
  return path.starts_with(root) && (path.size() == root.size() || path[root.size()] == '/');
}

bool is_remote_path(std::string_view path) noexcept {
  return path.starts_with("dbfs:") || is_volume_path(path);
}

std::string joined(std::string_view folder, std::string_view relative) {
  std::string out(folder);
  if (relative.empty()) return out;
  if (!out.ends_with('/')) out += '/';
  return out += relative;
}

std::string_view last_component(std::string_view path) noexcept {
  std::size_t const slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view parent_of(std::string_view path) noexcept {
  std::size_t const slash = path.rfind('/');
  return slash == std::string_view::npos ? std::string_view{} : path.substr(0, slash);
}

std::string without_case(std::string_view name) {
  std::string out;
  out.reserve(name.size());
  while (!name.empty()) {
    std::size_t const length = std::max<std::size_t>(1, character_length(name));
    auto const first = static_cast<std::uint8_t>(name.front());
    if (length == 1) {
      out += ascii::to_lower(name.front());
    } else if (length == 2) {
      auto const code = static_cast<std::uint32_t>((first & 0x1FU) << 6U) |
                        (static_cast<std::uint8_t>(name[1]) & 0x3FU);
      auto const small = small_letter(code);
      out += static_cast<char>(0xC0U | (small >> 6U));
      out += static_cast<char>(0x80U | (small & 0x3FU));
    } else {
      out += name.substr(0, length);
    }
    name.remove_prefix(length);
  }
  return out;
}

std::uint64_t fingerprint(std::string_view text, std::uint64_t state) noexcept {
  for (char const c : text) {
    state = (state ^ static_cast<unsigned char>(c)) * 0x100000001b3;
  }
  return state;
}

std::string temporary_name(std::string_view name, std::string_view unique) {
  constexpr std::string_view ending = ".kiln-part";
  std::size_t const room = name_bytes_max - 2 - unique.size() - ending.size();
  if (name.size() > room) {
    std::size_t cut = room;
    while (cut > 0 && (static_cast<std::uint8_t>(name[cut]) & 0xC0U) == 0x80) --cut;
    name = name.substr(0, cut);
  }
  std::string out(".");
  ((out += name) += '.') += unique;
  return out += ending;
}

}  // namespace kiln::transfer
