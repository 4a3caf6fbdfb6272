#include "cli/commands.hpp"
#include "cli/input_text.hpp"
#include "cli/usage_error.hpp"

#include <kiln/services/workspace_tree.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <optional>
#include <utility>

namespace kiln::cli {
namespace {

/// The enumerator of a spelling, in any case of letters; nullopt for none.
template <class E>
std::optional<E> chosen(std::string word, std::string const& option) {
  if (word.empty()) return std::nullopt;
  for (char& c : word) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  auto const table = spellings(E{});
  auto const found = std::find(table.begin(), table.end(), word);
  if (found != table.end()) return static_cast<E>(found - table.begin());
  std::string all;
  for (auto const each : table) (all += all.empty() ? "" : ", ") += each;
  throw usage_error(fmt::format("{}: '{}' is not one of {}", option, word, all));
}

std::optional<workspace_tree::language> language_of(std::string_view file) {
  using workspace_tree::language;
  constexpr std::array<std::pair<std::string_view, language>, 4> endings{
      {{".py", language::python},
       {".sql", language::sql},
       {".scala", language::scala},
       {".r", language::r}}};
  for (auto const& [ending, each] : endings) {
    if (file.ends_with(ending)) return each;
  }
  return std::nullopt;
}

call_options interactive() {
  call_options options;
  options.lane = lane::interactive;
  return options;
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, export_args const& args) {
  workspace_tree::export_direct_download request;
  request.path = args.path;
  request.format = chosen<workspace_tree::file_format>(args.format, "--format");
  auto const options = interactive();
  auto const service = s.ws().workspace_tree();
  auto const document = co_await service.export_direct_download(request, options);
  if (document.has_error()) co_return s.fail(document.error());
  auto const written = co_await s.out().stream(*document);
  if (written.has_error()) co_return s.fail(written.error());
  co_return exit_code::ok;
}

asio::awaitable<exit_code> run_command(session& s, import_args const& args) {
  workspace_tree::import_ request;
  request.path = args.path;
  request.format = chosen<workspace_tree::file_format>(args.format, "--format");
  request.language = chosen<workspace_tree::language>(args.language, "--language");
  bool const source = !request.format || *request.format == workspace_tree::file_format::source;
  if (source && !request.language) request.language = language_of(args.file);
  if (source && !request.language) {
    throw usage_error("--language is needed: the name of FILE does not tell it");
  }
  auto const content = input_text(s, args.file, "FILE");
  request.content = std::as_bytes(std::span(content));
  request.overwrite = args.overwrite;
  auto const options = interactive();
  auto const service = s.ws().workspace_tree();
  auto const outcome = co_await service.import_(request, options);
  if (outcome.has_error()) co_return s.fail(outcome.error());
  co_return exit_code::ok;
}

}  // namespace kiln::cli
