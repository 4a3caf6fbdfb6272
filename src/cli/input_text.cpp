#include "cli/input_text.hpp"

#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <fstream>
#include <iostream>

namespace kiln::cli {
namespace {

/// The API takes requests up to 10 MB.
constexpr std::size_t input_bytes_max = 16U << 20;

std::string read_all(std::istream& in, std::string const& name, std::string const& option) {
  std::string text;
  std::string piece(64U << 10, '\0');
  while (in && text.size() <= input_bytes_max) {
    in.read(piece.data(), static_cast<std::streamsize>(piece.size()));
    text.append(piece, 0, static_cast<std::size_t>(in.gcount()));
  }
  if (in.bad()) throw usage_error(fmt::format("{}: '{}' could not be read", option, name));
  if (text.size() > input_bytes_max) {
    throw usage_error(fmt::format("{}: '{}' is larger than 16 MiB", option, name));
  }
  return text;
}

}  // namespace

std::string input_text(session const& s, std::string const& name, std::string const& option) {
  if (name == "-") {
    if (s.global().token_from_stdin) {
      throw usage_error(
          fmt::format("{} - and --token-stdin both read stdin: give one of them a file", option));
    }
    return read_all(std::cin, "stdin", option);
  }
  std::ifstream file(name, std::ios::binary);
  if (!file) throw usage_error(fmt::format("{}: '{}' cannot be opened", option, name));
  return read_all(file, name, option);
}

}  // namespace kiln::cli
