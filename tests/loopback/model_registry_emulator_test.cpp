// What only a workspace's model registry knows, and the limits of both MLflow services, through the
// whole engine against the emulator.
#include "loopback/engine_support.hpp"

#include <kiln/services/mlflow.hpp>
#include <kiln/services/model_registry.hpp>

#include <array>

namespace kiln {
namespace {

using model_registry::activity_type;
using model_registry::model_version_status;

struct model_registry_emulator : engine_tests::emulated {
  model_registry_emulator() {
    serve();
    auto o = options();
    budget_options fast;
    fast.rate = 100'000;
    fast.buckets.clear();
    o.budget = budget(fast);
    o.retry.attempts_max = 1;
    open(std::move(o));
  }
  [[nodiscard]] model_registry::service registry() const { return ws->model_registry(); }
  [[nodiscard]] mlflow::service tracking() const { return ws->mlflow(); }

  template <class T>
  T made(task<T> work) const {
    auto done = wait(std::move(work));
    EXPECT_TRUE(done) << done.error();
    if constexpr (!std::is_void_v<T>) return done ? std::move(*done) : T();
  }
  template <class T>
  std::string code_of(task<T> work) const {
    auto const done = wait(std::move(work));
    return done ? std::string() : done.error().error_code();
  }
  void new_versions(int count) const {
    made(registry().create_model({.name = "m"}));
    for (int i = 0; i < count; ++i) {
      made(registry().create_model_version({.name = "m", .source = "dbfs:/m"}));
    }
  }
  [[nodiscard]] std::string stages() const {
    std::string out;
    std::array<std::string_view, 1> const order{"version_number ASC"};
    for (auto const& v : made(registry().search_model_versions_all({.order_by = order}))) {
      out += v.current_stage + ' ';
    }
    return out;
  }
  void pass(std::chrono::milliseconds by) const {
    made(ws->raw(verb::post, "/_emulator/clock",
                 R"({"advance_ms":)" + std::to_string(by.count()) + '}'));
  }
};

TEST_F(model_registry_emulator, a_version_is_pending_until_it_is_registered) {
  new_versions(1);
  auto const status = [&] {
    return made(registry().get_model_version({.name = "m", .version = "1"})).model_version.status;
  };
  EXPECT_EQ(status(), model_version_status::pending_registration);
  pass(std::chrono::seconds(3));
  EXPECT_EQ(status(), model_version_status::ready);
}

TEST_F(model_registry_emulator, a_transition_archives_what_was_in_the_stage_when_asked_to) {
  new_versions(3);
  for (char const* version : {"1", "2"}) {
    made(registry().transition_stage({.name = "m", .version = version, .stage = "staging"}));
  }
  EXPECT_EQ(stages(), "Staging Staging None ");
  auto const moved = made(registry().transition_stage(
      {.name = "m", .version = "3", .stage = "Staging", .archive_existing_versions = true}));
  EXPECT_EQ(moved.model_version_databricks.current_stage, "Staging");
  EXPECT_EQ(stages(), "Archived Archived Staging ");
  EXPECT_EQ(code_of(registry().transition_stage({.name = "m", .version = "3", .stage = "Shelf"})),
            "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(code_of(registry().transition_stage(
                {.name = "m", .version = "3", .stage = "None", .archive_existing_versions = true})),
            "INVALID_PARAMETER_VALUE");
  std::array<std::string_view, 1> const archived{"Archived"};
  auto const latest = made(registry().get_latest_versions({.name = "m", .stages = archived}));
  ASSERT_EQ(latest.model_versions.size(), 1U);
  EXPECT_EQ(latest.model_versions[0].version, "2");
}

TEST_F(model_registry_emulator, a_request_is_open_until_it_is_decided_or_cancelled) {
  new_versions(1);
  auto const ask = [&](std::string_view stage) {
    return registry().create_transition_request(
        {.name = "m", .version = "1", .stage = stage, .comment = "please"});
  };
  auto const open = [&] {
    return made(registry().list_transition_requests({.name = "m", .version = "1"})).requests;
  };
  auto const asked = made(ask("Staging")).request;
  EXPECT_EQ(asked.to_stage, "Staging");
  EXPECT_EQ(code_of(ask("Staging")), "RESOURCE_ALREADY_EXISTS");
  made(ask("Production"));
  ASSERT_EQ(open().size(), 2U);
  EXPECT_EQ(open()[0].activity_type, activity_type::requested_transition);
  EXPECT_EQ(open()[0].comment, "please");

  auto const approved = made(registry().approve_transition_request(
      {.name = "m", .version = "1", .stage = "Staging", .comment = "yes"}));
  EXPECT_EQ(approved.activity.activity_type, activity_type::approved_request);
  EXPECT_EQ(approved.activity.from_stage, "None");
  EXPECT_EQ(stages(), "Staging ");
  auto const cancelled = made(registry().delete_transition_request(
      {.name = "m", .version = "1", .stage = "Production", .creator = asked.user_id}));
  EXPECT_EQ(cancelled.activity.activity_type, activity_type::cancelled_request);
  EXPECT_TRUE(open().empty());
  EXPECT_EQ(code_of(registry().approve_transition_request(
                {.name = "m", .version = "1", .stage = "Production"})),
            "RESOURCE_DOES_NOT_EXIST");
  made(ask("Archived"));
  auto const rejected = made(
      registry().reject_transition_request({.name = "m", .version = "1", .stage = "Archived"}));
  EXPECT_EQ(rejected.activity.activity_type, activity_type::rejected_request);
  EXPECT_EQ(stages(), "Staging ");
  EXPECT_TRUE(open().empty());
}

TEST_F(model_registry_emulator, a_comment_is_written_edited_and_deleted) {
  new_versions(1);
  auto const written =
      made(registry().create_comment({.name = "m", .version = "1", .comment = "first"})).comment;
  EXPECT_EQ(written.comment, "first");
  auto const edited = made(registry().update_comment({.id = written.id, .comment = "second"}));
  EXPECT_EQ(edited.comment.comment, "second");
  made(registry().delete_comment({.id = written.id}));
  EXPECT_EQ(code_of(registry().delete_comment({.id = written.id})), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(code_of(registry().create_comment({.name = "m", .version = "9", .comment = "c"})),
            "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(model_registry_emulator, a_webhook_never_shows_its_secrets) {
  using enum model_registry::webhook_event;
  std::array<model_registry::webhook_event, 2> const events{comment_created, model_version_created};
  auto const hook =
      made(registry().create_webhook({.events = events,
                                      .http_url_spec = {{.url = "https://hooks.example",
                                                         .secret = "top-secret",
                                                         .authorization = "Bearer hidden"}}}))
          .webhook;
  EXPECT_EQ(hook.status, model_registry::webhook_status::active);
  ASSERT_TRUE(hook.http_url_spec);
  auto const raw = made(ws->raw(verb::get, "/api/2.0/mlflow/registry-webhooks/list")).body;
  EXPECT_EQ(raw.find("top-secret"), std::string::npos);
  EXPECT_EQ(raw.find("hidden"), std::string::npos);
  std::array<model_registry::webhook_event, 1> const others{transition_request_created};
  EXPECT_EQ(made(registry().list_webhooks_all({.events = events})).size(), 1U);
  EXPECT_EQ(made(registry().list_webhooks_all({.events = others})).size(), 0U);
  made(registry().update_webhook(
      {.id = hook.id, .events = others, .status = model_registry::webhook_status::disabled}));
  EXPECT_EQ(made(registry().list_webhooks_all({.events = others})).size(), 1U);
  EXPECT_EQ(made(registry().test_registry_webhook({.id = hook.id})).status_code, 200);
  made(registry().delete_webhook({.id = hook.id}));
  EXPECT_EQ(code_of(registry().delete_webhook({.id = hook.id})), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(model_registry_emulator, a_webhook_needs_events_and_one_target_by_https) {
  std::array<model_registry::webhook_event, 1> const events{
      model_registry::webhook_event::comment_created};
  auto const bad = "INVALID_PARAMETER_VALUE";
  EXPECT_EQ(code_of(registry().create_webhook({.events = events})), bad);
  EXPECT_EQ(code_of(registry().create_webhook(
                {.events = events, .http_url_spec = {{.url = "http://plain.example"}}})),
            bad);
  EXPECT_EQ(code_of(registry().create_webhook(
                {.events = {}, .http_url_spec = {{.url = "https://x.example"}}})),
            bad);
  EXPECT_EQ(
      code_of(registry().create_webhook({.events = events,
                                         .http_url_spec = {{.url = "https://x.example"}},
                                         .job_spec = {{.job_id = "1", .access_token = "t"}}})),
      bad);
  EXPECT_EQ(
      code_of(registry().create_webhook({.events = events,
                                         .model_name = "nobody",
                                         .job_spec = {{.job_id = "1", .access_token = "t"}}})),
      "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(model_registry_emulator, models_are_listed_page_by_page_and_deleted) {
  for (char const* name : {"c", "a", "b"}) made(registry().create_model({.name = name}));
  std::string names;
  for (auto const& m : made(registry().list_models_all({.max_results = 1}))) names += m.name;
  EXPECT_EQ(names, "abc");
  EXPECT_EQ(code_of(registry().list_models({.max_results = 1001})), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(made(registry().get_model({.name = "a"})).registered_model_databricks.permission_level,
            model_registry::permission_level::can_manage);
  made(registry().delete_model({.name = "a"}));
  EXPECT_EQ(code_of(registry().get_model({.name = "a"})), "RESOURCE_DOES_NOT_EXIST");
}

TEST_F(model_registry_emulator, a_version_number_is_never_used_again) {
  new_versions(2);
  made(registry().delete_model_version({.name = "m", .version = "2"}));
  EXPECT_EQ(code_of(registry().get_model_version({.name = "m", .version = "2"})),
            "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(code_of(registry().get_model_version({.name = "m", .version = "two"})),
            "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(made(registry().create_model_version({.name = "m", .source = "dbfs:/m"}))
                .model_version.version,
            "3");
}

TEST_F(model_registry_emulator, a_batch_of_more_than_a_megabyte_is_refused) {
  auto const run = made(tracking().create_run({})).run.info.run_id;
  std::vector<mlflow::tag> const tags(100, {"k", std::string(11'000, 'x')});
  auto const refused = wait(tracking().log_batch({.run_id = run, .tags = tags}));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().error_code(), "INVALID_PARAMETER_VALUE");
  EXPECT_NE(refused.error().message().find("1048576 bytes"), std::string::npos);
}

TEST_F(model_registry_emulator, experiments_are_listed_and_models_logged) {
  std::string names;
  made(tracking().create_experiment({.name = "second"}));
  for (auto const& e : made(tracking().list_experiments_all({.max_results = 1}))) {
    names += e.name + ' ';
  }
  EXPECT_EQ(names, "second Default ");
  auto const run = made(tracking().create_run({})).run.info.run_id;
  EXPECT_EQ(code_of(tracking().log_model({.run_id = run, .model_json = "{}"})),
            "INVALID_PARAMETER_VALUE");
  made(tracking().log_model(
      {.run_id = run,
       .model_json =
           R"({"artifact_path":"m","flavors":{},"utc_time_created":"now","run_id":"r"})"}));
  auto const tags = made(tracking().get_run({.run_id = run})).run.data.tags;
  ASSERT_FALSE(tags.empty());
  EXPECT_EQ(tags[0].key, "mlflow.log-model.history");
}

}  // namespace
}  // namespace kiln
