#include "cli/commands.hpp"
#include "cli/private_file.hpp"
#include "cli/usage_error.hpp"
#include "client/config_keys.hpp"
#include "client/profile.hpp"
#include "client/small_file.hpp"
#include "http/url.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>
#include <unistd.h>

namespace kiln::cli {
namespace {

using setting = std::pair<std::string, secret>;

/// The file itself, behind any link: it is replaced by a new one.
std::string profile_path() {
  char const* const named = std::getenv("DATABRICKS_CONFIG_FILE");
  std::string path = named != nullptr && *named != '\0' ? named : "~/.databrickscfg";
  if (path.starts_with("~/")) {
    char const* const home = std::getenv("HOME");
    if (home == nullptr || *home == '\0') throw usage_error("HOME is not set");
    path = home + path.substr(1);
  }
  if (char* const real = ::realpath(path.c_str(), nullptr)) {
    path = real;
    std::free(real);  // NOLINT: realpath allocates with malloc
  }
  return path;
}

setting parse_setting(std::string const& text) {
  auto const equals = text.find('=');
  auto const name = text.substr(0, equals);
  auto const known = std::find_if(config_keys.begin(), config_keys.end(),
                                  [&name](config_key const& key) { return key.name == name; });
  bool const kept = name != "profile" && name != "config_file" && name != "host";
  if (known == config_keys.end() || !kept) {
    throw usage_error(fmt::format("--set: '{}' is no setting of a profile", name));
  }
  if (known->is_secret) {
    throw usage_error(fmt::format(
        "--set: {} is a secret, and arguments can be seen by others; write it into the file, or "
        "set {}",
        name, known->variables[0]));
  }
  if (equals == std::string::npos) {
    throw usage_error(fmt::format("--set: '{}' is not of the form key=value", name));
  }
  return {name, secret(text.substr(equals + 1))};
}

}  // namespace

exit_code run_configure(global_args const& global, console& err, configure_args const& args) {
  auto host = global.host;
  if (host.empty()) {
    throw usage_error("--host: give the workspace's URL, https://adb-….azuredatabricks.net");
  }
  if (host.find("://") == std::string::npos) host.insert(0, "https://");
  auto const url = http::parse_base_url(host);
  if (url.has_error()) throw usage_error("--host: " + url.error().message());
  std::vector<setting> values{{"host", secret(host)}};
  bool other_login = false;
  for (auto const& text : args.settings) {
    values.push_back(parse_setting(text));
    other_login = other_login || values.back().first == "auth_type";
  }
  if (!other_login) {
    if (::isatty(STDIN_FILENO) == 1) err.bar("Personal access token: ");
    values.emplace_back("token", read_token());
    err.clear_bar();
  }
  auto const path = profile_path();
  auto old = read_small_file(path, profile_file_bytes_max);
  if (old.has_error()) throw failure(old.error());
  auto text = old->value_or(std::string());
  auto const name = global.profile.value_or(std::string(default_section));
  auto made = with_profile(text, path, name, values);
  wipe(text);
  if (made.has_error()) throw usage_error(made.error().message());
  write_private_file(path, *made);
  wipe(*made);
  err.line(fmt::format("wrote profile {} to {}", name, path));
  return exit_code::ok;
}

}  // namespace kiln::cli
