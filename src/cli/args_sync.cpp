#include "cli/args_sync.hpp"

#include "cli/args_parts.hpp"

namespace kiln::cli {

void add_sync(command_words& fs, command& chosen) {
  auto args = std::make_shared<sync_args>();
  auto& app = add_command(fs, "sync", "Make one directory like another",
                          "  kiln fs sync ./site dbfs:/site\n"
                          "  kiln fs sync dbfs:/site ./site --delete --dry-run\n"
                          "  kiln fs sync ./data dbfs:/data --exclude '*.tmp' --exclude '/cache/'\n"
                          "  kiln fs sync ./data /Volumes/main/raw/data --manifest data.jsonl\n"
                          "  git ls-files -z | kiln fs sync . dbfs:/src --files-from - -0\n\n"
                          "One side is on DBFS (dbfs:/...) or a volume (/Volumes/...), the other "
                          "local. A file is sent when it "
                          "is missing, its size differs or it is newer at SRC. With --delete, a "
                          "renamed file costs one move. With --files-from nothing else is "
                          "touched: --delete deletes what is listed, or in a listed directory, "
                          "and not at SRC.");
  app.add_option("SRC", args->source, "Directory to copy from")->required();
  app.add_option("DST", args->destination, "Directory to make like it")->required();
  app.add_flag("--delete", args->remove, "Delete at DST what SRC does not have");
  app.add_flag("--checksum", args->checksum,
               "Read back files of equal size and compare every byte");
  add_many_files(app, *args);
  add_choice(app, *args, "File with the paths that take part, relative to SRC");
  add_manifest(app, *args);
  select(app, args, chosen);
}

void add_verify(command_words& fs, command& chosen) {
  auto args = std::make_shared<verify_args>();
  auto& app = add_command(fs, "verify", "Compare a local file or directory with DBFS, byte by byte",
                          "  kiln fs verify ./site dbfs:/site\n\n"
                          "Exit code 0 when they are identical, 3 when they differ.");
  app.add_option("LOCAL", args->local, "File or directory here")->required();
  app.add_option("REMOTE", args->remote, "dbfs:/... or /Volumes/...")->required();
  add_selection(app, *args);
  add_choice(app, *args, "File with the paths to compare, relative to both");
  app.add_flag("--dry-run", args->dry_run, dry_run_text);
  select(app, args, chosen);
}

}  // namespace kiln::cli
