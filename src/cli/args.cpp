#include "cli/args.hpp"

#include "cli/args_batch.hpp"
#include "cli/args_copy.hpp"
#include "cli/args_parts.hpp"
#include "cli/args_services.hpp"
#include "cli/args_sync.hpp"
#include "cli/args_transfers.hpp"
#include "cli/command_line.hpp"
#include "cli/completion.hpp"
#include "cli/man_page.hpp"
#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

// The words of the program, but those of the services' commands (args_services.cpp).
namespace kiln::cli {
namespace {

constexpr std::string_view footer = R"(Examples:
  export DATABRICKS_HOST=https://adb-1234567890123456.7.azuredatabricks.net
  export DATABRICKS_TOKEN=dapi...
  kiln fs cp -r ./models dbfs:/models            upload a tree, one request a file
  kiln fs cp -r dbfs:/models ./copy --dry-run    what a download would cost
  kiln fs ls -l dbfs:/models
  kiln fs cat dbfs:/logs/run.txt | less
  kiln api GET /api/2.0/clusters/list
  kiln auth describe                             what kiln logs in with, and why
  kiln demo                                      see it work, without a workspace

Exit codes: 0 ok, 1 other, 2 usage, 3 some items failed, 4 authentication or permission,
5 not found, 6 temporary (running again may help), 7 a remote run failed,
8 a limit of kiln's own, 130 interrupted.)";

std::optional<double> parse_rate(std::string_view text) {
  constexpr double rate_max = 1e6;
  char* end = nullptr;
  std::string const copy(text);
  double const value = std::strtod(copy.c_str(), &end);
  bool const whole = !copy.empty() && end == copy.c_str() + copy.size();
  if (!whole || !(value > 0) || value > rate_max) return std::nullopt;
  return value;
}

std::optional<std::chrono::milliseconds> parse_deadline(std::string_view text) {
  auto const value = parse_duration(text);
  return value && value->count() > 0 ? value : std::nullopt;
}

void add_global_options(command_words& app, global_args& global) {
  constexpr std::array<spelling<output_format>, 3> formats{{{"text", output_format::text},
                                                            {"json", output_format::json},
                                                            {"jsonl", output_format::jsonl}}};
  auto& group = app.add_group("Global options", "accepted before and after a command");
  group.add_option("--host", global.host, "Workspace URL; default: $DATABRICKS_HOST");
  group.read_option(
      "--profile", [&global](std::string const& text) { global.profile = text; },
      "Profile of ~/.databrickscfg; goes before the environment");
  group.add_flag("--token-stdin", global.token_from_stdin,
                 "Read the token from the first line of stdin; default: $DATABRICKS_TOKEN");
  auto* output = choice_option(group, "-o,--output", global.output, formats, "Form of results");
  output->each([&global](std::string const&) { global.output_given = true; });
  parsed_option(group, "--rate", global.rate, parse_rate, "a number of requests per second",
                "Requests per second to keep to; default: 30, the workspace's limit");
  parsed_option(group, "--timeout", global.timeout, parse_deadline,
                "a duration above 0 such as 90s or 5m",
                "Deadline of one call, retries included; default: 5m");
  group.add_option("--proxy", global.proxy,
                   "http://user:password@host:port; default: $HTTPS_PROXY");
  group.add_option("--ca-file", global.ca_file,
                   "PEM file trusted beside the system's certificates");
  group.add_flag("--allow-plain-http", global.allow_plain_http,
                 "Let the token travel unencrypted to a host that is not this machine");
  group.add_flag("--verbose", global.verbose, "Log to stderr what the engine does");
  group.add_flag("--no-progress", global.no_progress, "No progress on stderr");
}

void add_fs(command_words& root, command& chosen) {
  auto& fs = add_command(
      root, "fs", "Files on DBFS and volumes: cp, sync, verify, ls, cat, rm, mkdir, mv, stat, du");
  fs.require_command();
  add_cp(fs, chosen);
  add_sync(fs, chosen);
  add_verify(fs, chosen);

  auto ls = std::make_shared<ls_args>();
  auto& ls_app = add_command(fs, "ls", "List a directory", "  kiln fs ls -l dbfs:/models");
  ls_app.add_option("PATH", ls->path, "dbfs:/... or /Volumes/...")->required();
  ls_app.add_flag("-l,--long", ls->long_form, "With size and time of change");
  ls_app.add_flag("-r,-R,--recursive", ls->recursive, "With everything below");
  select(ls_app, ls, chosen);

  auto cat = std::make_shared<cat_args>();
  auto& cat_app = add_command(fs, "cat", "Write files to stdout",
                              "  kiln fs cat dbfs:/a.csv dbfs:/b.csv > both.csv");
  cat_app.add_option("PATH", cat->paths, "dbfs:/... or /Volumes/...")->required();
  cat_app.add_flag("--dry-run", cat->dry_run, "Print what reading them takes; read nothing");
  select(cat_app, cat, chosen);

  auto rm = std::make_shared<rm_args>();
  auto& rm_app =
      add_command(fs, "rm", "Delete a file or directory",
                  "  kiln fs rm -r dbfs:/tmp/old\n\n"
                  "A path that is not there is a success, as the server has it. A large "
                  "directory is deleted in parts, as often as the server wants to be "
                  "told. In a volume each file and directory costs a request; nothing is "
                  "deleted there when a part of the tree cannot be listed.");
  rm_app.add_option("PATH", rm->path, "dbfs:/... or /Volumes/...")->required();
  rm_app.add_flag("-r,--recursive", rm->recursive, "A directory with all below it");
  rm_app.add_flag("--dry-run", rm->dry_run, dry_run_text);
  select(rm_app, rm, chosen);

  auto mkdir = std::make_shared<mkdir_args>();
  auto& mkdir_app = add_command(fs, "mkdir", "Make a directory and its parents");
  mkdir_app.add_option("PATH", mkdir->path, "dbfs:/... or /Volumes/...")->required();
  mkdir_app.add_flag("--dry-run", mkdir->dry_run, dry_run_text);
  select(mkdir_app, mkdir, chosen);

  auto mv = std::make_shared<mv_args>();
  auto& mv_app = add_command(fs, "mv", "Move or rename within DBFS",
                             "  kiln fs mv dbfs:/tmp/a dbfs:/tmp/b\n\n"
                             "Volumes have no move: copy, then delete.");
  mv_app.add_option("SRC", mv->source, "dbfs:/...")->required();
  mv_app.add_option("DST", mv->destination, "dbfs:/...")->required();
  mv_app.add_flag("--dry-run", mv->dry_run, dry_run_text);
  select(mv_app, mv, chosen);

  auto stat = std::make_shared<stat_args>();
  auto& stat_app = add_command(fs, "stat", "Show what is known of one path");
  stat_app.add_option("PATH", stat->path, "dbfs:/... or /Volumes/...")->required();
  select(stat_app, stat, chosen);

  auto du = std::make_shared<du_args>();
  auto& du_app = add_command(fs, "du", "Add up the sizes below a directory");
  du_app.add_option("PATH", du->path, "dbfs:/... or /Volumes/...")->required();
  select(du_app, du, chosen);
}

std::optional<verb> parse_verb(std::string text) {
  for (char& c : text) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  if (text == "GET") return verb::get;
  if (text == "POST") return verb::post;
  if (text == "PUT") return verb::put;
  if (text == "PATCH") return verb::patch;
  if (text == "DELETE") return verb::delete_;
  if (text == "HEAD") return verb::head;
  return std::nullopt;
}

void add_api(command_words& root, command& chosen) {
  auto args = std::make_shared<api_args>();
  auto& app =
      add_command(root, "api", "Send one request to any endpoint; the answer goes to stdout",
                  "  kiln api GET /api/2.0/clusters/list\n"
                  "  kiln api POST /api/2.0/dbfs/mkdirs -f path=/tmp/new\n"
                  "  kiln api POST /api/2.0/jobs/run-now -f job_id:=42\n"
                  "  kiln api POST /api/2.0/jobs/create --input job.json\n"
                  "  kiln api get /api/2.0/clusters/get cluster_id=0923-164208-meows279\n"
                  "  kiln api get /api/2.1/jobs/list --paginate -o jsonl | jq .job_id\n"
                  "  kiln api --list -o jsonl | jq -r 'select(.repeat==\"safe\").path'\n\n"
                  "The answer is printed as it came, numbers with all their digits. --paginate "
                  "prints one document, or with -o jsonl what was listed, a line each.");
  auto read_verb = [args](std::string const& text) {
    auto const method = parse_verb(text);
    if (!method) {
      refuse_word(
          fmt::format("VERB: '{}' is not one of GET, POST, PUT, PATCH, DELETE, HEAD", text));
    }
    args->method = *method;
  };
  auto* method = app.read_option("VERB", read_verb, "GET, POST, PUT, PATCH, DELETE, HEAD");
  auto* path = app.add_option("PATH", args->path, "/api/2.0/..., with a query if it needs one");
  app.add_option("FIELD", args->words, "key=text or key:=JSON, as -f takes them");
  auto* fields = app.add_option("-f,--field", args->fields,
                                "key=text or key:=JSON; a member of the body, or for GET, DELETE "
                                "and HEAD of the query");
  fields->one_each();
  auto* input =
      app.add_option("--input", args->input, "File with the body as it is sent; - is stdin")
          ->excludes(fields);
  app.add_flag("--paginate", args->paginate, "Follow the listing to its last page");
  auto* list = app.add_flag("--list", args->list, "List every endpoint that kiln has types for");
  for (auto* other : {method, path, fields, input}) list->excludes(other);
  app.when_parsed([args, method, &chosen] {
    if (!args->list && method->count() == 0) require_word("VERB");
    if (!args->list && args->path.empty()) require_word("PATH");
    chosen = *args;
  });
}

void add_auth(command_words& root, command& chosen) {
  auto& auth = add_command(root, "auth", "How kiln logs in: describe, token, env");
  auth.require_command();
  auto describe = std::make_shared<auth_describe_args>();
  auto& describe_app = add_command(auth, "describe", "Show each setting and where it comes from",
                                   "  kiln auth describe --profile prod\n\n"
                                   "Secrets are masked. Nothing is sent anywhere.");
  select(describe_app, describe, chosen);

  auto token = std::make_shared<auth_token_args>();
  auto& token_app = add_command(auth, "token", "Log in and say that it worked",
                                "  kiln auth token --show | head -1\n\n"
                                "Without --show the token is masked.");
  token_app.add_flag("--show", token->show, "Print the token itself");
  select(token_app, token, chosen);

  auto env = std::make_shared<auth_env_args>();
  auto& env_app = add_command(auth, "env", "Print the settings as environment variables",
                              "  eval \"$(kiln auth env --profile prod --show)\"\n\n"
                              "Without --show secrets are masked.");
  env_app.add_flag("--show", env->show, "Print secrets too");
  select(env_app, env, chosen);
}

void add_configure(command_words& root, command& chosen) {
  auto args = std::make_shared<configure_args>();
  auto& app = add_command(
      root, "configure", "Write a profile of ~/.databrickscfg, readable by you only",
      "  kiln configure --host https://adb-1.2.azuredatabricks.net < token.txt\n"
      "  kiln configure --profile prod --host https://… --set auth_type=azure-cli\n\n"
      "The token is the first line of stdin, asked for on a terminal; with --set auth_type=… none "
      "is read. The profile is DEFAULT unless --profile names another; what else is in the file "
      "stays as it is.");
  app.add_option("--set", args->settings,
                 "key=value, such as azure_client_id=…; secrets are not taken this way")
      ->one_each();
  select(app, args, chosen);
}

void add_data_option(command_words& app, emulator_options& options) {
  auto read = [&options](std::string const& text) {
    options.storage = storage_kind::directory;
    if (text == "memory") options.storage = storage_kind::memory;
    if (text == "discard") options.storage = storage_kind::discard;
    if (options.storage == storage_kind::directory) options.data_dir = text;
  };
  app.read_option("--data", read,
                  "Where files are kept: memory (default), discard (sizes only), or a directory");
}

void add_emulate(command_words& root, command& chosen) {
  constexpr std::array<spelling<limiter_kind>, 6> limiters{
      {{"window", limiter_kind::window},
       {"strict-window", limiter_kind::strict_window},
       {"fixed", limiter_kind::fixed},
       {"bucket", limiter_kind::bucket},
       {"leaky", limiter_kind::leaky},
       {"none", limiter_kind::none}}};
  auto args = std::make_shared<emulate_args>();
  auto& options = args->options;
  auto& app = add_command(root, "emulate", "Serve an emulated workspace on this machine",
                          "  kiln emulate --port 8080 --latency 50ms\n"
                          "  kiln emulate --ready-file ready.json &\n\n"
                          "The token is $KILN_EMULATOR_TOKEN, or a random one that the ready file "
                          "holds. SIGINT and SIGTERM end it.");
  app.add_number("--port", options.port, "0 (default): any free one");
  app.add_option("--ready-file", args->ready_file,
                 "Written when it serves: JSON with url, token, pid; readable by its owner only");
  parsed_option(app, "--rate", options.rate, parse_rate, "a number of requests per second",
                "Requests per second let through; default: 30");
  app.add_number("--burst", options.burst, "Of the bucket limiter; default: 30");
  choice_option(app, "--limiter", options.limiter, limiters, "How requests are counted");
  app.add_flag("!--no-retry-after", options.retry_after, "429s carry no Retry-After");
  parsed_option(app, "--latency", options.latency, parse_duration, "a duration such as 50ms",
                "Added to every answer");
  add_data_option(app, options);
  app.add_flag("--gzip", options.gzip, "Compress answers for those who accept it");
  parsed_option(app, "--idle-close", options.idle_close, parse_duration, "a duration such as 30s",
                "End connections that are idle for so long; default: never");
  app.add_number("--delete-entries-max", options.delete_entries_max,
                 "Entries that one delete removes before it answers 503; default: 10000, 0: all");
  app.add_number("--seed", options.seed, "Of what is random");
  auto* certificate =
      app.add_option("--certificate", options.certificate_file, "PEM; serves https");
  auto* key = app.add_option("--key", options.key_file, "PEM, of the certificate");
  certificate->needs(key);
  key->needs(certificate);
  select(app, args, chosen);
}

void add_demo(command_words& root, command& chosen) {
  auto args = std::make_shared<demo_args>();
  auto& app =
      add_command(root, "demo", "Copy a tree to an emulated workspace and back, and check it",
                  "  kiln demo ./docs\n\n"
                  "Needs no workspace and no network. Exit code 0 only if the trees are "
                  "identical, nothing failed and no second held more than --rate requests.");
  app.add_option("DIR", args->directory,
                 "Tree to copy; default: the current directory without .git and build");
  parsed_option(app, "--size", args->big_file_bytes, parse_size, "a size such as 64MiB",
                "Of the generated file that is copied too; default: 64MiB");
  select(app, args, chosen);
}

/// Completion and the manual page are made of the commands themselves.
struct generated {
  std::string shell;  ///< Whose completion is asked for; empty: none.
  bool man = false;
  std::vector<std::string> explained;  ///< Of kiln help.
};

void add_generated(command_words& root, generated& wanted) {
  auto& completion = add_command(root, "completion", "Print shell completion: bash, zsh or fish",
                                 "  source <(kiln completion bash)             # in ~/.bashrc\n"
                                 "  kiln completion zsh > ~/.zfunc/_kiln\n"
                                 "  kiln completion fish > ~/.config/fish/completions/kiln.fish");
  completion.add_option("SHELL", wanted.shell, "bash, zsh or fish")
      ->required()
      ->one_of({"bash", "zsh", "fish"});
  auto& man = add_command(root, "man", "Print the manual page",
                          "  kiln man | man -l -\n  kiln man > /usr/local/share/man/man1/kiln.1");
  man.when_parsed([&wanted] { wanted.man = true; });
  auto& help = add_command(root, "help", "Explain a command", "  kiln help fs cp");
  help.add_option("COMMAND", wanted.explained, "Such as fs, or fs cp; default: kiln itself");
  help.when_parsed([] { refuse_word("it goes before all else: kiln help COMMAND"); });
}

/// "kiln help fs cp" is "kiln fs cp --help".
std::vector<std::string> with_help_last(int argc, char const* const* argv) {
  std::vector<std::string> words(argv, argv + argc);
  bool const asks = words.size() > 1 && words[1] == "help";
  if (!asks || words.back() == "--help" || words.back() == "-h") return words;
  words.erase(words.begin() + 1);
  words.emplace_back("--help");
  return words;
}

parse_stop generate(command_tree const& tree, generated const& wanted) {
  if (wanted.man) return {exit_code::ok, man_page(tree, KILN_VERSION), {}};
  return {exit_code::ok, completion_script(wanted.shell, tree).value_or(""), {}};
}

}  // namespace

std::variant<invocation, parse_stop> parse_arguments(int argc, char const* const* argv) {
  invocation parsed;
  generated wanted;
  auto const words = with_help_last(argc, argv);
  auto const is_typed = [&words](std::string_view word) {
    return std::find(words.begin(), words.end(), word) != words.end();
  };
  bool const whole = is_typed("completion") || is_typed("man");
  command_line line("kiln",
                    "kiln: files and calls of a Databricks workspace, within its request budget");
  line.set_version_flag("kiln " KILN_VERSION);
  auto& root = line.root();
  root.footer(std::string(footer));
  root.require_command();
  add_global_options(root, parsed.global);
  add_fs(root, parsed.what);
  add_transfers(root, parsed.what);
  add_services(root, parsed.what, [&](std::string_view group) { return whole || is_typed(group); });
  add_api(root, parsed.what);
  add_batch(root, parsed.what);
  add_runtime(root, parsed.what);
  add_limits(root, parsed.what);
  add_generated(root, wanted);
  add_auth(root, parsed.what);
  add_configure(root, parsed.what);
  add_emulate(root, parsed.what);
  add_demo(root, parsed.what);
  if (auto stop = line.parse(with_overwrite_joined(words))) return *std::move(stop);
  if (wanted.man || !wanted.shell.empty()) return generate(line.tree(), wanted);
  return parsed;
}

}  // namespace kiln::cli
