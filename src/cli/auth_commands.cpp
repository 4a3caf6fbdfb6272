#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/shell_quoted.hpp"
#include "client/config_keys.hpp"
#include "client/engine.hpp"
#include "core/redact.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kiln::cli {
namespace {

constexpr std::string_view mask = "***";

std::string shown(config_value const& v) {
  constexpr std::size_t value_bytes_max = 4096;
  if (v.is_secret) return std::string(mask);
  return redact(v.value.reveal(), value_bytes_max);  // a URL may have a password in it
}

std::string_view name_of(config_origin origin) {
  switch (origin) {
    case config_origin::flag:
      return "flag";
    case config_origin::environment:
      return "environment";
    case config_origin::profile:
      return "profile";
    case config_origin::chosen:
      return "chosen";
  }
  return "unknown";
}

std::string description(config const& settings) {
  std::size_t key_width = 0;
  std::size_t value_width = 0;
  for (auto const& v : settings.values()) {
    key_width = std::max(key_width, v.key.size());
    value_width = std::max(value_width, shown(v).size());
  }
  std::string text;
  for (auto const& v : settings.values()) {
    text += fmt::format("{:<{}}  {:<{}}  {}\n", v.key, key_width, shown(v), value_width, v.where);
  }
  if (settings.auth_type().empty()) text += "no credentials\n";
  return text;
}

std::string description_json(config const& settings) {
  json_array values;
  for (auto const& v : settings.values()) {
    values.add(json_object()
                   .text("key", v.key)
                   .text("value", shown(v))
                   .text("origin", name_of(v.origin))
                   .text("where", v.where)
                   .finish());
  }
  json_array warnings;
  for (auto const& w : settings.warnings()) warnings.add(json_string(w));
  return json_object()
      .text("auth_type", settings.auth_type())
      .member("settings", values.finish())
      .member("warnings", warnings.finish())
      .finish();
}

std::string_view variable_of(std::string_view key) {
  for (auto const& known : config_keys) {
    if (known.name == key) return known.variables[0];
  }
  return {};
}

}  // namespace

exit_code run_auth(global_args const& global, console& err, output& out,
                   auth_describe_args const&) {
  auto const settings = resolve_settings(global);
  for (auto const& warning : settings.warnings()) err.line("kiln: " + warning);
  out.print(global.output == output_format::text ? description(settings)
                                                 : description_json(settings) + '\n');
  // What could not work is said here, and not only by the first call.
  static_cast<void>(settings.options());
  return settings.auth_type().empty() ? exit_code::denied : exit_code::ok;
}

exit_code run_auth(global_args const& global, console& err, output& out,
                   auth_env_args const& args) {
  auto const settings = resolve_settings(global);
  for (auto const& warning : settings.warnings()) err.line("kiln: " + warning);
  std::string text;
  json_object document;
  for (auto const& v : settings.values()) {
    auto const variable = variable_of(v.key);
    if (variable.empty() || v.key == "profile" || v.key == "config_file") continue;
    bool const masked = v.is_secret && !args.show;
    auto const value = masked ? mask : v.value.reveal();
    text += fmt::format("export {}={}\n", variable, shell_quoted(value));
    document.text(variable, value);
  }
  out.print(global.output == output_format::text ? text : document.finish() + '\n');
  wipe(text);
  return exit_code::ok;
}

asio::awaitable<exit_code> run_command(session& s, auth_token_args const& args) {
  auto const source = s.ws().core()->options().credentials.source();
  auto const proof = co_await source->authorize();
  if (proof.has_error()) co_return s.fail(proof.error());
  std::string_view const header = proof->headers.front().second;
  auto const blank = std::min(header.find(' '), header.size());
  auto const scheme = header.substr(0, blank);
  auto const token = args.show ? header.substr(std::min(blank + 1, header.size())) : mask;
  s.print(std::string(token) + '\n',
          json_object().text("token_type", scheme).text("access_token", token).finish());
  co_return exit_code::ok;
}

}  // namespace kiln::cli
