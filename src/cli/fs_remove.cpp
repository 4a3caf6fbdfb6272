#include "cli/commands.hpp"
#include "cli/path.hpp"
#include "cli/removal.hpp"
#include "cli/usage_error.hpp"
#include "core/timers.hpp"

#include <kiln/remote_files.hpp>

namespace kiln::cli {
namespace {

/// Shows a removal on stderr: one line that changes on a terminal, a line now and then elsewhere.
/// With -o jsonl the same as events on stdout.
class removal_display final : public remove_observer {
 public:
  removal_display(session& s, std::string path)
      : s_(s), path_(std::move(path)), shown_(!s.global().no_progress) {}
  ~removal_display() override { s_.err().clear_bar(); }
  removal_display(removal_display const&) = delete;
  removal_display& operator=(removal_display const&) = delete;

  void progressed(remove_progress const& p) override {
    if (shown_ && s_.err().is_terminal()) s_.err().bar(removal_text(p));
    if (!schedule_.due(p, s_.loop().clock().now())) return;
    if (shown_ && !s_.err().is_terminal()) s_.err().line("kiln: " + removal_text(p));
    if (s_.format() == output_format::jsonl && !s_.out().closed()) {
      s_.out().print(removal_json(p, path_) + '\n');
    }
  }

 private:
  session& s_;
  std::string path_;
  bool shown_;
  removal_schedule schedule_;
};

}  // namespace

asio::awaitable<exit_code> run_command(session& s, rm_args const& args) {
  auto const path = remote_path(args.path);
  if (path == "/") throw usage_error("refused to delete the root of DBFS");
  remote_files const there(s.ws());
  if (args.dry_run) {
    auto const plan = co_await there.plan_removal(path, args.recursive);
    if (plan.has_error()) co_return s.fail(plan.error());
    s.print(removal_plan_text(*plan, path), removal_plan_json(*plan, path));
    co_return exit_code::ok;
  }
  if (!args.recursive) {
    auto const gone = co_await there.remove(path);
    co_return gone.has_error() ? s.fail(gone.error()) : exit_code::ok;
  }
  removal_display display(s, path);
  auto const gone = co_await there.remove_all(path, &display);
  co_return gone.has_error() ? s.fail(gone.error()) : exit_code::ok;
}

}  // namespace kiln::cli
