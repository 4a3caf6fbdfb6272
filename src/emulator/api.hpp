#pragma once

#include "core/clock.hpp"

#include <boost/system/result.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What the emulated services and the core of the emulator say to each other.
namespace kiln::emulation {

/// The two clocks of a request, from the injected timers.
struct moment {
  instant steady{};
  wall_time wall{};
};

/// An error as the workspace words it.
struct api_error {
  api_error() = default;
  // No aggregate: one would be constructible from a number, which result<int> takes for a value.
  api_error(int http_status, std::string error_code, std::string text)
      : status(http_status), code(std::move(error_code)), message(std::move(text)) {}
  int status = 0;
  std::string code;
  std::string message;
};

template <class T>
using outcome = boost::system::result<T, api_error>;

[[noreturn]] void throw_exception_from_error(api_error const& e, boost::source_location const&);

struct api_request {
  std::string_view method;  ///< "GET"
  std::string_view path;    ///< "/api/2.0/dbfs/list"
  std::string_view query;   ///< Undecoded, without the question mark.
  std::string_view body;
  std::string_view caller{};  ///< Whose token the request brought: a userName, an applicationId.
  std::string_view content_type{};
  std::string_view range{};             ///< The header of that name.
  std::string_view unmodified_since{};  ///< If-Unmodified-Since.
};

class content;

/// Bytes of a stored file.
struct file_part {
  std::shared_ptr<content> from;
  std::string path;
  std::uint64_t offset = 0;
  std::uint64_t length = 0;
};

struct api_reply {
  int status = 200;
  std::string body = "{}";
  std::string headers;  ///< "Name: value\r\n" lines.
  std::string content_type = "application/json";
  std::chrono::milliseconds delay{0};  ///< The real service takes so long.
  file_part file{};                    ///< Sent instead of `body` when it has a length.
};

/// 400 INVALID_PARAMETER_VALUE.
[[nodiscard]] api_error invalid_parameter(std::string message);
[[nodiscard]] api_error missing_field(std::string_view name);  ///< The same.

/// {"error_code":…,"message":…}
api_reply to_reply(api_error const& e);

bool is_utf8(std::string_view text) noexcept;
/// With its quotes; bytes that are no UTF-8 become question marks.
std::string json_quoted(std::string_view text);
/// %XX and + decoded; nullopt for a broken escape.
std::optional<std::string> percent_decoded(std::string_view text);

/// The parameters of a query string, decoded, in order.
outcome<std::vector<std::pair<std::string, std::string>>> parse_query(std::string_view query);

constexpr std::size_t query_parameters_max = 64;

}  // namespace kiln::emulation
