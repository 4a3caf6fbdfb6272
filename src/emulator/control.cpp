#include "emulator/control.hpp"

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <utility>

namespace kiln::emulation {

namespace {

namespace bj = boost::json;

/// Reads members by name and complains about those nobody asked for: a misspelt fault must not
/// be a fault that never fires.
class strict_object {
 public:
  static outcome<strict_object> parse(std::string_view text) {
    bj::error_code code;
    auto value = bj::parse(bj::string_view(text.data(), text.size()), code);
    if (code || !value.is_object()) return invalid_parameter("The body is not a JSON object");
    strict_object out;
    out.members_ = std::move(value.get_object());
    return out;
  }
  void read(std::string_view name, std::string& into) {
    if (auto const* v = take(name)) {
      if (v->is_string()) into = std::string(v->get_string().data(), v->get_string().size());
      if (!v->is_string()) wrong(name);
    }
  }
  void read(std::string_view name, bool& into) {
    if (auto const* v = take(name)) {
      if (v->is_bool()) into = v->get_bool();
      if (!v->is_bool()) wrong(name);
    }
  }
  void read(std::string_view name, std::int64_t& into) {
    if (auto const* v = take(name)) {
      if (v->is_int64() && v->get_int64() >= 0) into = v->get_int64();
      if (!v->is_int64() || v->get_int64() < 0) wrong(name);
    }
  }
  void read(std::string_view name, double& into) {
    if (auto const* v = take(name)) {
      if (v->is_number()) into = v->to_number<double>();
      if (!v->is_number()) wrong(name);
    }
  }
  /// Once every member was read.
  [[nodiscard]] outcome<void> finish() const {
    if (!wrong_.empty()) return invalid_parameter("The member " + wrong_ + " has a wrong type");
    if (taken_ == members_.size()) return {};
    return invalid_parameter("The body has a member that is not known");
  }

 private:
  bj::value const* take(std::string_view name) {
    auto const* value = members_.if_contains(bj::string_view(name.data(), name.size()));
    if (value != nullptr) ++taken_;
    return value;
  }
  void wrong(std::string_view name) { wrong_ = name; }

  bj::object members_;
  std::size_t taken_ = 0;
  std::string wrong_;
};

outcome<emulator_fault> parse_fault(std::string_view body) {
  auto in = strict_object::parse(body);
  if (!in) return in.error();
  emulator_fault out;
  std::string what = "status";
  std::int64_t skip = 0;
  std::int64_t times = 1;
  std::int64_t status = out.status;
  std::int64_t delay = 0;
  in->read("route", out.route);
  in->read("what", what);
  in->read("after_handler", out.after_handler);
  in->read("skip", skip);
  in->read("times", times);
  in->read("status", status);
  in->read("body", out.body);
  in->read("headers", out.headers);
  in->read("delay_ms", delay);
  if (auto done = in->finish(); !done) return done.error();
  auto const kind = parse_fault_kind(what);
  if (!kind)
    return invalid_parameter("what is none of status, close, reset, truncate, stall, delay");
  if (!out.route.starts_with('/')) return invalid_parameter("route is not a path");
  if (status < 200 || status > 599) return invalid_parameter("status is not from 200 to 599");
  out.what = *kind;
  out.skip = static_cast<std::uint64_t>(skip);
  out.times = static_cast<std::uint64_t>(times);
  out.status = static_cast<int>(status);
  out.delay = std::chrono::milliseconds(delay);
  return out;
}

std::string faults_json(fault_script const& script) {
  std::string out = R"({"faults":[)";
  for (auto const& e : script.entries()) {
    if (&e != &script.entries().front()) out += ',';
    out += R"({"route":)" + json_quoted(e.fault.route);
    out += R"(,"what":)" + json_quoted(to_string(e.fault.what));
    out += e.fault.after_handler ? R"(,"after_handler":true)" : R"(,"after_handler":false)";
    out += R"(,"skip":)" + std::to_string(e.fault.skip);
    out += R"(,"times":)" + std::to_string(e.fault.times);
    out += R"(,"seen":)" + std::to_string(e.seen);
    out += R"(,"hits":)" + std::to_string(e.hits) + '}';
  }
  return out + "]}";
}

api_reply faults(api_request const& request, fault_script& script) {
  api_reply out;
  if (request.method == "GET") {
    out.body = faults_json(script);
  } else if (request.method == "DELETE") {
    script.clear();
  } else {
    auto fault = parse_fault(request.body);
    if (!fault) return to_reply(fault.error());
    if (!script.add(std::move(*fault)))
      return to_reply(invalid_parameter("There are too many faults"));
  }
  return out;
}

api_reply requests(api_request const& request, request_log const& log) {
  std::size_t last = request_log::entries_max;
  auto const parameters = parse_query(request.query);
  if (!parameters) return to_reply(parameters.error());
  for (auto const& [name, value] : *parameters) {
    auto const* const end = value.data() + value.size();
    if (name != "last" || std::from_chars(value.data(), end, last).ptr != end || value.empty()) {
      return to_reply(invalid_parameter("The one parameter is last, a number"));
    }
  }
  api_reply out;
  out.body = R"({"requests":[)";
  auto const& entries = log.entries();
  for (std::size_t i = entries.size() - std::min(last, entries.size()); i < entries.size(); ++i) {
    if (out.body.back() != '[') out.body += ',';
    out.body += R"({"method":)" + json_quoted(entries[i].method);
    out.body += R"(,"path":)" + json_quoted(entries[i].path);
    out.body += R"(,"status":)" + std::to_string(entries[i].status);
    out.body += R"(,"when_ms":)" + std::to_string(entries[i].when_ms) + '}';
  }
  out.body += "]}";
  return out;
}

api_reply rate(api_request const& request, controlled& workspace) {
  api_reply out;
  if (request.method == "POST") {
    auto in = strict_object::parse(request.body);
    if (!in) return to_reply(in.error());
    double value = 0;
    in->read("rate", value);
    if (auto done = in->finish(); !done) return to_reply(done.error());
    if (!(value > 0) || !std::isfinite(value))
      return to_reply(invalid_parameter("rate is not above 0"));
    workspace.set_rate(value);
    return out;
  }
  auto const now = workspace.counters();
  out.body = R"({"worst_second":)" + std::to_string(now.worst_second);
  out.body += R"(,"requests":)" + std::to_string(now.requests);
  out.body += R"(,"throttled":)" + std::to_string(now.throttled);
  out.body += R"(,"rate":)" + std::to_string(workspace.rate()) + '}';
  return out;
}

api_reply clock(api_request const& request, controlled& workspace, moment now) {
  api_reply out;
  if (request.method == "POST") {
    constexpr std::int64_t advance_ms_max = std::int64_t{366} * 86'400'000;
    auto in = strict_object::parse(request.body);
    if (!in) return to_reply(in.error());
    std::int64_t by = 0;
    in->read("advance_ms", by);
    if (auto done = in->finish(); !done) return to_reply(done.error());
    if (by > advance_ms_max) return to_reply(invalid_parameter("advance_ms is more than a year"));
    workspace.advance_clock(std::chrono::milliseconds(by));
    return out;
  }
  auto const ms =
      std::chrono::duration_cast<std::chrono::milliseconds>(now.wall.time_since_epoch());
  out.body = R"({"now_ms":)" + std::to_string(ms.count()) + '}';
  return out;
}

std::string_view methods_of(std::string_view name) noexcept {
  if (name == "health" || name == "requests") return "GET";
  if (name == "reset") return "POST";
  if (name == "faults") return "GET, POST, DELETE";
  if (name == "rate" || name == "clock") return "GET, POST";
  return {};
}

bool offers(std::string_view methods, std::string_view method) noexcept {
  bool const known = method == "GET" || method == "POST" || method == "DELETE";
  return known && methods.find(method) != methods.npos;
}

}  // namespace

void request_log::add(entry e) {
  if (entries_.size() == entries_max) entries_.pop_front();
  entries_.push_back(std::move(e));
}

api_reply handle_control(api_request const& request, controlled& workspace, moment now) {
  auto const name = request.path.substr(control_prefix.size());
  auto const methods = methods_of(name);
  if (methods.empty()) {
    return to_reply({404, "ENDPOINT_NOT_FOUND",
                     "The control endpoints are health, reset, requests, faults, rate and clock"});
  }
  if (!offers(methods, request.method)) {
    auto out = to_reply({405, "ENDPOINT_NOT_FOUND", "The method is not " + std::string(methods)});
    out.headers = "Allow: " + std::string(methods) + "\r\n";
    return out;
  }
  api_reply out;
  if (name == "faults") return faults(request, workspace.faults());
  if (name == "requests") return requests(request, workspace.log());
  if (name == "rate") return rate(request, workspace);
  if (name == "clock") return clock(request, workspace, now);
  if (name == "reset") {
    workspace.forget_everything();
  } else {
    out.body = R"({"status":"ok"})";
  }
  return out;
}

}  // namespace kiln::emulation
