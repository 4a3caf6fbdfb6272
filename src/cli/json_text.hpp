#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kiln::cli {

/// `text` as a JSON string, quotes included. Bytes that are not UTF-8 become U+FFFD.
[[nodiscard]] std::string json_string(std::string_view text);

/// Writes one JSON object, members in the order of the calls, on one line.
class json_object {
 public:
  json_object& text(std::string_view name, std::string_view value);
  json_object& number(std::string_view name, std::int64_t value);
  json_object& number(std::string_view name, std::uint64_t value);
  json_object& real(std::string_view name, double value);
  json_object& flag(std::string_view name, bool value);
  /// `json` is a finished JSON value.
  json_object& member(std::string_view name, std::string_view json);
  [[nodiscard]] std::string finish() const { return out_ + '}'; }

 private:
  std::string out_ = "{";
};

/// "[a,b]" of finished JSON values.
class json_array {
 public:
  void add(std::string_view json);
  [[nodiscard]] std::string finish() const { return out_ + ']'; }

 private:
  std::string out_ = "[";
};

}  // namespace kiln::cli
