#include "cli/args_services.hpp"

#include "cli/args_matrix.hpp"
#include "cli/args_parts.hpp"
#include "cli/field_value.hpp"
#include "cli/quantity.hpp"
#include "cli/service_document.hpp"
#include "cli/service_table.hpp"

#include <algorithm>
#include <utility>

namespace kiln::cli {
namespace {

constexpr std::string_view jobs_create_path = "/api/2.1/jobs/create";

bool has_body(verb method) {
  return method == verb::post || method == verb::put || method == verb::patch;
}

std::optional<std::uint64_t> parse_limit(std::string_view text) {
  auto const value = parse_size(text);
  return value && *value > 0 ? value : std::nullopt;
}

/// That a text is a text need not be said.
std::string help_text(type_info const& type) {
  auto out = expected_text(type);
  return out == "text" ? std::string() : out;
}

/// Those of an enum, or of a list of them.
std::vector<std::string> spelled_words(type_info const& type) {
  auto const* at = &type;
  while (at->kind == value_kind::optional || at->kind == value_kind::list) at = &at->element();
  return {at->spellings.begin(), at->spellings.end()};
}

void add_positional(command_words& app, service_args& args, field_info const& field,
                    bool required) {
  auto keep = [&args, &field](std::string const& text) { args.fields.push_back({&field, text}); };
  app.read_option(positional_name(field.name), keep, help_text(field.type()))->required(required);
}

void add_field(command_words& app, service_args& args, field_info const& field,
               std::string const& name) {
  auto const& type = field.type();
  auto const expected = expected_text(type);
  auto keep = [&args, &field](std::string const& text) { args.fields.push_back({&field, text}); };
  switch (form_of(type)) {
    case field_form::none:
      return;
    case field_form::flag:
      app.read_flag(
          name, [keep](bool on) { keep(on ? "true" : "false"); },
          "True; " + name + "=false: false");
      return;
    case field_form::value:
      app.read_option(name, keep, help_text(type))->suggest(spelled_words(type));
      return;
    case field_form::list:
    case field_form::pairs: {
      auto const each = form_of(type) == field_form::pairs ? "key=value" : expected;
      auto keep_all = [keep](std::vector<std::string> const& texts) {
        for (auto const& text : texts) keep(text);
      };
      app.read_options(name, keep_all, each + "; may be given several times")
          ->one_each()
          ->suggest(spelled_words(type));
      return;
    }
  }
}

std::string footer_of(service_command const& row, operation const& what) {
  auto const name = fmt::format("kiln {} {}", row.group, row.name);
  std::string out = "Examples:\n  " + name;
  if (!row.example.empty()) (out += ' ') += row.example;
  return out + fmt::format("\n\nCalls {} {}.", kiln::to_string(what.at.method), what.at.path);
}

std::string wait_text(wait_for what) {
  switch (what) {
    case wait_for::run_finished:
      return "Wait until the run has ended; exit code 7 if it failed";
    case wait_for::cluster_running:
      return "Wait until the cluster runs";
    case wait_for::cluster_terminated:
      return "Wait until the cluster has ended";
    case wait_for::nothing:
      break;
  }
  return {};
}

void add_service_command(command_words& group, service_command const& row, operation const& what,
                         command& chosen) {
  auto args = std::make_shared<service_args>();
  args->row = &row;
  args->what = &what;
  auto& app = add_command(group, std::string(row.name), std::string(row.summary));
  app.footer(footer_of(row, what));
  if (!row.alias.empty()) app.alias(std::string(row.alias));
  auto const& request = what.request();
  auto const positionals = words_of(row.positionals);
  bool const listing = !row.columns.empty();
  bool const paged = listing || comes_in_pages(what);
  bool const takes_document =
      has_body(what.at.method) && request.fields.size() > positionals.size();
  for (auto const name : positionals) {
    if (auto const* const field = request.find(name)) {
      add_positional(app, *args, *field, !takes_document);
    }
  }
  for (auto const& field : request.fields) {
    bool const positional =
        std::find(positionals.begin(), positionals.end(), field.name) != positionals.end();
    if (positional || (paged && steers_paging(field.name))) continue;
    auto const name = shown_option(row, field.name);
    // clusters/events has two names for one thing; the first is the one of API 2.0.
    if (app.has_option(name)) continue;
    bool const short_form = row.name == "run-now" && field.name == "notebook_params";
    add_field(app, *args, field, short_form ? name + ",--param" : name);
  }
  if (takes_document) {
    auto keep = [document = &args->document](std::string const& text) {
      if (text.empty()) refuse_word("--json: '' is no file and no JSON");
      *document = text;
    };
    app.read_option("--json", keep,
                    "The request: a file, - for stdin, or JSON itself; options go over it");
  }
  if (what.at.path == jobs_create_path) {
    app.add_option(
        "--once", args->once,
        "A name of your own for the job: it is created only if none has that name in its "
        "tag kiln-key, and not twice when an answer is lost");
  }
  if (row.wait != wait_for::nothing) {
    args->wait = row.always_waits;
    auto* const timeout =
        parsed_option(app, "--wait-timeout", args->wait_timeout, parse_duration,
                      "a duration such as 30m", "For how long to wait; default: 20m");
    if (!row.always_waits) {
      timeout->needs(app.add_flag("--wait", args->wait, wait_text(row.wait)));
    }
  }
  if (listing) {
    parsed_option(app, "--limit", args->limit, parse_limit, "a number above 0",
                  "Stop after this many; default: all there are");
  }
  if (row.group == "clusters" || row.group == "jobs") {
    app.add_option("--api-version", args->api_version,
                   "Another version of the same endpoint, such as 2.0 or 2.2");
  }
  select(app, args, chosen);
}

void add_documents(command_words& group, command& chosen) {
  auto out = std::make_shared<export_args>();
  auto& out_app = add_command(group, "export", "Write a notebook or folder to stdout",
                              "  kiln workspace export /Shared/report > report.py\n"
                              "  kiln workspace export /Shared --format DBC > shared.dbc");
  out_app.add_option("PATH", out->path, "/Users/... or /Shared/...")->required();
  out_app.add_option("--format", out->format, "SOURCE (default), HTML, JUPYTER, DBC, AUTO, ...");
  select(out_app, out, chosen);

  auto in = std::make_shared<import_args>();
  auto& in_app = add_command(group, "import", "Make a notebook or folder from a file",
                             "  kiln workspace import report.py /Shared/report --overwrite\n"
                             "  kiln workspace import shared.dbc /Shared/copy --format DBC");
  in_app.add_option("FILE", in->file, "A file of this machine; - for stdin")->required();
  in_app.add_option("PATH", in->path, "/Users/... or /Shared/...")->required();
  in_app.add_option("--format", in->format, "SOURCE (default), HTML, JUPYTER, DBC, AUTO, ...");
  in_app.add_option("--language", in->language,
                    "PYTHON, SQL, SCALA or R; default: by the name of FILE");
  in_app.add_flag("--overwrite", in->overwrite, "Replace a notebook that exists");
  select(in_app, in, chosen);
}

void add_wish(command_words& app, runtime_args& args) {
  app.add_flag("--lts", args.lts, "Long-term support only");
  app.add_flag("--beta", args.beta, "Betas, release candidates and snapshots too");
  app.add_flag("--ml", args.ml, "With the libraries for machine learning");
  app.add_flag("--gpu", args.gpu, "For nodes with GPUs");
  app.add_flag("--photon", args.photon, "With Photon");
  app.add_flag("--aarch64", args.aarch64, "For ARM nodes");
  app.add_flag("--genomics", args.genomics, "For genomics");
  app.add_option("--scala", args.scala, "Version of Scala, such as 2.12");
  app.add_option("--spark", args.spark, "Version of Spark, or its beginning, such as 3.5");
  app.add_option("--version", args.version, "Version of the runtime, such as 12 or 12.2");
}

}  // namespace

void add_services(command_words& root, command& chosen,
                  std::function<bool(std::string_view group)> const& is_wanted) {
  for (auto const& group : command_groups()) {
    bool const any = std::any_of(
        service_commands().begin(), service_commands().end(), [&group](auto const& row) {
          return row.group == group.name && find_operation(row.method, row.path) != nullptr;
        });
    if (!any) continue;
    auto& app = add_command(root, std::string(group.name), std::string(group.summary));
    if (!is_wanted(group.name)) continue;
    app.require_command();
    if (group.name == "workspace") add_documents(app, chosen);
    if (group.name == "jobs") {
      add_matrix(app, chosen);
      add_matrices(app, chosen);
    }
    for (auto const& row : service_commands()) {
      if (row.group != group.name) continue;
      if (auto const* const what = find_operation(row.method, row.path)) {
        add_service_command(app, row, *what, chosen);
      }
    }
  }
}

void add_runtime(command_words& root, command& chosen) {
  auto& group = add_command(root, "runtime", "Runtime versions: parse, list, select");
  group.require_command();
  auto parse = std::make_shared<runtime_args>();
  auto& parse_app = add_command(group, "parse", "Explain runtime versions; asks no workspace",
                                "  kiln runtime parse 7.3.x-cpu-ml-scala2.12\n"
                                "  kiln runtime parse -o json 10.4.x-scala2.12 | jq .spark");
  parse_app.add_option("KEY", parse->keys, "Such as 7.3.x-scala2.12")->required();
  select(parse_app, parse, chosen);

  auto list = std::make_shared<runtime_args>();
  list->what = runtime_args::kind::list;
  auto& list_app = add_command(group, "list", "List the workspace's runtime versions, oldest first",
                               "  kiln runtime list\n  kiln runtime list -o jsonl | jq .key");
  select(list_app, list, chosen);

  auto one = std::make_shared<runtime_args>();
  one->what = runtime_args::kind::select;
  auto& select_app =
      add_command(group, "select", "Print the workspace's newest runtime version of a kind",
                  "  kiln runtime select --lts\n"
                  "  kiln runtime select --ml --gpu --scala 2.12\n"
                  "  kiln clusters create --spark-version \"$(kiln runtime select --lts)\" ...\n\n"
                  "A variant that is not asked for is not taken.");
  add_wish(select_app, *one);
  select_app.add_flag("--unique", one->unique, "Fail when several fit, instead of the newest");
  select(select_app, one, chosen);
}

void add_limits(command_words& root, command& chosen) {
  auto& group = add_command(root, "limits", "The request budget: show");
  group.require_command();
  auto args = std::make_shared<limits_args>();
  auto& show = add_command(group, "show", "Show the budget that commands keep to",
                           "  kiln limits show\n  kiln --rate 10 limits show -o json");
  select(show, args, chosen);
}

}  // namespace kiln::cli
