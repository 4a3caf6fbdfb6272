#include "emulator/emulator_core.hpp"
#include "json/base64.hpp"

#include <gtest/gtest.h>

#include <optional>

namespace {

using namespace std::chrono_literals;
using namespace kiln::emulation;
using kiln::emulator_fault;
using kiln::emulator_options;
using action = final_reply::action;

/// A workspace that is spoken to without a wire.
class workspace {
 public:
  explicit workspace(emulator_options options = {}) : core(with_token(std::move(options))) {}

  final_reply call(std::string method, std::string target, std::string_view body = {},
                   std::string authorization = "Bearer secret") {
    request_head head;
    head.method = std::move(method);
    head.target = std::move(target);
    head.authorization = std::move(authorization);
    head.content_type = content_type;
    head.accepts_gzip = true;
    head.content_length = body.size();
    auto request = core.begin(std::move(head), now);
    request.take(std::as_bytes(std::span(body)));
    waited = request.delay();
    return core.finish(request, now);
  }
  final_reply post(std::string const& name, std::string_view body) {
    return call("POST", "/api/2.0/dbfs/" + name, body);
  }
  final_reply get(std::string const& name_and_query) {
    return call("GET", "/api/2.0/dbfs/" + name_and_query);
  }
  void pass(std::chrono::milliseconds by) {
    now.steady += by;
    now.wall += by;
  }

  static emulator_options with_token(emulator_options options) {
    options.token = "secret";
    return options;
  }
  moment now{kiln::instant(1h), kiln::wall_time(1'600'000'000s)};
  std::string content_type = "application/json";
  std::chrono::milliseconds waited{0};
  emulator_core core;
};

emulator_options unlimited() {
  emulator_options out;
  out.limiter = kiln::limiter_kind::none;
  return out;
}

emulator_fault fault(emulator_fault::kind what, bool after = false) {
  emulator_fault out;
  out.route = "/api/2.0/dbfs/*";
  out.what = what;
  out.after_handler = after;
  out.delay = 3s;
  out.body = "<html>busy</html>";
  return out;
}

#define EXPECT_REPLY(expression, http_status, text)                      \
  do {                                                                   \
    auto const reply_ = (expression);                                    \
    EXPECT_EQ(reply_.status, http_status) << reply_.body;                \
    EXPECT_NE(reply_.body.find(text), std::string::npos) << reply_.body; \
  } while (false)

TEST(emulator_core, serves_a_stream_from_create_to_read) {
  workspace w;
  auto const created = w.post("create", R"({"path":"/a"})");
  ASSERT_EQ(created.status, 200);
  auto const handle = created.body.substr(10, created.body.size() - 11);
  EXPECT_REPLY(w.post("add-block", R"({"handle":)" + handle + R"(,"data":"aGVsbG8="})"), 200, "{}");
  EXPECT_REPLY(w.post("add-block", R"({"handle":")" + handle + R"(","data":"IQ=="})"), 200, "{}");
  EXPECT_REPLY(w.post("close", R"({"handle":)" + handle + "}"), 200, "{}");
  EXPECT_EQ(w.get("read?path=/a").body, R"({"bytes_read":6,"data":"aGVsbG8h"})");
  EXPECT_EQ(w.get("get-status?path=dbfs%3A%2Fa").body,
            R"({"path":"/a","is_dir":false,"file_size":6,"modification_time":1600000000000})");
  EXPECT_REPLY(w.get("list?path=/"), 200, R"({"files":[{"path":"/a")");
}

TEST(emulator_core, reads_half_a_mebibyte_unless_told_otherwise) {
  workspace w;
  std::string const whole(1'000'000, 'x');
  std::string text;
  kiln::json::append_base64(text, std::as_bytes(std::span(whole)));
  ASSERT_EQ(w.post("put", R"({"path":"/a","contents":")" + text + "\"}").status, 200);
  EXPECT_REPLY(w.get("read?path=/a"), 200, R"("bytes_read":524288,)");
  EXPECT_REPLY(w.get("read?path=/a&length=1048576"), 200, R"("bytes_read":1000000,)");
  EXPECT_REPLY(w.get("read?path=/a&length=1048577"), 400, "MAX_READ_SIZE_EXCEEDED");
  EXPECT_REPLY(w.get("read?path=/a&offset=-1"), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_REPLY(w.get("read?path=/a&offset=x"), 400, "MALFORMED_REQUEST");
}

TEST(emulator_core, words_bad_requests_as_the_service_does) {
  workspace w(unlimited());
  EXPECT_REPLY(w.post("create", "{"), 400, "MALFORMED_REQUEST");
  EXPECT_REPLY(w.post("create", "[]"), 400, "MALFORMED_REQUEST");
  EXPECT_REPLY(w.post("create", ""), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_REPLY(w.post("create", R"({"path":5})"), 400, "MALFORMED_REQUEST");
  EXPECT_REPLY(w.post("create", R"({"path":"/a","overwrite":1})"), 400, "MALFORMED_REQUEST");
  EXPECT_REPLY(w.post("close", R"({"handle":1.5})"), 400, "MALFORMED_REQUEST");
  EXPECT_REPLY(w.post("close", R"({"handle":1})"), 404, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_REPLY(w.post("put", R"({"path":"/a","contents":"?"})"), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_REPLY(w.get("list"), 400, "INVALID_PARAMETER_VALUE");
  EXPECT_REPLY(w.get("list?path=%zz"), 400, "MALFORMED_REQUEST");
  EXPECT_REPLY(w.get("get-status?path=/nope"), 404, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_REPLY(w.call("GET", "/api/2.0/secrets/list"), 501, "NOT_IMPLEMENTED");
  EXPECT_REPLY(w.call("GET", "/"), 501, "NOT_IMPLEMENTED");
  auto const wrong_verb = w.call("GET", "/api/2.0/dbfs/put");
  EXPECT_EQ(wrong_verb.status, 405);
  EXPECT_NE(wrong_verb.headers.find("Allow: POST\r\n"), std::string::npos);
}

TEST(emulator_core, wants_its_token) {
  workspace w;
  EXPECT_REPLY(w.call("GET", "/api/2.0/dbfs/list?path=/", "", ""), 401, R"("error_code":401)");
  EXPECT_REPLY(w.call("GET", "/api/2.0/dbfs/list?path=/", "", "Basic secret"), 401, "401");
  for (auto const* bad : {"Bearer ", "Bearer secre", "Bearer secrets", "Bearer Secret"}) {
    EXPECT_REPLY(w.call("GET", "/api/2.0/dbfs/list?path=/", "", bad), 401, "UNAUTHENTICATED");
  }
  EXPECT_EQ(w.call("GET", "/_emulator/health", "", "").status, 200);
}

TEST(emulator_core, throttles_with_and_without_retry_after) {
  for (bool const says_when : {true, false}) {
    emulator_options options;
    options.rate = 2;
    options.retry_after = says_when;
    workspace w(options);
    EXPECT_EQ(w.get("list?path=/").status, 200);
    EXPECT_EQ(w.get("list?path=/").status, 200);
    auto const third = w.get("list?path=/");
    EXPECT_REPLY(third, 429, R"("error_code":"REQUEST_LIMIT_EXCEEDED")");
    EXPECT_EQ(third.headers.find("Retry-After: 1\r\n") != std::string::npos, says_when);
    auto const stats = w.core.stats();
    EXPECT_EQ(stats.requests, 3U);
    EXPECT_EQ(stats.throttled, 1U);
    EXPECT_EQ(stats.worst_second, 3U);
    EXPECT_REPLY(w.call("GET", "/_emulator/rate"), 200,
                 R"({"worst_second":3,"requests":3,"throttled":1,)");
  }
}

TEST(emulator_core, refuses_bodies_over_ten_megabytes) {
  workspace w;
  std::string const huge(emulator_core::request_bytes_max + 1, ' ');
  EXPECT_EQ(w.post("put", huge).status, 413);
  EXPECT_EQ(w.call("POST", "/_emulator/rate", huge).status, 413);
}

TEST(emulator_core, takes_a_form_and_bounds_its_content) {
  emulator_options options;
  options.put_bytes_max = 10;
  workspace w(options);
  w.content_type = "multipart/form-data; boundary=XX";
  auto const form = [](std::string const& overwrite, std::string const& contents) {
    auto const part = [](std::string const& name, std::string const& value) {
      return "--XX\r\nContent-Disposition: form-data; name=" + name + "\r\n\r\n" + value + "\r\n";
    };
    return part("contents", contents) + part("path", "/f") + part("overwrite", overwrite) +
           "--XX--";
  };
  EXPECT_EQ(w.post("put", form("false", "0123456789")).status, 200);
  EXPECT_REPLY(w.post("put", form("false", "x")), 400, "RESOURCE_ALREADY_EXISTS");
  EXPECT_REPLY(w.post("put", form("maybe", "x")), 400, "MALFORMED_REQUEST");
  EXPECT_REPLY(w.post("put", form("true", "0123456789a")), 400, "MAX_BLOCK_SIZE_EXCEEDED");
  EXPECT_REPLY(w.post("put", form("true", "x").substr(0, 60)), 400, "MALFORMED_REQUEST");
  EXPECT_EQ(w.get("read?path=/f").body, R"({"bytes_read":10,"data":"MDEyMzQ1Njc4OQ=="})");
  EXPECT_EQ(w.post("put", form("true", "")).status, 200);
  EXPECT_REPLY(w.get("read?path=/f"), 200, R"("bytes_read":0,"data":"")");
}

TEST(emulator_core, a_fault_before_the_handler_leaves_the_state_alone) {
  for (auto [what, expected] : {std::pair(emulator_fault::kind::close, action::close),
                                std::pair(emulator_fault::kind::reset, action::reset),
                                std::pair(emulator_fault::kind::stall, action::stall),
                                std::pair(emulator_fault::kind::status, action::answer)}) {
    workspace w;
    w.core.add_fault(fault(what));
    EXPECT_EQ(w.post("mkdirs", R"({"path":"/d"})").what, expected);
    EXPECT_EQ(w.get("get-status?path=/d").status, 404);
    EXPECT_EQ(w.core.stats().faults_fired, 1U);
  }
}

TEST(emulator_core, a_fault_after_the_handler_replaces_the_answer_only) {
  for (auto what : {emulator_fault::kind::close, emulator_fault::kind::reset,
                    emulator_fault::kind::stall, emulator_fault::kind::status}) {
    workspace w;
    w.core.add_fault(fault(what, true));
    auto const reply = w.post("mkdirs", R"({"path":"/d"})");
    if (what == emulator_fault::kind::status) {
      EXPECT_REPLY(reply, 503, "<html>busy</html>");
      EXPECT_NE(reply.headers.find("Content-Type: text/html"), std::string::npos);
    }
    EXPECT_EQ(w.get("get-status?path=/d").status, 200);
  }
}

TEST(emulator_core, a_delay_stands_before_or_behind_the_handler) {
  workspace w;
  w.core.add_fault(fault(emulator_fault::kind::delay));
  w.core.add_fault(fault(emulator_fault::kind::delay, true));
  EXPECT_EQ(w.get("list?path=/").delay, 0ms);
  EXPECT_EQ(w.waited, 3s);
  EXPECT_EQ(w.get("list?path=/").delay, 3s);
  EXPECT_EQ(w.waited, 0s);
}

TEST(emulator_core, adds_latency_and_the_time_of_a_partial_delete) {
  emulator_options options;
  options.latency = 20ms;
  options.delete_entries_max = 1;
  options.partial_delete_delay = 45s;
  workspace w(options);
  EXPECT_EQ(w.post("mkdirs", R"({"path":"/d/a"})").delay, 20ms);
  w.post("mkdirs", R"({"path":"/d/b"})");
  auto const partial = w.post("delete", R"({"path":"/d","recursive":true})");
  EXPECT_REPLY(partial, 503, "PARTIAL_DELETE");
  EXPECT_EQ(partial.delay, 45s + 20ms);
  EXPECT_EQ(w.call("GET", "/_emulator/health").delay, 0ms);
}

TEST(emulator_core, compresses_for_those_who_accept_it_when_told_to) {
  auto options = unlimited();
  options.gzip = true;
  workspace w(options);
  for (int i = 0; i < 50; ++i) w.post("mkdirs", R"({"path":"/d)" + std::to_string(i) + "\"}");
  auto const reply = w.get("list?path=/");
  EXPECT_NE(reply.headers.find("Content-Encoding: gzip\r\n"), std::string::npos);
  EXPECT_EQ(reply.body.substr(0, 2), "\x1f\x8b");
  EXPECT_LT(reply.body.size(), 1500U);
}

TEST(emulator_core, control_scripts_and_lists_faults) {
  workspace w;
  EXPECT_EQ(w.call("POST", "/_emulator/faults",
                   R"({"route":"/api/2.0/dbfs/list","status":429,"headers":"Retry-After: 7\r\n"})")
                .status,
            200);
  auto const hit = w.get("list?path=/");
  EXPECT_EQ(hit.status, 429);
  EXPECT_NE(hit.headers.find("Retry-After: 7\r\n"), std::string::npos);
  EXPECT_REPLY(w.call("GET", "/_emulator/faults"), 200, R"("seen":1,"hits":1})");
  EXPECT_EQ(w.call("DELETE", "/_emulator/faults").status, 200);
  EXPECT_EQ(w.call("GET", "/_emulator/faults").body, R"({"faults":[]})");
}

TEST(emulator_core, control_refuses_what_it_does_not_understand) {
  workspace w;
  for (auto const* body : {"", "[]", R"({"route":"/a","what":"explode"})", R"({"route":"a"})",
                           R"({"route":"/a","statsu":500})", R"({"route":"/a","skip":"1"})",
                           R"({"route":"/a","status":99})", R"({"route":"/a","times":-1})"}) {
    EXPECT_EQ(w.call("POST", "/_emulator/faults", body).status, 400) << body;
  }
  EXPECT_EQ(w.call("GET", "/_emulator/nope").status, 404);
  EXPECT_EQ(w.call("POST", "/_emulator/health").status, 405);
  EXPECT_EQ(w.call("POST", "/_emulator/rate", R"({"rate":0})").status, 400);
}

TEST(emulator_core, control_tells_requests_and_moves_rate_and_clock) {
  workspace w;
  w.get("list?path=/");
  w.get("list?path=/x");
  EXPECT_EQ(w.call("GET", "/_emulator/requests?last=1").body,
            R"({"requests":[{"method":"GET","path":"/api/2.0/dbfs/list","status":404,)"
            R"("when_ms":1600000000000}]})");
  EXPECT_EQ(w.call("POST", "/_emulator/clock", R"({"advance_ms":600000})").status, 200);
  EXPECT_EQ(w.call("GET", "/_emulator/clock").body, R"({"now_ms":1600000600000})");
  EXPECT_EQ(w.call("POST", "/_emulator/rate", R"({"rate":1})").status, 200);
  EXPECT_EQ(w.get("list?path=/").status, 200);
  EXPECT_EQ(w.get("list?path=/").status, 429);
}

TEST(emulator_core, reset_forgets_files_faults_and_counters) {
  workspace w;
  w.post("mkdirs", R"({"path":"/d"})");
  w.core.add_fault(fault(emulator_fault::kind::close));
  EXPECT_EQ(w.call("POST", "/_emulator/reset").status, 200);
  EXPECT_EQ(w.core.stats().requests, 0U);
  EXPECT_EQ(w.get("get-status?path=/d").status, 404);
  EXPECT_EQ(w.call("GET", "/_emulator/faults").body, R"({"faults":[]})");
}

TEST(emulator_core, once_retired_nothing_changes) {
  workspace w;
  w.core.retire();
  EXPECT_EQ(w.post("mkdirs", R"({"path":"/d"})").what, action::close);
  EXPECT_EQ(w.call("GET", "/_emulator/health").what, action::close);
}

TEST(emulator_core, what_runs_do_to_clusters_is_seen_by_whoever_asks) {
  workspace w(unlimited());
  EXPECT_REPLY(w.call("POST", "/api/2.0/jobs/runs/submit",
                      R"({"new_cluster":{"spark_version":"7.3.x-scala2.12","num_workers":1,)"
                      R"("node_type_id":"Standard_DS3_v2"},"spark_python_task":)"
                      R"({"python_file":"dbfs:/a.py","parameters":["kiln_seconds=60"]}})"),
               200, R"({"run_id":1001})");
  auto const list = "/api/2.0/clusters/list";
  EXPECT_REPLY(w.call("GET", list), 200, R"("state":"PENDING")");
  w.pass(1s);
  auto const running = w.call("GET", list);
  EXPECT_REPLY(running, 200, R"("state":"RUNNING")");
  EXPECT_REPLY(running, 200, R"("cluster_source":"JOB")");
  auto const from = running.body.find(R"("cluster_id":")") + 14;
  auto const id = running.body.substr(from, running.body.find('"', from) - from);
  EXPECT_REPLY(w.call("POST", "/api/2.0/clusters/delete", R"({"cluster_id":")" + id + "\"}"), 200,
               "{}");
  EXPECT_REPLY(w.call("GET", "/api/2.0/jobs/runs/get?run_id=1001"), 200, "INTERNAL_ERROR");
  EXPECT_REPLY(w.call("POST", "/api/2.0/clusters/events", R"({"cluster_id":")" + id + "\"}"), 200,
               R"("total_count":4)");
}

TEST(emulator_core, json_that_is_too_deep_or_broken_is_refused_by_every_service) {
  workspace w(unlimited());
  std::string deep_objects;
  for (int i = 0; i < 100'000; ++i) deep_objects += R"({"a":)";
  std::string const bodies[] = {
      std::string(100'000, '['), deep_objects,     R"({"path":"/x")",      R"({"path":"/x"}})",
      "{\"path\":\"\xff\xfe\"}", "\xef\xbb\xbf{}", R"({"path":"\ud800"})", "NaN"};
  for (auto const* const path :
       {"/api/2.0/dbfs/mkdirs", "/api/2.0/clusters/create", "/api/2.1/jobs/runs/submit",
        "/api/2.0/instance-pools/create", "/api/2.0/libraries/install", "/api/2.0/workspace/mkdirs",
        "/api/2.0/groups/create", "/api/2.0/token/create", "/api/2.0/mlflow/runs/log-batch",
        "/api/2.0/mlflow/registered-models/create", "/api/2.0/preview/scim/v2/Users"}) {
    for (auto const& body : bodies) {
      EXPECT_EQ(w.call("POST", path, body).status, 400) << path << ' ' << body.substr(0, 20);
    }
  }
}

TEST(emulator_core, a_path_that_leads_upwards_leads_nowhere) {
  workspace w(unlimited());
  for (std::string const path :
       {"/../etc/passwd", "/a/../../b", "/a/%2e%2e/b", "/a/%2E%2E%2Fb", "/./a", "/a/.", "..", "a/b",
        "/a%00b", "dbfs:/../a", "%2fa%2f.."}) {
    for (std::string const call : {"dbfs/read", "dbfs/list", "dbfs/get-status", "workspace/list",
                                   "workspace/export", "workspace/get-status"}) {
      EXPECT_REPLY(w.call("GET", "/api/2.0/" + call + "?path=" + path), 400,
                   "INVALID_PARAMETER_VALUE");
    }
  }
  for (std::string const path : {"../../x", "/../x", "/a/../../x", "/a/./x"}) {
    for (std::string const call : {"dbfs/put", "dbfs/create", "dbfs/mkdirs", "dbfs/delete",
                                   "workspace/mkdirs", "workspace/delete"}) {
      EXPECT_REPLY(w.call("POST", "/api/2.0/" + call, R"({"path":")" + path + "\"}"), 400,
                   "INVALID_PARAMETER_VALUE");
    }
    EXPECT_EQ(w.call("PUT", "/api/2.0/fs/files/Volumes/a/b/c/" + path, "x").status, 400) << path;
  }
  for (std::string const path : {"..%2F..%2Fx", "%2e%2e/x", "x%00y"}) {
    EXPECT_EQ(w.call("PUT", "/api/2.0/fs/files/Volumes/a/b/c/" + path, "x").status, 400) << path;
  }
  EXPECT_REPLY(w.get("list?path=/"), 200, "{}");
}

TEST(emulator_core, names_the_option_that_cannot_work) {
  auto const complaint = [](auto change) -> std::string {
    emulator_options options;
    change(options);
    try {
      emulator_core core(options);
    } catch (std::invalid_argument const& e) {
      return e.what();
    }
    return "";
  };
  EXPECT_EQ(complaint([](emulator_options&) {}), "");
  EXPECT_NE(complaint([](emulator_options& o) { o.rate = 0; }).find("::rate"), std::string::npos);
  EXPECT_NE(complaint([](emulator_options& o) { o.burst = 0; }).find("::burst"), std::string::npos);
  EXPECT_NE(complaint([](emulator_options& o) { o.token = "a b"; }).find("::token"),
            std::string::npos);
  EXPECT_NE(complaint([](emulator_options& o) { o.key_file = "k"; }).find("key_file"),
            std::string::npos);
}

}  // namespace
