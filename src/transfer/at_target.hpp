#pragma once

#include "transfer/plan.hpp"

#include <kiln/services/dbfs.hpp>

#include <functional>
#include <optional>

// Items of a plan that meet something at their target. Pure.
namespace kiln::transfer {

/// Whether it takes a look at the target to know what is written.
[[nodiscard]] bool compares(overwrite how) noexcept;

[[nodiscard]] found found_of(dbfs::file_info const& file);

using target_lookup = std::function<std::optional<found>(transfer_item const&)>;
/// Takes the files out of the plan that are to stay as they are at the target: from then on they
/// are skipped, with the reason. What remains is to be written over what is there.
void leave_standing(transfer_plan& plan, overwrite how, plan_rules const& rules,
                    target_lookup const& at_target);

/// For a target that does not tell case apart: of files whose paths differ in nothing else only the
/// first remains.
void refuse_case_collisions(transfer_plan& plan, plan_rules const& rules = {});

}  // namespace kiln::transfer
