#pragma once

#include "emulator/api.hpp"
#include "emulator/dbfs_state.hpp"

#include <cstddef>
#include <span>

namespace kiln::emulation {

/// The body of an upload while it arrives; content goes straight to the storage. Its owner alone
/// may touch it, so it needs no lock against the rest of the workspace.
class upload_body {
 public:
  virtual ~upload_body() = default;
  /// A body that is broken or too large is still taken, and thrown away.
  virtual void feed(std::span<std::byte const> data) = 0;
  /// Puts the file where it was meant to be, once the body is complete.
  virtual api_reply finish(dbfs_state& files, moment now) = 0;
};

}  // namespace kiln::emulation
