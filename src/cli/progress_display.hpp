#pragma once

#include "cli/progress.hpp"
#include "cli/session.hpp"

#include <kiln/transfer.hpp>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::cli {

/// Names what is left out of a copy: links and special files. Files that stay as they are at the
/// target are only counted.
void say_left_out(console& err, std::vector<transfer_failure> const& refused);

/// Shows a transfer on stderr from construction to stop(): a bar on a terminal, plain lines
/// elsewhere, nothing when `shown` is false. With `items_to`, prints an item's JSON line when it
/// ends, and one of the progress whenever a plain line is due.
class progress_display final : public transfer_observer {
 public:
  progress_display(session& s, bool shown, output* items_to);
  ~progress_display() override;

  void planned(transfer_plan const& plan) override;
  void progressed(transfer_progress const& progress) override;
  void finished(transfer_item const& item, transfer_state state, error const* why) override;
  void journaled(std::string_view id, bool resumed) override;
  void stop();
  /// Of the transfer's journal; empty when it has none.
  [[nodiscard]] std::string const& transfer_id() const noexcept { return id_; }

 private:
  struct ticking;
  std::unique_ptr<ticking> ticking_;
  session& session_;
  output* items_to_;
  std::string id_;
};

}  // namespace kiln::cli
