#pragma once

#include <kiln/document.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

// A line of `kiln batch`: one operation as a JSON object. Pure.
namespace kiln::cli {

struct batch_line {
  std::uint64_t number = 0;  ///< From 1 on.
  std::string id;            ///< The text of "id"; the number where there is none.
  std::string id_json;       ///< As it is given back.
  verb method = verb::get;
  std::string path;
  json_members request;
  std::vector<std::string> after;    ///< Ids of earlier lines.
  std::optional<std::string> chain;  ///< "ordered": "" for true, or the name of a chain.
};

/// What is wrong with a line; its id as far as it could be read.
struct bad_line {
  std::string id, id_json;
  std::string message;
};

/// {"id":…, "operation":"clusters/get" (the newest, or that of "version":"2.0") or "verb":"get" and
/// "path":"/api/2.0/…", "request":{…} (or "params", or "body"), "after":["id",…],
/// "ordered":true or "name"}.
[[nodiscard]] std::variant<batch_line, bad_line> parse_batch_line(std::string_view text,
                                                                  std::uint64_t number);

}  // namespace kiln::cli
