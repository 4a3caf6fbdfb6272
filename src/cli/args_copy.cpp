#include "cli/args_copy.hpp"

#include "cli/args_parts.hpp"

#include <algorithm>
#include <array>
#include <string_view>

namespace kiln::cli {
namespace {

constexpr std::array<overwrite, 5> modes{overwrite::never, overwrite::always, overwrite::if_newer,
                                         overwrite::if_different, overwrite::fail};

std::optional<overwrite> mode_of(std::string_view word) {
  auto const at = std::find_if(modes.begin(), modes.end(),
                               [word](overwrite mode) { return kiln::to_string(mode) == word; });
  return at == modes.end() ? std::nullopt : std::optional(*at);
}

word* add_overwrite(command_words& app, cp_args& args) {
  auto read = [&args](std::string const& word) {
    auto const mode = mode_of(word);
    if (!mode) {
      std::string all;
      for (auto const known : modes) (all += all.empty() ? "" : ", ") += kiln::to_string(known);
      refuse_word(fmt::format("'{}' is not one of {}", word, all));
    }
    args.existing = *mode;
  };
  auto* option = app.add_flag("--overwrite{always}", args.overwrite_word,
                              "Replace files that exist: never, always (without a word), if-newer, "
                              "if-different; or fail, the default");
  std::vector<std::string> words;
  for (auto const known : modes) words.emplace_back(kiln::to_string(known));
  option->each(read)->suggest(words);
  return option;
}

}  // namespace

void add_cp(command_words& fs, command& chosen) {
  auto args = std::make_shared<cp_args>();
  auto& app = add_command(
      fs, "cp", "Copy files between this machine and DBFS",
      "  kiln fs cp model.bin dbfs:/models/model.bin\n"
      "  kiln fs cp -r ./site dbfs:/site --overwrite\n"
      "  kiln fs cp -r ./site dbfs:/site --overwrite if-different\n"
      "  kiln fs cp -r ./data dbfs:/data --include '*.csv' --exclude 'tmp/'\n"
      "  git ls-files -z | kiln fs cp -r . dbfs:/src --files-from - -0\n"
      "  kiln fs cp -r ./data dbfs:/data --verify --manifest data.jsonl\n"
      "  kiln fs cp -r dbfs:/site ./copy --dry-run\n\n"
      "With -r a directory's content goes to DST itself. One side is DBFS (dbfs:/...) or a volume "
      "(/Volumes/...), which takes files of up to 5 GiB, the other local.");
  app.add_option("SRC", args->source, "File or directory to copy")->required();
  app.add_option("DST", args->destination, "Where to")->required();
  app.add_flag("-r,--recursive", args->recursive, "Copy a directory and all below it");
  auto* overwrite = add_overwrite(app, *args);
  app.add_flag("--skip-existing", args->skip_existing, "The same as --overwrite never")
      ->excludes(overwrite);
  add_many_files(app, *args);
  add_choice(app, *args, "File with the paths to copy, relative to SRC");
  add_books(app, *args);
  app.add_flag("--stream", args->stream, "Upload in blocks of 1 MiB, whatever the size");
  constexpr std::array<spelling<upload_strategy>, 3> strategies{
      {{"auto", upload_strategy::automatic},
       {"put", upload_strategy::put},
       {"blocks", upload_strategy::blocks}}};
  choice_option(app, "--strategy", args->strategy, strategies, "Requests of an upload");
  app.add_flag("--no-journal", args->no_journal,
               "Begin from the start, and keep nothing to go on from");
  select(app, args, chosen);
}

std::vector<std::string> with_overwrite_joined(std::vector<std::string> const& given) {
  bool const copies = std::find(given.begin(), given.end(), "cp") != given.end();
  std::vector<std::string> out;
  bool options = true;
  for (auto const& word : given) {
    bool const joins = copies && options && !out.empty() && out.back() == "--overwrite" &&
                       mode_of(word).has_value();
    options = options && word != "--";
    if (joins) {
      out.back() += '=' + word;
    } else {
      out.push_back(word);
    }
  }
  return out;
}

}  // namespace kiln::cli
