#pragma once

#include <kiln/error.hpp>
#include <kiln/result.hpp>

namespace kiln {

/// A task that has failed before anything was sent.
template <class T>
task<T> failed_task(error why) {
  co_return why;
}

}  // namespace kiln
