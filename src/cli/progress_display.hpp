#pragma once

#include "cli/progress.hpp"
#include "cli/session.hpp"

#include <kiln/transfer.hpp>

#include <functional>
#include <memory>

namespace kiln::cli {

/// Shows a transfer on stderr from construction to stop(): a bar on a terminal, plain lines
/// elsewhere, nothing when `shown` is false. With `items_to`, prints an item's JSON line when it
/// ends.
class progress_display final : public transfer_observer {
 public:
  progress_display(session& s, bool shown, output* items_to);
  ~progress_display() override;

  void planned(transfer_plan const& plan) override;
  void progressed(transfer_progress const& progress) override;
  void finished(transfer_item const& item, transfer_state state, error const* why) override;
  void stop();

 private:
  struct ticking;
  std::unique_ptr<ticking> ticking_;
  output* items_to_;
};

}  // namespace kiln::cli
