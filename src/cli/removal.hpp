#pragma once

#include "core/clock.hpp"

#include <kiln/remote_files.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

// What a running removal says of itself: pure.
namespace kiln::cli {

/// "12,000 deleted so far", or "120 of 480 deleted" where it is known how many there are.
[[nodiscard]] std::string removal_text(remove_progress const& p);
/// {"event":"progress","path":"/a","removed":120,"total":480}; no total where it is not known.
[[nodiscard]] std::string removal_json(remove_progress const& p, std::string_view path);

/// Of --dry-run: what would go, and the cost.
[[nodiscard]] std::string removal_plan_text(remove_plan const& plan, std::string_view path);
[[nodiscard]] std::string removal_plan_json(remove_plan const& plan, std::string_view path);

/// When it is worth a line: whenever the server has told of a part, as it takes its time for each;
/// where all is known, at every 10 % and when 30 s passed without a line.
class removal_schedule {
 public:
  bool due(remove_progress const& p, instant now);

 private:
  std::uint64_t tenths_ = 0;
  std::optional<instant> last_;
};

}  // namespace kiln::cli
