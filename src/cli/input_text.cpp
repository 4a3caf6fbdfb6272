#include "cli/input_text.hpp"

#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

namespace kiln::cli {
namespace {

std::string read_all(std::istream& in, std::string const& name, std::string const& option,
                     std::size_t bytes_max) {
  std::string text;
  std::string piece(64U << 10, '\0');
  while (in && text.size() <= bytes_max) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) {
    throw usage_error(
        fmt::format("{}: '{}' could not be read: {}", option, name, std::strerror(errno)));
  }
  if (text.size() > bytes_max) {
    throw usage_error(
        fmt::format("{}: '{}' is larger than {} MiB", option, name, bytes_max >> 20U));
  }
  return text;
}

}  // namespace

std::string input_text(session const& s, std::string const& name, std::string const& option,
                       std::size_t bytes_max) {
  if (name == "-") {
    if (s.global().token_from_stdin) {
      throw usage_error(
          fmt::format("{} - and --token-stdin both read stdin: give one of them a file", option));
    }
    return read_all(std::cin, "stdin", option, bytes_max);
  }
  std::ifstream file(name, std::ios::binary);
  if (!file) {
    throw usage_error(
        fmt::format("{}: '{}' cannot be opened: {}", option, name, std::strerror(errno)));
  }
  return read_all(file, name, option, bytes_max);
}

std::vector<std::string> split_list(std::string_view text, bool null) {
  std::vector<std::string> out;
  char const end = null ? '\0' : '\n';
  while (!text.empty()) {
    auto const at = text.find(end);
    auto part = text.substr(0, at);
    text.remove_prefix(at == std::string_view::npos ? text.size() : at + 1);
    if (!null && part.ends_with('\r')) part.remove_suffix(1);
    out.emplace_back(part);
  }
  return out;
}

}  // namespace kiln::cli
