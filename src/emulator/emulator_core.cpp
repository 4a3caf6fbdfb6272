#include "emulator/emulator_core.hpp"

#include "core/ascii.hpp"
#include "emulator/files_api.hpp"
#include "emulator/gzip.hpp"
#include "emulator/runs_script.hpp"
#include "http/date.hpp"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <stdexcept>
#include <utility>

namespace kiln::emulation {

namespace {

constexpr std::size_t gzip_bytes_min = 256;
/// Who the emulator's own token is.
constexpr std::string_view owner_name = "owner@example.com";

emulator_options checked(emulator_options options) {
  auto const require = [](bool good, char const* what) {
    if (!good) throw std::invalid_argument(std::string("emulator_options::") + what);
  };
  require(std::isfinite(options.rate) && options.rate > 0, "rate is not above 0");
  require(options.burst > 0, "burst is 0");
  require(options.latency.count() >= 0, "latency is negative");
  require(options.idle_close.count() >= 0, "idle_close is negative");
  require(options.partial_delete_delay.count() >= 0, "partial_delete_delay is negative");
  auto const& times = options.clusters;
  for (auto const time : {times.start, times.warm_start, times.resize, times.terminate,
                          times.machine, times.library}) {
    require(time.count() >= 0, "clusters has a negative time");
  }
  require(options.storage != storage_kind::directory || !options.data_dir.empty(),
          "data_dir is empty");
  require(options.jobs.run_pending.count() >= 0 && options.jobs.run_duration.count() >= 0 &&
              options.jobs.run_cleanup.count() >= 0,
          "jobs has a negative time");
  require(bool(parse_run_results(options.jobs.run_result)), "jobs.run_result is not a result");
  require(options.token_lifetime.count() > 0, "token_lifetime is not above 0");
  require(options.certificate_file.empty() == options.key_file.empty(),
          "certificate_file and key_file go together");
  require(std::all_of(options.token.begin(), options.token.end(),
                      [](char c) { return c > ' ' && c < 0x7f; }),
          "token has a character that no header can carry");
  if (options.token.empty()) {
    random_source random(~options.seed);
    options.token = "dapi" + random.name() + random.name();
  }
  return options;
}

api_reply refusal(int status, std::string code, std::string message) {
  return to_reply({status, std::move(code), std::move(message)});
}

api_reply oversized(std::size_t bytes_max) {
  return refusal(413, "INVALID_PARAMETER_VALUE",
                 "The request has more than " + std::to_string(bytes_max) + " bytes");
}

bool names_content_type(std::string_view headers) noexcept {
  return ascii::contains_ignoring_case(headers, "content-type:");
}
bool names_length(std::string_view headers) noexcept {
  return ascii::contains_ignoring_case(headers, "content-length:");
}

/// Of a list as verbs_of gives it.
bool names_verb(std::string_view verbs, std::string_view verb) noexcept {
  while (!verbs.empty()) {
    auto const end = std::min(verbs.find(", "), verbs.size());
    if (verbs.substr(0, end) == verb) return true;
    verbs.remove_prefix(std::min(end + 2, verbs.size()));
  }
  return false;
}

final_reply::action action_of(emulator_fault::kind what) noexcept {
  switch (what) {
    case emulator_fault::kind::close:
      return final_reply::action::close;
    case emulator_fault::kind::reset:
      return final_reply::action::reset;
    case emulator_fault::kind::truncate:
      return final_reply::action::truncate;
    case emulator_fault::kind::stall:
      return final_reply::action::stall;
    case emulator_fault::kind::status:
    case emulator_fault::kind::delay:
      break;
  }
  return final_reply::action::answer;
}

api_reply scripted(emulator_fault const& fault) {
  api_reply out;
  out.status = fault.status;
  out.body = fault.body;
  out.headers = fault.headers;
  out.content_type = fault.body.starts_with('{') ? "application/json" : "text/html";
  return out;
}

}  // namespace

void pending_request::take(std::span<std::byte const> content) {
  if (upload_) {
    upload_->feed(content);
    return;
  }
  if (refusal_) return;
  if (body_.size() + content.size() > body_bytes_max_) {
    refusal_ = oversized(body_bytes_max_);
    body_ = std::string();
    return;
  }
  body_.append(reinterpret_cast<char const*>(content.data()), content.size());
}

emulator_core::emulator_core(emulator_options options)
    : options_(checked(std::move(options))),
      storage_(make_storage(options_.storage, options_.data_dir)),
      tokens_(options_.token, std::string(owner_name)),
      identity_({options_.tenant_id, options_.client_id, options_.token, options_.token_lifetime,
                 options_.seed},
                tokens_),
      files_(*storage_,
             {options_.put_bytes_max, options_.delete_entries_max, options_.partial_delete_delay},
             options_.seed),
      dbfs_(files_),
      services_(options_, tokens_, files_),
      limiter_(options_.limiter, options_.rate, options_.burst),
      random_(options_.seed + 1) {}

emulator_core::~emulator_core() = default;

moment emulator_core::shifted(moment now) const noexcept {
  return {now.steady + clock_shift_, now.wall + clock_shift_};
}

pending_request emulator_core::begin(request_head head, moment now) {
  pending_request out;
  auto const question = std::min(head.target.find('?'), head.target.size());
  out.path_ = head.target.substr(0, question);
  out.query_ = head.target.substr(std::min(question + 1, head.target.size()));
  out.method_ = std::move(head.method);
  out.is_control_ = out.path_.starts_with(control_prefix);
  out.accepts_gzip_ = head.accepts_gzip;
  out.content_type_ = head.content_type;
  out.range_ = std::move(head.range);
  out.unmodified_since_ = std::move(head.unmodified_since);

  std::lock_guard lock(gate_);
  now = shifted(now);
  if (out.is_control_ || retired_) return out;  // take() bounds their bodies
  out.is_login_ = !identity_api::verbs_of(out.path_).empty();
  if (out.is_login_) {
    ++stats_.login_requests;
    out.base_ = (options_.certificate_file.empty() ? "http://" : "https://") + head.host;
    out.authorization_ = head.authorization;
    out.metadata_ = head.metadata;
  } else {
    ++stats_.requests;
    arrivals_.arrived(now.steady);
  }
  out.refusal_ = refusal_of(head, out, now);
  if (out.refusal_) return out;
  out.fault_ = faults_.next(out.path_);
  if (out.fault_) {
    ++stats_.faults_fired;
    bool const waits = out.fault_->what == emulator_fault::kind::delay;
    if (waits && !out.fault_->after_handler) out.delay_ = out.fault_->delay;
  }
  auto const boundary = form_boundary(head.content_type);
  if (boundary && dbfs_api::takes_form(out.path_)) {
    out.upload_ = std::make_unique<form_upload>(*boundary, storage_, options_.put_bytes_max);
  } else if (files_api::takes_content(out.method_, out.path_)) {
    out.upload_ = std::make_unique<raw_upload>(out.path_, out.query_, storage_);
  } else if (head.content_length.value_or(0) > out.body_bytes_max_) {
    out.refusal_ = oversized(out.body_bytes_max_);
  } else {
    out.body_.reserve(static_cast<std::size_t>(head.content_length.value_or(0)));
  }
  return out;
}

std::optional<api_reply> emulator_core::refusal_of(request_head const& head,
                                                   pending_request& request, moment now) {
  if (request.is_login_) return wrong_verb(request, identity_api::verbs_of(request.path_));
  if (auto reply = unauthorized(head.authorization, request, now)) return reply;
  if (auto const verdict = limiter_.admits(now.steady); !verdict.admitted) {
    return throttled_reply(verdict);
  }
  auto const* const service = services_.find(request.path_);
  if (service != nullptr) request.body_bytes_max_ = service->body_bytes_max(request.path_);
  auto const verbs =
      service != nullptr ? service->verbs_of(request.path_) : dbfs_api::verb_of(request.path_);
  return wrong_verb(request, verbs);
}

std::optional<api_reply> emulator_core::wrong_verb(pending_request const& request,
                                                   std::string_view verbs) {
  if (verbs.empty()) {
    return refusal(501, "NOT_IMPLEMENTED", "The emulator has no endpoint " + request.path_);
  }
  if (!names_verb(verbs, request.method_)) {
    auto reply = refusal(405, "ENDPOINT_NOT_FOUND",
                         "No API found for '" + request.method_ + ' ' + request.path_ + "'");
    reply.headers = "Allow: " + std::string(verbs) + "\r\n";
    return reply;
  }
  return std::nullopt;
}

std::optional<api_reply> emulator_core::unauthorized(std::string const& authorization,
                                                     pending_request& request, moment now) {
  constexpr std::string_view scheme = "Bearer ";
  api_reply reply;
  if (authorization.starts_with(scheme)) {
    auto const found = tokens_.present(std::string_view(authorization).substr(scheme.size()), now);
    if (found.what == token_registry::standing::good) {
      request.caller_ = found.holder;
      return std::nullopt;
    }
    if (found.what == token_registry::standing::suspended) {
      return refusal(403, "PERMISSION_DENIED", "The user of this access token is inactive.");
    }
    bool const expired = found.what == token_registry::standing::expired;
    reply = refusal(401, "UNAUTHENTICATED",
                    expired ? "The access token has expired." : "Invalid access token.");
  } else {
    // The service writes this one with a number for a code.
    reply.status = 401;
    reply.body = R"({"error_code":401,"message":"Credential was not sent or was of an )"
                 R"(unsupported type for this API."})";
  }
  reply.headers = "WWW-Authenticate: Bearer realm=\"DatabricksRealm\"\r\n";
  return reply;
}

api_reply emulator_core::throttled_reply(limiter::verdict verdict) {
  ++stats_.throttled;
  auto reply = refusal(429, "REQUEST_LIMIT_EXCEEDED", "RPC token bucket limit has been exceeded.");
  if (options_.retry_after) {
    reply.headers = "Retry-After: " + std::to_string(verdict.retry_after.count()) + "\r\n";
  }
  return reply;
}

api_reply emulator_core::handle(pending_request& request, moment now) {
  if (request.refusal_) return std::move(*request.refusal_);
  api_request const api{
      request.method_, request.path_,         request.query_, request.body_,
      request.caller_, request.content_type_, request.range_, request.unmodified_since_};
  if (request.is_control_) return handle_control(api, *this, now);
  if (request.is_login_) {
    identity_api::request const asked{api, request.authorization_, request.base_,
                                      request.metadata_};
    return identity_.handle(asked, now);
  }
  services_.advance(now);
  if (request.upload_) return request.upload_->finish(files_, now);
  auto* const service = services_.find(request.path_);
  return service != nullptr ? service->handle(api, now) : dbfs_.handle(api, now);
}

final_reply emulator_core::finish(pending_request& request, moment now) {
  std::lock_guard lock(gate_);
  final_reply out;
  if (retired_) {
    out.what = final_reply::action::close;
    return out;
  }
  now = shifted(now);
  auto const* fault = request.fault_ ? &*request.fault_ : nullptr;
  auto const what = fault != nullptr ? fault->what : emulator_fault::kind::delay;
  auto action = fault != nullptr ? action_of(what) : final_reply::action::answer;
  // Half an answer needs a whole one first.
  bool const handled = fault == nullptr || fault->after_handler ||
                       what == emulator_fault::kind::delay ||
                       what == emulator_fault::kind::truncate;
  api_reply reply;
  if (handled) reply = handle(request, now);
  if (what == emulator_fault::kind::status && fault != nullptr) reply = scripted(*fault);
  auto const worked = reply.delay;
  out = dressed(request, std::move(reply), now);
  out.what = action;
  out.delay = worked;
  if (!request.is_control_) out.delay += options_.latency;
  if (fault != nullptr && fault->after_handler && what == emulator_fault::kind::delay) {
    out.delay += fault->delay;
  }
  if (!request.is_control_) {
    bool const answered = action == final_reply::action::answer;
    auto const ms =
        std::chrono::duration_cast<std::chrono::milliseconds>(now.wall.time_since_epoch());
    log_.add({std::move(request.method_), std::move(request.path_), answered ? out.status : 0,
              ms.count()});
  }
  return out;
}

final_reply emulator_core::dressed(pending_request const& request, api_reply reply, moment now) {
  final_reply out;
  out.status = reply.status;
  out.headers = std::move(reply.headers);
  if (!names_content_type(out.headers)) {
    out.headers += "Content-Type: " + reply.content_type + "\r\n";
  }
  if (!ascii::contains_ignoring_case(out.headers, "date:")) {
    auto const second = std::chrono::floor<std::chrono::seconds>(now.wall);
    out.headers += "Date: " + http::date_text(second) + "\r\n";
  }
  out.headers += "X-Request-Id: " + random_.name() + "\r\n";
  out.body = std::move(reply.body);
  out.file = std::move(reply.file);
  if (options_.gzip && request.accepts_gzip_ && !names_length(out.headers) &&
      out.body.size() >= gzip_bytes_min) {
    auto packed = gzipped(out.body);
    if (!packed.empty()) {
      out.body = std::move(packed);
      out.headers += "Content-Encoding: gzip\r\n";
    }
  }
  return out;
}

bool emulator_core::read(file_part const& part, std::uint64_t offset, std::span<std::byte> into) {
  std::lock_guard lock(gate_);
  if (retired_ || !files_.holds(part.path, *part.from)) return false;
  return part.from->read(part.path, part.offset + offset, into).has_value();
}

void emulator_core::connection_opened() noexcept {
  std::lock_guard lock(gate_);
  ++stats_.connections;
}

void emulator_core::retire() {
  std::lock_guard lock(gate_);
  retired_ = true;
}

void emulator_core::add_fault(emulator_fault fault) {
  std::lock_guard lock(gate_);
  if (!fault.route.starts_with('/')) {
    throw std::invalid_argument("emulator_fault::route is not a path");
  }
  if (!faults_.add(std::move(fault))) throw std::invalid_argument("too many emulator faults");
}

emulator_stats emulator_core::stats() const {
  std::lock_guard lock(gate_);
  return counters();
}

void emulator_core::set_request_rate(double rate) {
  std::lock_guard lock(gate_);
  set_rate(rate);
}

void emulator_core::reset() {
  std::lock_guard lock(gate_);
  forget_everything();
}

// From here on the lock is held: these are called by the control endpoints too.

void emulator_core::forget_everything() {
  files_.clear();
  tokens_.clear();
  services_.clear();
  identity_.clear();
  faults_.clear();
  log_.clear();
  arrivals_.reset();
  auto const connections = stats_.connections;
  stats_ = {};
  stats_.connections = connections;
  limiter_ = limiter(options_.limiter, options_.rate, options_.burst);
}

void emulator_core::set_rate(double rate) { limiter_.set_rate(rate); }

void emulator_core::advance_clock(std::chrono::milliseconds by) { clock_shift_ += by; }

emulator_stats emulator_core::counters() const {
  auto out = stats_;
  out.worst_second = arrivals_.worst();
  return out;
}

double emulator_core::rate() const { return limiter_.rate(); }

}  // namespace kiln::emulation
