#include "cli/args_batch.hpp"

#include "cli/args_parts.hpp"

namespace kiln::cli {

void add_batch(command_words& root, command& chosen) {
  auto args = std::make_shared<batch_args>();
  auto& app = add_command(
      root, "batch", "Run many operations, one JSON object a line, within the budget",
      "  kiln batch operations.jsonl > results.jsonl\n"
      "  jq -c '{operation: \"clusters/delete\", request: {cluster_id: .}}' ids | kiln batch -\n"
      "  kiln batch --ordered - < operations.jsonl | jq -c 'select(.ok | not)'\n\n"
      "A line is {\"id\":…, \"operation\":\"clusters/get\", \"request\":{…}}, or has \"verb\" and "
      "\"path\"\ninstead of \"operation\"; kiln api --list has all operations. "
      "\"after\":[\"id\",…] "
      "begins once those\nearlier lines have succeeded, and is skipped where one failed; "
      "\"ordered\":true once the ordered\nline before has ended, \"ordered\":\"name\" within a "
      "chain "
      "of that name. All else runs beside each\nother. Each line gives one: {\"id\":…, "
      "\"ok\":true, "
      "\"status\":200, \"response\":{…}}, or \"ok\":false\nwith \"error\" or \"skipped\". Exit "
      "code "
      "3 when any failed.");
  app.add_option("FILE", args->file, "A file of this machine; - for stdin, which may be endless")
      ->required();
  app.add_flag("--ordered", args->ordered, "Results in the order of the lines, not as they end");
  parsed_option(app, "--concurrency", args->concurrency, parse_concurrency,
                "a number from 1 to 4096", "Operations under way at once; default: 64");
  select(app, args, chosen);
}

}  // namespace kiln::cli
