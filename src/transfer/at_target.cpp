#include "transfer/at_target.hpp"

#include "transfer/names.hpp"

#include <algorithm>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace kiln::transfer {

namespace {

/// Why the file at the target stays; empty: it is replaced.
std::string_view reason_to_stay(overwrite how, transfer_item const& source, found const& target) {
  if (how == overwrite::never) return "the target exists";
  // What is no file is in the way of one, and will say so; nothing is compared with it.
  if (target.is_dir || !compares(how)) return {};
  bool const newer = source.modified && target.modified && *source.modified > *target.modified;
  if (newer) return {};
  if (how == overwrite::if_newer) return "not newer than the target";
  return source.size == target.size ? "the target has its size and is not older" : "";
}

request_counts requests_of(transfer_item const& item, bool upload, plan_rules const& rules,
                           bool replaced) {
  request_counts out;
  if (item.is_dir) {
    out.mkdirs = upload ? 1 : 0;
  } else if (!upload) {
    out = download_requests(item.size, rules);
  } else {
    out = upload_requests(item.size, rules);
    if (replaced && needs_stream(item.size, rules)) {
      // move has no overwrite: it is refused, and made way for.
      ++out.move;
      ++out.get_status;
      ++out.delete_;
    }
  }
  return out;
}

std::vector<transfer_item> take_items(transfer_plan& plan) {
  plan.files = plan.directories = plan.bytes = 0;
  plan.requests = {};
  return std::exchange(plan.items, {});
}

}  // namespace

bool compares(overwrite how) noexcept {
  return how == overwrite::if_newer || how == overwrite::if_different;
}

found found_of(dbfs::file_info const& file) {
  found out;
  out.is_dir = file.is_dir;
  out.size = static_cast<std::uint64_t>(std::max<std::int64_t>(0, file.file_size));
  out.modified = file.modification_time;
  return out;
}

void leave_standing(transfer_plan& plan, overwrite how, plan_rules const& rules,
                    target_lookup const& at_target) {
  auto items = take_items(plan);
  for (auto& item : items) {
    std::optional<found> there;
    if (!item.is_dir) there = at_target(item);
    std::string_view why;
    if (there) why = reason_to_stay(how, item, *there);
    if (why.empty()) {
      auto const requests = requests_of(item, plan.upload, rules, there && !there->is_dir);
      add_item(plan, std::move(item), requests);
      continue;
    }
    error reason(plan.upload ? errc::already_exists : errc::file_exists, std::string(why));
    plan.refused.push_back({std::move(item), std::move(reason), transfer_state::skipped});
  }
}

void refuse_case_collisions(transfer_plan& plan, plan_rules const& rules) {
  std::unordered_map<std::string, std::string> first;  // by name without case
  auto items = take_items(plan);
  for (auto& item : items) {
    if (!item.is_dir) {
      auto const [at, fresh] = first.emplace(without_case(item.destination), item.destination);
      if (!fresh) {
        error why(errc::unsafe_name, "differs only in case from " + escaped(at->second) +
                                         ", and the target does not tell them apart");
        plan.refused.push_back({std::move(item), std::move(why)});
        continue;
      }
    }
    auto const requests = requests_of(item, plan.upload, rules, false);
    add_item(plan, std::move(item), requests);
  }
}

}  // namespace kiln::transfer
