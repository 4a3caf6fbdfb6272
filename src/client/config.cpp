#include "client/config_keys.hpp"
#include "client/netrc.hpp"
#include "client/profile.hpp"
#include "client/small_file.hpp"
#include "core/ascii.hpp"
#include "http/url.hpp"

#include <kiln/config.hpp>

#include <algorithm>
#include <cstdlib>
#include <set>
#include <sys/stat.h>
#include <utility>

namespace kiln {

namespace {

constexpr std::string_view profile_path_default = "~/.databrickscfg";
constexpr std::string_view id_token_variable_default = "DATABRICKS_OIDC_TOKEN";

error refuse(std::string text) { return error(errc::invalid_argument, std::move(text)); }

config_key const* key_called(std::string_view name) noexcept {
  for (auto const& key : config_keys) {
    if (key.name == name || (!key.alias.empty() && key.alias == name)) return &key;
  }
  return nullptr;
}

std::string listed(std::vector<std::string> const& names) {
  std::string out;
  for (auto const& name : names) (out += out.empty() ? "" : ", ") += name;
  return out;
}

/// "adb-1.azuredatabricks.net/" and the like as the URL that is meant.
std::string fixed_host(std::string_view text) {
  std::string out(ascii::trim(text));
  if (out.find("://") == std::string::npos) out.insert(0, "https://");
  while (out.ends_with('/')) out.pop_back();
  if (out.starts_with("https://") && out.ends_with(":443")) out.resize(out.size() - 4);
  return out;
}

}  // namespace

/// Puts a config together step by step; each step may end it with an error.
class config_builder {
 public:
  explicit config_builder(config_request const& from) : from_(from) {}

  result<config> build() {
    take_flags();
    if (!from_.profile) take_environment(true);
    if (auto done = take_profile(); !done) return done.error();
    if (from_.profile) take_environment(false);
    if (auto done = check_host(); !done) return done.error();
    if (auto done = check_families(); !done) return done.error();
    take_extras();
    if (auto done = choose_auth_type(); !done) return done.error();
    sort();
    warn_of_ignored();
    return std::move(out_);
  }

 private:
  [[nodiscard]] std::optional<std::string> variable(std::string_view name) const {
    if (name.empty() || !from_.environment) return std::nullopt;
    auto value = from_.environment(std::string(name));
    if (value && value->empty()) value.reset();
    return value;
  }
  [[nodiscard]] bool has(std::string_view key) const { return !out_.get(key).empty(); }

  void add(config_key const& key, secret value, config_origin origin, std::string where) {
    if (out_.find(key.name) != nullptr || value.empty()) return;
    config_value made;
    made.key = key.name;
    made.value = std::move(value);
    made.is_secret = key.is_secret;
    made.origin = origin;
    made.where = std::move(where);
    out_.values_.push_back(std::move(made));
  }

  void take_flags() {
    for (auto const& [name, value] : from_.flags) {
      auto const* const key = key_called(name);
      if (key == nullptr) continue;
      add(*key, value, config_origin::flag, "the command line");
      if (!key->family.empty()) flagged_family_ = key->family;
    }
  }
  /// Credentials of another kind than the command line's are not meant then.
  [[nodiscard]] bool overruled(config_key const& key) const {
    return !flagged_family_.empty() && !key.family.empty() && key.family != flagged_family_;
  }

  void take_environment(bool with_credentials) {
    for (auto const& key : config_keys) {
      bool const personal = !key.family.empty() || key.name == "host" || key.name == "auth_type";
      if ((personal && !with_credentials) || overruled(key)) continue;
      if (from_.profile && key.name == "profile") continue;
      for (auto const name : key.variables) {
        if (auto value = variable(name)) {
          add(key, secret(std::move(*value)), config_origin::environment, std::string(name));
          break;
        }
      }
    }
  }

  [[nodiscard]] bool configured_without_file() const {
    return has("host") || std::any_of(out_.values_.begin(), out_.values_.end(), [](auto const& v) {
             auto const* const key = key_called(v.key);
             return key != nullptr && !key->family.empty();
           });
  }

  [[nodiscard]] std::string expanded(std::string_view path) const {
    if (path != "~" && !path.starts_with("~/")) return std::string(path);
    auto home = variable("HOME");
    return home ? *home + std::string(path.substr(1)) : std::string();
  }

  result<std::optional<config_request::file>> file_at(std::string const& path) const {
    if (path.empty() || !from_.read_file) return std::optional<config_request::file>();
    return from_.read_file(path);
  }

  result<void> take_profile() {
    std::string name = from_.profile.value_or(std::string(out_.get("profile")));
    if (from_.profile && from_.profile->empty()) return refuse("--profile: the name is empty");
    if (name.empty() && configured_without_file()) return {};
    std::string shown(profile_path_default);
    bool const said = has("config_file");
    if (said) {
      shown = out_.get("config_file");
    } else if (from_.profile) {
      if (auto other = variable("DATABRICKS_CONFIG_FILE")) shown = *other;
    }
    auto file = file_at(expanded(shown));
    if (!file) return file.error();
    if (!*file) {
      if (name.empty() && !said) return {};
      return refuse(shown + ": there is no such file" +
                    (name.empty() ? std::string() : ", so there is no profile '" + name + "'") +
                    "; kiln configure writes one");
    }
    auto const read = read_profiles((*file)->text, shown);
    bool const shared = ((*file)->mode & 077U) != 0;
    wipe((*file)->text);
    if (!read) return read.error();
    return take_section(*read, std::move(name), shown, shared);
  }

  result<void> take_section(profile_file const& file, std::string name, std::string const& shown,
                            bool shared) {
    bool const named = !name.empty();
    if (!named) {
      auto const* const settings = file.find(settings_section);
      auto const* const chosen = settings != nullptr ? settings->find("default_profile") : nullptr;
      if (chosen != nullptr) name = chosen->value.reveal();
    }
    bool const fallback = name.empty();
    if (fallback) name = default_section;
    auto const* const section = name == settings_section ? nullptr : file.find(name);
    if (section == nullptr && fallback) return {};
    if (section == nullptr) {
      auto const names = file.names();
      return refuse("there is no profile '" + name + "' in " + shown +
                    (names.empty() ? "; the file holds none" : "; there are: " + listed(names)));
    }
    bool holds_secret = false;
    for (auto const& entry : section->entries) {
      auto const* const key = key_called(entry.key);
      if (key == nullptr || key->name == "profile" || key->name == "config_file") continue;
      holds_secret = holds_secret || (key->is_secret && !entry.value.empty());
      if (key->name == "host") profile_host_ = fixed_host(entry.value.reveal());
      if (overruled(*key)) continue;
      add(*key, entry.value, config_origin::profile,
          "profile " + name + " in " + shown + ", line " + std::to_string(entry.line));
    }
    profile_name_ = name;
    if (holds_secret && shared) {
      out_.warnings_.push_back(shown + " holds a secret and others can read it; chmod 600 " +
                               shown);
    }
    return {};
  }

  /// A secret of a profile goes to that profile's host, and to no other.
  result<void> check_host() {
    auto const* const at = out_.find("host");
    if (at == nullptr) return {};
    auto const host = fixed_host(at->value.reveal());
    out_.set_host(host);
    if (profile_host_.empty() || profile_host_ == host) return {};
    for (auto const& v : out_.values_) {
      auto const* const key = key_called(v.key);
      if (v.origin != config_origin::profile || key == nullptr || key->family.empty()) continue;
      return refuse("host is " + host + " (from " + at->where + "), but " + v.key + " is of " +
                    v.where + ", whose host is " + profile_host_ +
                    ": it is not sent to another one");
    }
    return {};
  }

  /// The families that have a value, each with the first of its settings.
  [[nodiscard]] std::map<std::string_view, config_value const*> families() const {
    std::map<std::string_view, config_value const*> out;
    for (auto const& v : out_.values_) {
      auto const* const key = key_called(v.key);
      if (key != nullptr && !key->family.empty()) out.emplace(key->family, &v);
    }
    return out;
  }

  result<void> check_families() const {
    auto const used = families();
    if (used.size() <= 1 || has("auth_type")) return {};
    std::string text = "more than one authorization method configured: ";
    std::string_view between;
    for (auto const& [family, v] : used) {
      text +=
          std::string(between) + std::string(family) + " (" + v->key + " from " + v->where + ")";
      between = " and ";
    }
    return refuse(text + "; remove one, or say which with auth_type (DATABRICKS_AUTH_TYPE)");
  }

  void take_extras() {
    for (auto const& [key, names] : {std::pair<std::string_view, std::array<std::string_view, 2>>(
                                         "proxy", {"HTTPS_PROXY", "https_proxy"}),
                                     {"no_proxy", {"NO_PROXY", "no_proxy"}}}) {
      auto value = variable(names[0]);
      if (!value) value = variable(names[1]);
      if (value) out_.extras_[std::string(key)] = secret(std::move(*value));
    }
    std::string name(out_.get("oidc_token_env"));
    if (name.empty()) name = id_token_variable_default;
    if (auto token = variable(name)) out_.extras_["id_token"] = secret(std::move(*token));
    out_.extras_["id_token_variable"] = secret(std::move(name));
  }

  /// True when ~/.netrc (or the file $NETRC names) has a login for the host.
  result<bool> take_netrc() {
    auto const url = http::parse_base_url(out_.get("host"));
    if (!url) return false;
    auto const shown = variable("NETRC").value_or("~/.netrc");
    auto file = file_at(expanded(shown));
    if (!file) return file.error();
    if (!*file) return false;
    auto const login = find_in_netrc((*file)->text, url->host);
    wipe((*file)->text);
    if (!login) return false;
    out_.extras_["netrc_user"] = secret(login->user);
    out_.extras_["netrc_password"] = login->password;
    netrc_path_ = shown;
    if (((*file)->mode & 077U) != 0) {
      out_.warnings_.push_back(shown + " holds a password and others can read it; chmod 600 " +
                               shown);
    }
    return true;
  }

  void chosen(std::string type, std::string why) {
    add(*key_called("auth_type"), secret(type), config_origin::chosen, std::move(why));
    out_.auth_type_ = std::move(type);
  }

  result<void> choose_auth_type() {
    if (has("auth_type")) {
      out_.auth_type_ = out_.get("auth_type");
      if (out_.auth_type_ == "netrc") {
        auto const found = take_netrc();
        if (!found) return found.error();
        if (!*found) return refuse("auth_type is netrc, but no .netrc has a login for the host");
      }
      return {};
    }
    if (has("token")) return chosen("pat", "token is set"), result<void>();
    if (has("username") || has("password")) {
      return chosen("basic", "username and password are set"), result<void>();
    }
    if (has("metadata_service_url")) {
      return chosen("metadata-service", "metadata_service_url is set"), result<void>();
    }
    if (has("client_secret")) return chosen("oauth-m2m", "client_secret is set"), result<void>();
    if (has("oidc_token_env")) return chosen("env-oidc", "oidc_token_env is set"), result<void>();
    if (has("oidc_token_filepath")) {
      return chosen("file-oidc", "oidc_token_filepath is set"), result<void>();
    }
    if (choose_azure()) return {};
    auto const found = take_netrc();
    if (!found) return found.error();
    if (*found) return chosen("netrc", netrc_path_ + " has a login for the host"), result<void>();
    bool const on_azure = has("azure_workspace_resource_id") || azure_host();
    if (on_azure) chosen("azure-cli", "an Azure workspace, and no other credentials");
    return {};
  }

  bool choose_azure() {
    if (has("azure_client_secret")) {
      chosen("azure-client-secret", "azure_client_secret is set");
    } else if (has("azure_client_certificate_path")) {
      chosen("azure-client-certificate", "azure_client_certificate_path is set");
    } else if (has("azure_use_msi") && out_.get("azure_use_msi") != "false") {
      chosen("azure-msi", "azure_use_msi is set");
    } else {
      return false;
    }
    return true;
  }

  [[nodiscard]] bool azure_host() const {
    auto const url = http::parse_base_url(out_.get("host"));
    return url && azure_cloud_of(url->host) != nullptr;
  }

  void sort() {
    auto const place = [](config_value const& v) { return key_called(v.key) - config_keys.data(); };
    std::sort(out_.values_.begin(), out_.values_.end(),
              [&place](auto const& a, auto const& b) { return place(a) < place(b); });
    if (!profile_name_.empty() && !has("profile")) {
      config_value made;
      made.key = "profile";
      made.value = secret(profile_name_);
      made.origin = from_.profile ? config_origin::flag : config_origin::chosen;
      made.where = from_.profile ? "the command line" : "the profile file";
      out_.values_.push_back(std::move(made));
    }
  }

  void warn_of_ignored() {
    for (auto const& v : out_.values_) {
      bool const unsafe = v.key == "skip_verify" || v.key == "insecure";
      if (!unsafe || v.value.reveal() == "false" || v.value.reveal() == "0") continue;
      out_.warnings_.push_back(v.key + " (from " + v.where +
                               ") is ignored: kiln always checks certificates; --ca-file names "
                               "one to trust");
    }
  }

  config_request const& from_;
  config out_;
  std::string_view flagged_family_;
  std::string profile_name_;
  std::string profile_host_;
  std::string netrc_path_;
};

result<config> config::resolve(config_request const& from) { return config_builder(from).build(); }

config_value const* config::find(std::string_view key) const noexcept {
  for (auto const& v : values_) {
    if (v.key == key) return &v;
  }
  return nullptr;
}

std::string_view config::get(std::string_view key) const noexcept {
  auto const* const at = find(key);
  return at == nullptr ? std::string_view() : at->value.reveal();
}

bool config::lacks_host() const noexcept {
  return get("host").empty() && !get("azure_workspace_resource_id").empty();
}

void config::set_host(std::string host) {
  for (auto& v : values_) {
    if (v.key != "host") continue;
    v.value = secret(std::move(host));
    return;
  }
  config_value made;
  made.key = "host";
  made.value = secret(std::move(host));
  made.where = "azure_workspace_resource_id";
  values_.insert(values_.begin(), std::move(made));
}

config_request config_request::of_process() {
  config_request out;
  out.environment = [](std::string const& name) -> std::optional<std::string> {
    char const* const value = std::getenv(name.c_str());
    if (value == nullptr) return std::nullopt;
    return std::string(value);
  };
  out.read_file = [](std::string const& path) -> result<std::optional<file>> {
    auto text = read_small_file(path, profile_file_bytes_max);
    if (!text) return text.error();
    if (!*text) return std::optional<file>();
    file made;
    made.text = std::move(**text);
    struct stat facts {};
    if (::stat(path.c_str(), &facts) == 0) made.mode = facts.st_mode & 0777U;
    return std::optional<file>(std::move(made));
  };
  return out;
}

}  // namespace kiln
