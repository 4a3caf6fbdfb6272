#include "cli/removal.hpp"

#include "cli/json_text.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"
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

std::string removal_plan_text(remove_plan const& plan, std::string_view path) {
  bool const nothing = plan.files + plan.directories == 0;
  auto const what =
      nothing ? std::string("nothing is there")
              : fmt::format("{} and {}, {}", counted(plan.files, "file"),
                            counted(plan.directories, "directory"), human_size(plan.bytes));
  bool const in_parts = plan.requests.delete_ == 1 && plan.files > 1;
  return fmt::format("delete {}: {}\n", printable(path), what) +
         cost_text(plan.requests, plan.requests_spent, plan.rate, in_parts);
}

std::string removal_plan_json(remove_plan const& plan, std::string_view path) {
  json_object out;
  out.text("path", path).number("files", plan.files).number("directories", plan.directories);
  out.number("bytes", plan.bytes);
  return out.member("cost", cost_json(plan.requests, plan.requests_spent, plan.rate)).finish();
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
