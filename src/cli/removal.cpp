#include "cli/removal.hpp"

#include "cli/quantity.hpp"
#include "json/text.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kiln::cli {

namespace {
constexpr auto silence_max = std::chrono::seconds(30);
}

std::string removal_text(remove_progress const& p) {
  if (p.total == 0) return grouped(p.removed) + " deleted so far";
  return fmt::format("{} of {} deleted", grouped(p.removed), grouped(p.total));
}

std::string removal_json(remove_progress const& p, std::string_view path) {
  auto out =
      fmt::format(R"({{"event":"progress","path":{},"removed":{})", json::quoted(path), p.removed);
  if (p.total != 0) out += fmt::format(R"(,"total":{})", p.total);
  return out + '}';
}

bool removal_schedule::due(remove_progress const& p, instant now) {
  if (p.total == 0) return true;
  if (!last_) last_ = now;
  auto const tenths = std::min(p.removed, p.total) * 10 / p.total;
  if (tenths <= tenths_ && now - *last_ < silence_max) return false;
  tenths_ = std::max(tenths_, tenths);
  last_ = now;
  return true;
}

}  // namespace kiln::cli
