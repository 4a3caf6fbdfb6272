#pragma once

#include "transfer/journal.hpp"
#include "transfer/prepare.hpp"

#include <memory>

// How a job and its journal come together.
namespace kiln::transfer {

/// The journal of the job, null when it wants none. From then on the paths of the job are those
/// that the journal has, whatever the directory it was called in.
result<std::shared_ptr<journal>> open_journal(job& j, bool upload);

/// The plan of an unfinished transfer. What is done but not there any more, or was changed since,
/// is still to be done; that costs no request. plan.requests are those of what is left.
result<prepared> resume(job const& j, journal& kept);
/// What resume() would leave to do, and only that. Changes nothing.
result<transfer_plan> plan_of_rest(job const& j, journal& kept);

}  // namespace kiln::transfer
