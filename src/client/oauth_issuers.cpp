#include "client/client_assertion.hpp"
#include "client/login_issuers.hpp"
#include "client/small_file.hpp"
#include "client/token_answer.hpp"
#include "core/random.hpp"
#include "json/base64.hpp"
#include "json/read.hpp"

#include <kiln/fields.hpp>

#include <span>
#include <utility>

namespace kiln {

namespace {

struct discovery_document {
  std::string token_endpoint;
};
void fields(auto& io, discovery_document& v) { io("token_endpoint", v.token_endpoint); }

/// Where tokens are asked for: said, or discovered once.
class token_endpoint {
 public:
  token_endpoint(std::shared_ptr<login_http> http, std::string_view kind, std::string said,
                 std::string discovery_url)
      : http_(std::move(http)),
        kind_(kind),
        url_(std::move(said)),
        discovery_url_(std::move(discovery_url)) {}

  [[nodiscard]] std::shared_ptr<login_http> const& http() const noexcept { return http_; }
  [[nodiscard]] std::string_view kind() const noexcept { return kind_; }
  [[nodiscard]] std::string const& url() const noexcept { return url_; }

  task<http::base_url> find() {
    if (url_.empty()) {
      auto const done = co_await discover();
      if (done.has_error()) co_return done.error();
    }
    co_return parse_login_url(url_, "token endpoint");
  }

 private:
  task<void> discover() {
    auto at = http_->workspace();
    if (discovery_url_.empty()) {
      at.path += "/oidc/.well-known/oauth-authorization-server";
    } else {
      auto const parsed = parse_login_url(discovery_url_, "discovery_url");
      if (!parsed) co_return parsed.error();
      at = *parsed;
    }
    std::string const where = at.authority();
    token_question asked;
    asked.kind = kind_;
    asked.where = where;
    http::request what;
    what.target = at.path;
    auto const answer = co_await login_http::send(http_, at, std::move(what), token_request_max);
    if (answer.has_error()) co_return unreached_login(answer.error(), asked);
    if (answer->status != 200) co_return refused_login(*answer, http_->wall(), asked);
    auto const read = json::read_as<discovery_document>(answer->body, "discovery");
    if (!read || read->token_endpoint.empty()) {
      co_return error(errc::not_databricks, "login (" + std::string(kind_) + ") at " + where +
                                                ": the discovery document names no token_endpoint");
    }
    url_ = read->token_endpoint;
    co_return result<void>();
  }

  std::shared_ptr<login_http> http_;
  std::string_view kind_;
  std::string url_;
  std::string discovery_url_;
};

std::string basic_header(std::string_view user, std::string_view password) {
  // Encoded as in a form first (RFC 6749, section 2.3.1).
  constexpr std::size_t encoded_max = 3;  // "%2F"
  std::string pair;
  pair.reserve(1 + encoded_max * (user.size() + password.size()));
  http::append_segment(pair, user);
  pair += ':';
  http::append_segment(pair, password);
  std::string out = "Basic ";
  out.reserve(out.size() + json::base64_size(pair.size()));
  json::append_base64(out, std::as_bytes(std::span(pair)));
  wipe(pair);
  return out;
}

/// A service principal of Databricks.
class oauth_issuer final : public token_issuer {
 public:
  oauth_issuer(std::shared_ptr<login_http> http, oauth_login login)
      : login_(std::move(login)),
        endpoint_(std::move(http), "oauth-m2m", login_.token_endpoint, login_.discovery_url),
        random_(endpoint_.http()->surroundings().seed ^ entropy()) {}

  task<access_token> issue() override {
    auto const to = co_await endpoint_.find();
    if (to.has_error()) co_return to.error();
    secret assertion;
    if (login_.proof == client_proof::private_key_jwt) {
      auto made = sign();
      if (made.has_error()) co_return std::move(made).error();
      assertion = std::move(*made);
    }
    std::string const where = to->authority();
    token_question asked;
    asked.kind = endpoint_.kind();
    asked.where = where;
    asked.secrets = {login_.client_secret.reveal(), assertion.reveal()};
    auto const& http = endpoint_.http();
    auto question = form(to->path, assertion);
    secret const proof(std::string(http::find(question.headers, "authorization")));
    asked.authorization = proof.reveal();
    auto answer = co_await login_http::send(http, *to, std::move(question), token_request_max);
    if (answer.has_error()) co_return unreached_login(answer.error(), asked);
    auto token = read_token(*answer, http->wall(), asked);
    co_return token;
  }

 private:
  result<secret> sign() {
    key_file const by{login_.certificate_file, login_.certificate_password};
    assertion_claims const claims{login_.client_id, endpoint_.url(), login_.key_id,
                                  random_.name() + random_.name()};
    return sign_assertion(by, claims, endpoint_.http()->wall());
  }
  [[nodiscard]] http::request form(std::string const& target, secret const& assertion) const {
    login_form out(target);
    out.add("grant_type", "client_credentials").add("scope", login_.scope);
    if (login_.proof == client_proof::secret_post) {
      out.add("client_id", login_.client_id).add("client_secret", login_.client_secret.reveal());
    } else if (login_.proof == client_proof::private_key_jwt) {
      out.add("client_id", login_.client_id)
          .add("client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
          .add("client_assertion", assertion.reveal());
    }
    auto request = std::move(out).take();
    if (login_.proof == client_proof::secret_basic) {
      request.headers.push_back(
          {"Authorization", basic_header(login_.client_id, login_.client_secret.reveal())});
    }
    return request;
  }

  oauth_login login_;
  token_endpoint endpoint_;
  random_source random_;
};

/// Somebody else's token, exchanged (RFC 8693).
class workload_issuer final : public token_issuer {
 public:
  workload_issuer(std::shared_ptr<login_http> http, workload_login login)
      : login_(std::move(login)),
        endpoint_(std::move(http), login_.token_file.empty() ? "env-oidc" : "file-oidc",
                  login_.token_endpoint, login_.discovery_url) {}

  task<access_token> issue() override {
    auto const given = id_token();
    if (given.has_error()) co_return given.error();
    auto const to = co_await endpoint_.find();
    if (to.has_error()) co_return to.error();
    std::string const where = to->authority();
    token_question asked;
    asked.kind = endpoint_.kind();
    asked.where = where;
    asked.secrets[0] = given->reveal();
    auto const& http = endpoint_.http();
    auto answer = co_await login_http::send(http, *to, form(to->path, *given), token_request_max);
    if (answer.has_error()) co_return unreached_login(answer.error(), asked);
    auto token = read_token(*answer, http->wall(), asked);
    co_return token;
  }

 private:
  /// From the file each time: whoever writes it renews it.
  [[nodiscard]] result<secret> id_token() const {
    if (login_.token_file.empty()) return login_.id_token;
    auto const refuse = [this](std::string const& why) {
      return error(errc::unauthenticated, "login (file-oidc): " + login_.token_file + ": " + why);
    };
    auto read = read_small_file(login_.token_file, id_token_bytes_max);
    if (!read) return read.error();
    if (!*read) return refuse("there is no such file");
    secret const all(std::move(**read));
    auto text = all.reveal();
    auto const begin = text.find_first_not_of(" \t\r\n");
    if (begin == std::string_view::npos) return refuse("it is empty");
    text = text.substr(begin, text.find_last_not_of(" \t\r\n") + 1 - begin);
    return secret(std::string(text));
  }
  [[nodiscard]] http::request form(std::string const& target, secret const& given) const {
    login_form out(target);
    out.add("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange")
        .add("subject_token_type", "urn:ietf:params:oauth:token-type:jwt")
        .add("subject_token", given.reveal())
        .add("scope", login_.scope);
    if (!login_.client_id.empty()) out.add("client_id", login_.client_id);
    return std::move(out).take();
  }

  workload_login login_;
  token_endpoint endpoint_;
};

/// A service on this machine that holds the login.
class local_service_issuer final : public token_issuer {
 public:
  static constexpr duration answer_max = std::chrono::seconds(10);
  local_service_issuer(std::shared_ptr<login_http> http, http::base_url service, secret path)
      : http_(std::move(http)), service_(std::move(service)), path_(std::move(path)) {}

  task<access_token> issue() override {
    std::string const where = service_.authority();
    token_question asked;
    asked.kind = "metadata-service";
    asked.where = where;
    asked.secrets[0] = path_.reveal();
    http::request what;
    what.target = path_.empty() ? "/" : path_.reveal();
    auto const& host = http_->workspace();
    what.headers.push_back({"X-Databricks-Metadata-Version", "1"});
    what.headers.push_back(
        {"X-Databricks-Host", (host.tls ? "https://" : "http://") + host.authority()});
    auto answer = co_await login_http::send(http_, service_, std::move(what), answer_max);
    if (answer.has_error()) co_return unreached_login(answer.error(), asked);
    auto token = read_token(*answer, http_->wall(), asked);
    co_return token;
  }

 private:
  std::shared_ptr<login_http> http_;
  http::base_url service_;  ///< Without its path.
  secret path_;
};

}  // namespace

std::shared_ptr<token_issuer> make_oauth_issuer(std::shared_ptr<login_http> http,
                                                oauth_login login) {
  return std::make_shared<oauth_issuer>(std::move(http), std::move(login));
}

std::shared_ptr<token_issuer> make_workload_issuer(std::shared_ptr<login_http> http,
                                                   workload_login login) {
  return std::make_shared<workload_issuer>(std::move(http), std::move(login));
}

std::shared_ptr<token_issuer> make_metadata_issuer(std::shared_ptr<login_http> http,
                                                   http::base_url service, secret path) {
  return std::make_shared<local_service_issuer>(std::move(http), std::move(service),
                                                std::move(path));
}

}  // namespace kiln
