#include "client/token_answer.hpp"

#include "client/error_body.hpp"
#include "core/redact.hpp"
#include "http/retry_after.hpp"
#include "http/sent_secrets.hpp"
#include "json/read.hpp"
#include "json/text.hpp"

#include <kiln/fields.hpp>

#include <array>
#include <charconv>
#include <optional>
#include <string>
#include <utility>

namespace kiln {

namespace {

struct token_document {
  std::string access_token;
  std::optional<json_text> expires_in;
  std::optional<json_text> expires_on;
};
void fields(auto& io, token_document& v) {
  io("access_token", v.access_token);
  io("expires_in", v.expires_in);
  io("expires_on", v.expires_on);
}

struct az_document {
  std::string access_token;
  std::optional<json_text> expires_on;
};
void fields(auto& io, az_document& v) {
  io("accessToken", v.access_token);
  io("expires_on", v.expires_on);
}

struct error_text {
  std::string code;
  std::string message;
};
void fields(auto& io, error_text& v) {
  io("code", v.code);
  io("message", v.message);
}

struct error_document {
  json_text error;
  std::string error_description;
  std::string error_code;
  std::string message;
};
void fields(auto& io, error_document& v) {
  io("error", v.error);
  io("error_description", v.error_description);
  io("error_code", v.error_code);
  io("message", v.message);
}

/// 599, 599.0, "599"; nothing else.
std::optional<std::int64_t> whole_number(std::optional<json_text> const& value) {
  if (!value) return std::nullopt;
  std::string_view text = value->text;
  if (text.size() >= 2 && text.front() == '"') text = text.substr(1, text.size() - 2);
  if (auto const point = text.find(".0"); point != std::string_view::npos) {
    if (text.find_first_not_of('0', point + 1) != std::string_view::npos) return std::nullopt;
    text = text.substr(0, point);
  }
  std::int64_t out = 0;
  auto const* const end = text.data() + text.size();
  auto const [last, code] = std::from_chars(text.data(), end, out);
  if (code != std::errc() || last != end) return std::nullopt;
  return out;
}

/// The server's own time where it states one: its clock decides when its token ends.
std::int64_t epoch_of(http::response const& answer, wall_time now) {
  auto const date = answer.find("date");
  if (!date.empty() && (date.front() < '0' || date.front() > '9')) {
    auto const since_epoch = http::parse_retry_after(date, wall_time{}, duration::max());
    if (since_epoch && since_epoch->count() > 0) return *since_epoch / std::chrono::seconds(1);
  }
  return std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
}

std::string login_at(token_question const& asked) {
  std::string out = "login (" + std::string(asked.kind) + ")";
  if (!asked.where.empty()) out += " at " + std::string(asked.where);
  return out + ": ";
}

struct hint {
  std::string_view code;
  std::string_view text;
};
/// The codes people meet, and what they came from.
constexpr std::array<hint, 7> hints{{
    {"AADSTS90002", "check the tenant id"},
    {"AADSTS700016", "check the client id and that it belongs to this tenant"},
    {"AADSTS7000215", "the client secret is wrong: it is the secret's value, not its id"},
    {"AADSTS7000222", "the client secret has expired: make a new one"},
    {"AADSTS700027", "the certificate is not registered with this service principal, or expired"},
    {"AADSTS500011",
     "the Databricks application is not known in this tenant: is it the right one?"},
    {"invalid_client", "check the client id and its secret"},
}};

std::string_view hint_for(std::string_view text) noexcept {
  for (auto const& h : hints) {
    auto const at = text.find(h.code);
    if (at == std::string_view::npos) continue;
    auto const end = at + h.code.size();
    bool const longer = end < text.size() && text[end] >= '0' && text[end] <= '9';
    if (!longer) return h.text;
  }
  return {};
}

/// "code: description", whichever of the shapes in use it comes in.
std::string words_of(http::response const& answer) {
  auto const read = json::read_as<error_document>(answer.body, "error");
  if (!read) return {};
  std::string code = read->error_code;
  std::string text = read->error_description.empty() ? read->message : read->error_description;
  if (read->error.text.starts_with('"')) {
    auto const plain = json::string_member(R"({"e":)" + read->error.text + '}', "e");
    code = plain.value_or(std::string());
  } else if (read->error.text.starts_with('{')) {
    if (auto const inner = json::read_as<error_text>(read->error.text, "error")) {
      code = inner->code;
      text = inner->message;
    }
  }
  if (code.empty() || text.starts_with(code)) return text;
  return text.empty() ? code : code + ": " + text;
}

errc code_for(int status) noexcept {
  if (status == 403) return errc::permission_denied;
  if (status == 408 || status == 429 || status >= 500) return errc::unavailable;
  if (status >= 300 && status < 400) return errc::redirected;
  return errc::unauthenticated;
}

void unlearn(std::string& text, token_question const& asked) {
  for (auto const secret : asked.secrets) hide(text, secret);
  http::sent_secrets(asked.authorization).hide_in(text);
}

std::string cleaned(std::string text, token_question const& asked) {
  unlearn(text, asked);
  constexpr std::size_t text_bytes_max = 700;
  return redact(text, text_bytes_max);
}

error error_in(http::response const& answer, token_question const& asked) {
  auto const status = "HTTP " + std::to_string(answer.status);
  if (looks_like_html(answer)) {
    auto page = answer;
    unlearn(page.body, asked);
    unlearn(page.reason, asked);
    bool const later = answer.status >= 500;
    error const shown = not_databricks_error(page);
    wipe(page.body);
    return error(
        later ? errc::unavailable : errc::not_databricks,
        login_at(asked) + status +
            ", a page instead of a token; is the URL right, and is there a proxy between? " +
            shown.message());
  }
  if (answer.status >= 300 && answer.status < 400) {
    auto const target = answer.find("location");
    return error(errc::redirected,
                 login_at(asked) + status + ", a redirect to " +
                     cleaned(std::string(target.substr(0, target.find_first_of("?#"))), asked) +
                     "; no secret is sent there");
  }
  auto words = cleaned(words_of(answer), asked);
  auto const hinted = hint_for(words);
  if (words.empty()) words = "the answer says no more";
  std::string text = login_at(asked) + words + " (" + status + ")";
  if (!hinted.empty()) (text += "; ") += hinted;
  return error(code_for(answer.status), std::move(text));
}

}  // namespace

error refused_login(http::response const& answer, wall_time now, token_question const& asked) {
  error why = error_in(answer, asked);
  if (why.code() != errc::unavailable) return why;
  auto const wait = http::parse_retry_after(answer.find("retry-after"), now, login_retry_after_max);
  if (!wait) return why;
  return std::move(why).with_retry_after(std::chrono::ceil<std::chrono::milliseconds>(*wait));
}

error unreached_login(error const& why, token_question const& asked) {
  return error(why.code(), login_at(asked) + cleaned(why.message(), asked));
}

result<access_token> read_token(http::response const& answer, wall_time now,
                                token_question const& asked) {
  if (answer.status < 200 || answer.status >= 300 || looks_like_html(answer)) {
    return refused_login(answer, now, asked);
  }
  auto read = json::read_as<token_document>(answer.body, "answer");
  if (!read) {
    return error(errc::not_databricks,
                 login_at(asked) + "the answer is not a token: " + read.error().message());
  }
  access_token out;
  out.value = secret(std::move(read->access_token));
  if (out.value.empty()) {
    return error(errc::not_databricks, login_at(asked) + "the answer holds no access_token");
  }
  if (auto const seconds = whole_number(read->expires_in)) {
    out.lifetime = std::chrono::seconds(*seconds);
  } else if (auto const at = whole_number(read->expires_on)) {
    out.lifetime = std::chrono::seconds(*at - epoch_of(answer, now));
  }
  return out;
}

result<access_token> read_az_token(std::string_view text, wall_time now) {
  auto read = json::read_as<az_document>(text, "az");
  if (!read || read->access_token.empty()) {
    return error(errc::unauthenticated,
                 "login (azure-cli): az printed no token; try: az account get-access-token");
  }
  access_token out;
  out.value = secret(std::move(read->access_token));
  auto const wall = std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch());
  if (auto const at = whole_number(read->expires_on)) {
    out.lifetime = std::chrono::seconds(*at) - wall;
  }
  return out;
}

}  // namespace kiln
