#include "emulator/identity_api.hpp"

#include "emulator/service.hpp"
#include "json/base64.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include <algorithm>
#include <span>
#include <vector>

namespace kiln::emulation {

namespace {

namespace bj = boost::json;

constexpr std::string_view application = "2ff814a6-3304-4ab8-85cb-cd0e6f879c1d";
constexpr std::string_view login_prefix = "/login/";
constexpr std::string_view discovery_path = "/oidc/.well-known/oauth-authorization-server";
constexpr std::string_view oauth_path = "/oidc/v1/token";
constexpr std::string_view metadata_path = "/metadata/identity/oauth2/token";
constexpr std::string_view tenant_path = "/aad/auth";
constexpr std::string_view manager_prefix = "/subscriptions/";
constexpr std::string_view jwt_bearer = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";
constexpr std::string_view exchange = "urn:ietf:params:oauth:grant-type:token-exchange";

api_reply refuse(int status, std::string_view code, std::string const& description) {
  bj::object body;
  body["error"] = code;
  body["error_description"] = description;
  auto out = to_reply(body);
  out.status = status;
  if (status == 401) out.headers = "WWW-Authenticate: Basic realm=\"emulated\"\r\n";
  return out;
}

std::int64_t epoch(wall_time at) {
  return std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count();
}

std::string decoded(std::string_view base64_url) {
  std::string text(base64_url);
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  while (text.size() % 4 != 0) text += '=';
  std::string out(json::base64_decoded_size(text), '\0');
  auto const size = json::base64_decode(text, std::as_writable_bytes(std::span(out)));
  out.resize(size ? *size : 0);
  return out;
}

bj::object claims_of(std::string_view jwt) {
  auto const first = jwt.find('.');
  auto const second = first == jwt.npos ? jwt.npos : jwt.find('.', first + 1);
  if (second == jwt.npos || second + 1 == jwt.size()) return {};
  boost::system::error_code code;
  auto const claims = bj::parse(decoded(jwt.substr(first + 1, second - first - 1)), code);
  return !code && claims.is_object() ? claims.get_object() : bj::object();
}

/// User and password of an "Authorization: Basic" header.
std::pair<std::string, std::string> basic_login(std::string_view authorization) {
  constexpr std::string_view scheme = "Basic ";
  if (!authorization.starts_with(scheme)) return {};
  auto const pair = decoded(authorization.substr(scheme.size()));
  auto const colon = std::min(pair.find(':'), pair.size());
  auto user = percent_decoded(std::string_view(pair).substr(0, colon));
  auto password = percent_decoded(std::string_view(pair).substr(std::min(colon + 1, pair.size())));
  return {user.value_or(std::string()), password.value_or(std::string())};
}

}  // namespace

identity_api::identity_api(settings what, token_registry& tokens)
    : settings_(std::move(what)), tokens_(tokens), random_(settings_.seed ^ 0x1d) {}

void identity_api::clear() {
  manager_tokens_.clear();
  assertions_.clear();
}

std::string_view identity_api::verbs_of(std::string_view path) noexcept {
  bool const directory = path.starts_with(login_prefix) &&
                         (path.ends_with("/oauth2/token") || path.ends_with("/oauth2/v2.0/token"));
  if (directory || path == oauth_path) return "POST";
  bool const get = path == discovery_path || path == metadata_path || path == tenant_path ||
                   path.starts_with(manager_prefix);
  return get ? "GET" : "";
}

api_reply identity_api::handle(request const& in, moment now) {
  auto const path = in.api.path;
  if (path.starts_with(login_prefix)) return directory(in, now);
  if (path == oauth_path) return oauth(in, now);
  if (path == metadata_path) return instance_metadata(in, now);
  if (path.starts_with(manager_prefix)) return resource_manager(in, now);
  if (path == tenant_path) {
    api_reply out;
    out.status = 302;
    out.body.clear();
    out.headers = "Location: https://login.microsoftonline.com/" + settings_.tenant_id +
                  "/oauth2/authorize?response_type=code\r\n";
    return out;
  }
  bj::object body;
  body["token_endpoint"] = std::string(in.base) + std::string(oauth_path);
  body["authorization_endpoint"] = std::string(in.base) + "/oidc/v1/authorize";
  return to_reply(body);
}

std::string identity_api::token_for(std::string const& audience, moment now) {
  auto token = "emulated-" + random_.name() + random_.name();
  if (audience.starts_with(application)) {
    tokens_.issue(token, settings_.client_id, now.wall + settings_.token_lifetime, now);
  } else {
    if (manager_tokens_.size() >= assertions_max) manager_tokens_.clear();
    manager_tokens_.insert(token);
  }
  return token;
}

bool identity_api::good_assertion(std::string_view text, std::string_view audience, moment now) {
  auto const claims = claims_of(text);
  auto const* const end = claims.if_contains("exp");
  auto const* const begin = claims.if_contains("nbf");
  bool const timely = end != nullptr && end->is_int64() && end->get_int64() > epoch(now.wall) &&
                      begin != nullptr && begin->is_int64() &&
                      begin->get_int64() <= epoch(now.wall);
  if (assertions_.size() >= assertions_max) assertions_.clear();
  auto const id = text_of(claims, "jti");
  return timely && text_of(claims, "iss") == settings_.client_id &&
         text_of(claims, "sub") == settings_.client_id && text_of(claims, "aud") == audience &&
         !id.empty() && assertions_.insert(id).second;
}

api_reply identity_api::directory(request const& in, moment now) {
  auto const fields = parse_query(in.api.body);
  if (!fields) return refuse(400, "invalid_request", "AADSTS900144: The form cannot be read.");
  form const all(fields->begin(), fields->end());
  auto const get = [&all](std::string_view name) {
    auto const at = all.find(name);
    return at == all.end() ? std::string() : at->second;
  };
  auto const rest = in.api.path.substr(login_prefix.size());
  auto const tenant = std::string(rest.substr(0, rest.find('/')));
  if (tenant != settings_.tenant_id) {
    return refuse(400, "invalid_request", "AADSTS90002: Tenant '" + tenant + "' not found.");
  }
  if (get("grant_type") != "client_credentials") {
    return refuse(400, "unsupported_grant_type", "AADSTS70003: The grant type is not supported.");
  }
  if (get("client_id") != settings_.client_id) {
    return refuse(400, "unauthorized_client",
                  "AADSTS700016: Application with identifier '" + get("client_id") +
                      "' was not found in the directory.");
  }
  bool const by_assertion = get("client_assertion_type") == jwt_bearer;
  auto const audience = std::string(in.base) + std::string(in.api.path);
  if (by_assertion && !good_assertion(get("client_assertion"), audience, now)) {
    return refuse(401, "invalid_client", "AADSTS700027: The client assertion is not valid.");
  }
  if (!by_assertion && get("client_secret") != settings_.client_secret) {
    return refuse(401, "invalid_client",
                  "AADSTS7000215: Invalid client secret provided: " + get("client_secret"));
  }
  auto const resource = get("resource").empty() ? get("scope") : get("resource");
  auto const seconds = settings_.token_lifetime.count();
  bj::object body;
  body["token_type"] = "Bearer";
  body["access_token"] = token_for(resource, now);
  if (in.api.path.ends_with("/v2.0/token")) {
    body["expires_in"] = seconds;
  } else {  // the first version writes every number as a string
    body["expires_in"] = std::to_string(seconds);
    body["ext_expires_in"] = std::to_string(seconds);
    body["expires_on"] = std::to_string(epoch(now.wall) + seconds);
    body["not_before"] = std::to_string(epoch(now.wall));
    body["resource"] = resource;
  }
  return to_reply(body);
}

api_reply identity_api::oauth(request const& in, moment now) {
  auto const fields = parse_query(in.api.body);
  if (!fields) return refuse(400, "invalid_request", "The form cannot be read");
  form const all(fields->begin(), fields->end());
  auto const get = [&all](std::string_view name) {
    auto const at = all.find(name);
    return at == all.end() ? std::string() : at->second;
  };
  if (get("grant_type") == exchange) {
    if (get("subject_token") != settings_.client_secret) {
      return refuse(400, "invalid_grant", "The subject token is not valid");
    }
  } else if (get("grant_type") == "client_credentials") {
    auto const [user, password] = in.authorization.empty()
                                      ? std::pair(get("client_id"), get("client_secret"))
                                      : basic_login(in.authorization);
    if (user != settings_.client_id || password != settings_.client_secret) {
      return refuse(401, "invalid_client", "Client authentication failed");
    }
  } else {
    return refuse(400, "unsupported_grant_type", "The grant type is not supported");
  }
  bj::object body;
  body["access_token"] = token_for(std::string(application), now);
  body["token_type"] = "Bearer";
  body["scope"] = get("scope");
  body["expires_in"] = settings_.token_lifetime.count();
  return to_reply(body);
}

api_reply identity_api::instance_metadata(request const& in, moment now) {
  if (!in.metadata) {
    return refuse(400, "invalid_request", "Required metadata header not specified");
  }
  auto const fields = parse_query(in.api.query);
  std::string resource;
  std::string client;
  if (fields) {
    for (auto const& [name, value] : *fields) {
      if (name == "resource") resource = value;
      if (name == "client_id") client = value;
    }
  }
  if (resource.empty()) return refuse(400, "invalid_resource", "The resource is missing");
  if (!client.empty() && client != settings_.client_id) {
    return refuse(400, "invalid_request", "Identity not found");
  }
  bj::object body;
  body["access_token"] = token_for(resource, now);
  body["client_id"] = settings_.client_id;
  body["expires_in"] = std::to_string(settings_.token_lifetime.count());
  body["expires_on"] = std::to_string(epoch(now.wall) + settings_.token_lifetime.count());
  body["token_type"] = "Bearer";
  body["resource"] = resource;
  return to_reply(body);
}

api_reply identity_api::resource_manager(request const& in, moment) const {
  constexpr std::string_view scheme = "Bearer ";
  auto const token = in.authorization.starts_with(scheme) ? in.authorization.substr(scheme.size())
                                                          : std::string_view();
  if (!manager_tokens_.contains(token)) {
    api_reply out;
    out.status = 401;
    out.body = R"({"error":{"code":"AuthenticationFailed","message":"Authentication failed."}})";
    return out;
  }
  auto const host = in.base.substr(in.base.find("://") + 3);
  bj::object properties;
  properties["workspaceUrl"] = host;
  bj::object body;
  body["id"] = in.api.path;
  body["properties"] = std::move(properties);
  return to_reply(body);
}

}  // namespace kiln::emulation
