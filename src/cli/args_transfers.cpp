#include "cli/args_transfers.hpp"

#include "cli/args_parts.hpp"

namespace kiln::cli {

namespace {

constexpr char const* rest_text =
    "Print the plan of what is left: requests by kind and the least time; change nothing";

}  // namespace

void add_transfers(command_words& root, command& chosen) {
  auto& group = add_command(
      root, "transfers", "Copies that were interrupted, or some of whose items failed",
      "  kiln transfers list\n"
      "  kiln transfers resume              go on with the unfinished one\n"
      "  kiln transfers retry-failed ID\n\n"
      "Journals are kept in $XDG_STATE_HOME/kiln. The same kiln fs cp goes on with them too.");
  group.require_command();

  auto list = std::make_shared<transfers_look_args>();
  select(add_command(group, "list", "All that have a journal"), list, chosen);

  auto show = std::make_shared<transfers_look_args>();
  auto& show_app = add_command(group, "show", "Every item of one and how it stands");
  show_app.add_option("ID", show->id, "As kiln transfers list has it")->required();
  select(show_app, show, chosen);

  auto resume = std::make_shared<transfers_resume_args>();
  auto& resume_app = add_command(group, "resume", "Go on with an unfinished one");
  resume_app.add_option("ID", resume->id, "Needed when there are several");
  add_books(resume_app, *resume);
  resume_app.add_flag("--dry-run", resume->dry_run, rest_text);
  select(resume_app, resume, chosen);

  auto retry = std::make_shared<transfers_resume_args>();
  retry->retry_failed = true;
  auto& retry_app = add_command(group, "retry-failed", "The same, and try failed items again");
  retry_app.add_option("ID", retry->id, "Needed when there are several");
  add_books(retry_app, *retry);
  retry_app.add_flag("--dry-run", retry->dry_run, rest_text);
  select(retry_app, retry, chosen);

  auto clean = std::make_shared<transfers_clean_args>();
  auto& clean_app = add_command(
      group, "clean", "Forget those whose items have all ended, or give up the one named",
      "  kiln transfers clean\n\n"
      "What an unfinished one has left under temporary names is deleted on both sides. A workspace "
      "is asked only for what was left there.");
  auto* id = clean_app.add_option("ID", clean->id, "Give up this one, whatever its state");
  clean_app.add_flag("--all", clean->all, "Give up all")->excludes(id);
  clean_app.add_flag("--dry-run", clean->dry_run,
                     "Print which, and what their leftovers on the server cost; change nothing");
  select(clean_app, clean, chosen);
}

}  // namespace kiln::cli
