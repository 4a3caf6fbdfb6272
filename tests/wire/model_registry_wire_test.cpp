// What every operation of the model registry puts on the wire, byte by byte, and what it makes of
// answers.
#include "wire/expected_request.hpp"

#include <kiln/services/model_registry.hpp>

#include <array>

namespace kiln {
namespace {

using std::chrono::milliseconds;
using wire_tests::above_doubles;

constexpr timestamp time_at(std::int64_t ms) { return timestamp(milliseconds(ms)); }

struct model_registry_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] model_registry::service registry() const { return ws.model_registry(); }

  [[nodiscard]] std::string bare(std::string_view method, std::string_view target) const {
    return expect.bare(std::string(method) + " /api/2.0/mlflow/" + std::string(target));
  }
  [[nodiscard]] std::string get(std::string_view target) const { return bare("GET", target); }
  [[nodiscard]] std::string with_body(std::string_view method, std::string_view operation,
                                      std::string const& body) const {
    return expect.with(std::string(method) + " /api/2.0/mlflow/" + std::string(operation), body);
  }
  [[nodiscard]] std::string post(std::string_view operation, std::string const& body) const {
    return with_body("POST", operation, body);
  }
};

constexpr std::array<model_registry::webhook_event, 2> two_events{
    model_registry::webhook_event::model_version_created,
    model_registry::webhook_event::comment_created};

TEST_F(model_registry_wire, models_are_made_changed_and_deleted) {
  EXPECT_EQ(sent(registry().create_model({.name = "m"})),
            post("registered-models/create", R"({"name":"m"})"));
  std::array<model_registry::tag, 1> const tags{{{"k", "v"}}};
  EXPECT_EQ(sent(registry().create_model({.name = "m", .description = "d", .tags = tags})),
            post("registered-models/create",
                 R"({"name":"m","description":"d","tags":[{"key":"k","value":"v"}]})"));
  EXPECT_EQ(sent(registry().rename_model({.name = "m", .new_name = "n"})),
            post("registered-models/rename", R"({"name":"m","new_name":"n"})"));
  EXPECT_EQ(sent(registry().update_model({.name = "m"})),
            with_body("PATCH", "registered-models/update", R"({"name":"m"})"));
  EXPECT_EQ(sent(registry().update_model({.name = "m", .description = ""})),
            with_body("PATCH", "registered-models/update", R"({"name":"m","description":""})"))
      << "an empty description takes it away";
  EXPECT_EQ(sent(registry().delete_model({.name = "a b"})),
            with_body("DELETE", "registered-models/delete?name=a%20b", R"({"name":"a b"})"))
      << "a workspace wants the name in the query, an MLflow server in the body";
  EXPECT_EQ(sent(registry().set_model_tag({.name = "m", .key = "k", .value = "v"})),
            post("registered-models/set-tag", R"({"name":"m","key":"k","value":"v"})"));
  EXPECT_EQ(sent(registry().delete_model_tag({.name = "m", .key = "k"})),
            with_body("DELETE", "registered-models/delete-tag?name=m&key=k",
                      R"({"name":"m","key":"k"})"));
}

TEST_F(model_registry_wire, models_are_found) {
  EXPECT_EQ(sent(registry().get_model({.name = "m"})),
            get("databricks/registered-models/get?name=m"));
  EXPECT_EQ(sent(registry().list_models()), get("registered-models/list"));
  EXPECT_EQ(sent(registry().list_models({.max_results = 5, .page_token = "p"})),
            get("registered-models/list?max_results=5&page_token=p"));
  EXPECT_EQ(sent(registry().list_models_all()), get("registered-models/list?max_results=1000"));
  EXPECT_EQ(sent(registry().search_models()), get("registered-models/search"));
  std::array<std::string_view, 2> const order{"name ASC", "last_updated_timestamp DESC"};
  EXPECT_EQ(
      sent(registry().search_models(
          {.filter = "name LIKE 'a%'", .max_results = 5, .order_by = order, .page_token = "p"})),
      get("registered-models/search?filter=name%20LIKE%20%27a%25%27&max_results=5"
          "&order_by=name%20ASC&order_by=last_updated_timestamp%20DESC&page_token=p"));
  EXPECT_EQ(sent(registry().search_models_all({.filter = "f"}, 7)),
            get("registered-models/search?filter=f&max_results=7"));
  EXPECT_EQ(sent(registry().get_latest_versions({.name = "m"})),
            post("registered-models/get-latest-versions", R"({"name":"m"})"));
  std::array<std::string_view, 2> const stages{"Staging", "None"};
  EXPECT_EQ(
      sent(registry().get_latest_versions({.name = "m", .stages = stages})),
      post("registered-models/get-latest-versions", R"({"name":"m","stages":["Staging","None"]})"));
}

TEST_F(model_registry_wire, versions_are_made_changed_and_deleted) {
  EXPECT_EQ(sent(registry().create_model_version({.name = "m", .source = "dbfs:/s"})),
            post("model-versions/create", R"({"name":"m","source":"dbfs:/s"})"));
  std::array<model_registry::tag, 1> const tags{{{"k", "v"}}};
  EXPECT_EQ(sent(registry().create_model_version({.name = "m",
                                                  .source = "s",
                                                  .run_id = "r",
                                                  .run_link = "l",
                                                  .description = "d",
                                                  .tags = tags})),
            post("model-versions/create",
                 R"({"name":"m","source":"s","run_id":"r","run_link":"l","description":"d",)"
                 R"("tags":[{"key":"k","value":"v"}]})"));
  EXPECT_EQ(
      sent(registry().update_model_version({.name = "m", .version = "2", .description = "d"})),
      with_body("PATCH", "model-versions/update",
                R"({"name":"m","version":"2","description":"d"})"));
  EXPECT_EQ(sent(registry().update_model_version({.name = "m", .version = "2"})),
            with_body("PATCH", "model-versions/update", R"({"name":"m","version":"2"})"));
  EXPECT_EQ(sent(registry().delete_model_version({.name = "m", .version = "2"})),
            with_body("DELETE", "model-versions/delete?name=m&version=2",
                      R"({"name":"m","version":"2"})"));
  EXPECT_EQ(sent(registry().set_model_version_tag(
                {.name = "m", .version = "2", .key = "k", .value = "v"})),
            post("model-versions/set-tag", R"({"name":"m","version":"2","key":"k","value":"v"})"));
  EXPECT_EQ(sent(registry().delete_model_version_tag({.name = "m", .version = "2", .key = "k"})),
            with_body("DELETE", "model-versions/delete-tag?name=m&version=2&key=k",
                      R"({"name":"m","version":"2","key":"k"})"));
}

TEST_F(model_registry_wire, versions_are_found) {
  EXPECT_EQ(sent(registry().get_model_version({.name = "m", .version = "2"})),
            get("model-versions/get?name=m&version=2"));
  EXPECT_EQ(sent(registry().get_model_version_download_uri({.name = "m", .version = "2"})),
            get("model-versions/get-download-uri?name=m&version=2"));
  EXPECT_EQ(sent(registry().search_model_versions()), get("model-versions/search"));
  std::array<std::string_view, 1> const order{"version_number DESC"};
  EXPECT_EQ(sent(registry().search_model_versions(
                {.filter = "name='m'", .max_results = 3, .order_by = order, .page_token = "p"})),
            get("model-versions/search?filter=name%3D%27m%27&max_results=3"
                "&order_by=version_number%20DESC&page_token=p"));
  EXPECT_EQ(sent(registry().search_model_versions_all()),
            get("model-versions/search?max_results=10000"));
}

TEST_F(model_registry_wire, stages_are_changed_asked_for_and_decided_on) {
  EXPECT_EQ(
      sent(registry().transition_stage({.name = "m", .version = "2", .stage = "Staging"})),
      post("databricks/model-versions/transition-stage",
           R"({"name":"m","version":"2","stage":"Staging","archive_existing_versions":false})"));
  EXPECT_EQ(sent(registry().transition_stage({.name = "m",
                                              .version = "2",
                                              .stage = "Production",
                                              .archive_existing_versions = true,
                                              .comment = "go"})),
            post("databricks/model-versions/transition-stage",
                 R"({"name":"m","version":"2","stage":"Production",)"
                 R"("archive_existing_versions":true,"comment":"go"})"));
  EXPECT_EQ(
      sent(registry().create_transition_request({.name = "m", .version = "2", .stage = "Staging"})),
      post("transition-requests/create", R"({"name":"m","version":"2","stage":"Staging"})"));
  EXPECT_EQ(sent(registry().create_transition_request(
                {.name = "m", .version = "2", .stage = "Staging", .comment = "c"})),
            post("transition-requests/create",
                 R"({"name":"m","version":"2","stage":"Staging","comment":"c"})"));
  EXPECT_EQ(
      sent(registry().approve_transition_request({.name = "m",
                                                  .version = "2",
                                                  .stage = "Staging",
                                                  .archive_existing_versions = true,
                                                  .comment = "c"})),
      post("transition-requests/approve", R"({"name":"m","version":"2","stage":"Staging",)"
                                          R"("archive_existing_versions":true,"comment":"c"})"));
  EXPECT_EQ(sent(registry().reject_transition_request(
                {.name = "m", .version = "2", .stage = "Staging", .comment = "c"})),
            post("transition-requests/reject",
                 R"({"name":"m","version":"2","stage":"Staging","comment":"c"})"));
  EXPECT_EQ(
      sent(registry().delete_transition_request(
          {.name = "m", .version = "2", .stage = "Staging", .creator = "a@b.c", .comment = "c"})),
      bare("DELETE",
           "transition-requests/delete?name=m&version=2&stage=Staging"
           "&creator=a%40b.c&comment=c"));
  EXPECT_EQ(sent(registry().list_transition_requests({.name = "m", .version = "2"})),
            get("transition-requests/list?name=m&version=2"));
}

TEST_F(model_registry_wire, comments_are_made_changed_and_deleted) {
  EXPECT_EQ(sent(registry().create_comment({.name = "m", .version = "2", .comment = "c"})),
            post("comments/create", R"({"name":"m","version":"2","comment":"c"})"));
  EXPECT_EQ(sent(registry().update_comment({.id = "i", .comment = "c"})),
            with_body("PATCH", "comments/update", R"({"id":"i","comment":"c"})"));
  EXPECT_EQ(sent(registry().delete_comment({.id = "i"})), bare("DELETE", "comments/delete?id=i"));
}

TEST_F(model_registry_wire, webhooks_are_made_with_an_url_or_a_job) {
  EXPECT_EQ(sent(registry().create_webhook({.events = two_events})),
            post("registry-webhooks/create",
                 R"({"events":["MODEL_VERSION_CREATED","COMMENT_CREATED"]})"));
  EXPECT_EQ(
      sent(registry().create_webhook({.events = two_events,
                                      .model_name = "m",
                                      .description = "d",
                                      .status = model_registry::webhook_status::test_mode,
                                      .http_url_spec = {{.url = "https://x.example",
                                                         .enable_ssl_verification = false,
                                                         .secret = "s",
                                                         .authorization = "Bearer t"}}})),
      post("registry-webhooks/create",
           R"({"events":["MODEL_VERSION_CREATED","COMMENT_CREATED"],"model_name":"m",)"
           R"("description":"d","status":"TEST_MODE","http_url_spec":{"url":"https://x.example",)"
           R"("enable_ssl_verification":false,"secret":"s","authorization":"Bearer t"}})"));
  EXPECT_EQ(sent(registry().create_webhook(
                {.events = two_events,
                 .job_spec = {{.job_id = "1", .access_token = "t", .workspace_url = "w"}}})),
            post("registry-webhooks/create",
                 R"({"events":["MODEL_VERSION_CREATED","COMMENT_CREATED"],)"
                 R"("job_spec":{"job_id":"1","access_token":"t","workspace_url":"w"}})"));
}

TEST_F(model_registry_wire, webhooks_are_listed_changed_tested_and_deleted) {
  EXPECT_EQ(sent(registry().list_webhooks()), get("registry-webhooks/list"));
  EXPECT_EQ(sent(registry().list_webhooks(
                {.model_name = "m", .events = two_events, .max_results = 3, .page_token = "p"})),
            get("registry-webhooks/list?model_name=m&events=MODEL_VERSION_CREATED"
                "&events=COMMENT_CREATED&max_results=3&page_token=p"));
  EXPECT_EQ(sent(registry().list_webhooks_all()), get("registry-webhooks/list"));
  EXPECT_EQ(sent(registry().update_webhook({.id = "i"})),
            with_body("PATCH", "registry-webhooks/update", R"({"id":"i"})"));
  EXPECT_EQ(sent(registry().update_webhook({.id = "i",
                                            .description = "",
                                            .events = two_events,
                                            .status = model_registry::webhook_status::disabled,
                                            .http_url_spec = {{.url = "u"}},
                                            .job_spec = {{.job_id = "1", .access_token = "t"}}})),
            with_body("PATCH", "registry-webhooks/update",
                      R"({"id":"i","description":"","events":["MODEL_VERSION_CREATED",)"
                      R"("COMMENT_CREATED"],"status":"DISABLED","http_url_spec":{"url":"u"},)"
                      R"("job_spec":{"job_id":"1","access_token":"t"}})"));
  EXPECT_EQ(sent(registry().test_registry_webhook({.id = "i"})),
            post("registry-webhooks/test", R"({"id":"i"})"));
  EXPECT_EQ(sent(registry().test_registry_webhook(
                {.id = "i",
                 .event = model_registry::webhook_event::model_version_transitioned_to_archived})),
            post("registry-webhooks/test",
                 R"({"id":"i","event":"MODEL_VERSION_TRANSITIONED_TO_ARCHIVED"})"));
  EXPECT_EQ(sent(registry().delete_webhook({.id = "i"})),
            bare("DELETE", "registry-webhooks/delete?id=i"));
}

constexpr std::string_view whole_version =
    R"({"name":"m","version":"2","creation_timestamp":1600000000123,)"
    R"("last_updated_timestamp":9007199254740993,"user_id":"me","current_stage":"Staging",)"
    R"("description":"d","source":"s","run_id":"r","run_link":"l","status":"READY",)"
    R"("status_message":"fine","tags":[{"key":"k","value":"v"}],"aliases":["x"])";

template <class Version>
void expect_whole(Version const& v) {
  EXPECT_EQ(v.name, "m");
  EXPECT_EQ(v.version, "2");
  EXPECT_EQ(v.creation_timestamp, time_at(1'600'000'000'123));
  EXPECT_EQ(v.last_updated_timestamp, time_at(above_doubles));
  EXPECT_EQ(v.user_id, "me");
  EXPECT_EQ(v.current_stage, "Staging");
  EXPECT_EQ(v.description, "d");
  EXPECT_EQ(v.source, "s");
  EXPECT_EQ(v.run_id, "r");
  EXPECT_EQ(v.run_link, "l");
  EXPECT_EQ(v.status, model_registry::model_version_status::ready);
  EXPECT_EQ(v.status_message, "fine");
  ASSERT_EQ(v.tags.size(), 1U);
  EXPECT_EQ(v.tags[0].key, "k");
  EXPECT_EQ(v.tags[0].value, "v");
}

TEST_F(model_registry_wire, versions_are_read_whole_and_bare) {
  std::string const version = std::string(whole_version) + '}';
  answers(R"({"model_version":)" + version + '}');
  expect_whole(made(registry().get_model_version({.name = "m", .version = "2"})).model_version);
  expect_whole(made(registry().create_model_version({.name = "m", .source = "s"})).model_version);
  expect_whole(made(registry().update_model_version({.name = "m", .version = "2"})).model_version);
  answers(R"({"model_versions":[)" + version + R"(,{}],"next_page_token":"t"})");
  auto const found = made(registry().search_model_versions());
  ASSERT_EQ(found.model_versions.size(), 2U);
  expect_whole(found.model_versions[0]);
  EXPECT_EQ(found.next_page_token, "t");
  auto const latest = made(registry().get_latest_versions({.name = "m"}));
  ASSERT_EQ(latest.model_versions.size(), 2U);
  expect_whole(latest.model_versions[0]);
  auto const& bare = found.model_versions[1];
  EXPECT_TRUE(bare.status.empty() && bare.tags.empty() && bare.run_id.empty());
  EXPECT_FALSE(bare.creation_timestamp || bare.last_updated_timestamp);
  answers(R"({"artifact_uri":"dbfs:/a"})");
  EXPECT_EQ(
      made(registry().get_model_version_download_uri({.name = "m", .version = "2"})).artifact_uri,
      "dbfs:/a");
  answers("{}");
  EXPECT_TRUE(made(registry().get_latest_versions({.name = "m"})).model_versions.empty());
}

template <class Model>
void expect_whole_model(Model const& m) {
  EXPECT_EQ(m.name, "m");
  EXPECT_EQ(m.creation_timestamp, time_at(1));
  EXPECT_EQ(m.last_updated_timestamp, time_at(2));
  EXPECT_EQ(m.user_id, "me");
  EXPECT_EQ(m.description, "d");
  ASSERT_EQ(m.latest_versions.size(), 1U);
  expect_whole(m.latest_versions[0]);
  ASSERT_EQ(m.tags.size(), 1U);
  EXPECT_EQ(m.tags[0].value, "v");
}

TEST_F(model_registry_wire, models_are_read_whole_and_bare) {
  std::string const model =
      R"({"id":"i","name":"m","creation_timestamp":1,"last_updated_timestamp":2,"user_id":"me",)"
      R"("description":"d","permission_level":"CAN_MANAGE","latest_versions":[)" +
      std::string(whole_version) + R"(}],"tags":[{"key":"k","value":"v"}]})";
  answers(R"({"registered_model":)" + model + '}');
  expect_whole_model(made(registry().create_model({.name = "m"})).registered_model);
  expect_whole_model(
      made(registry().rename_model({.name = "m", .new_name = "n"})).registered_model);
  expect_whole_model(made(registry().update_model({.name = "m"})).registered_model);
  answers(R"({"registered_model_databricks":)" + model + '}');
  auto const full = made(registry().get_model({.name = "m"})).registered_model_databricks;
  expect_whole_model(full);
  EXPECT_EQ(full.id, "i");
  EXPECT_EQ(full.permission_level, model_registry::permission_level::can_manage);
  answers(R"({"registered_models":[{},)" + model + R"(],"next_page_token":"t"})");
  auto const listed = made(registry().list_models());
  auto const found = made(registry().search_models());
  ASSERT_EQ(listed.registered_models.size(), 2U);
  ASSERT_EQ(found.registered_models.size(), 2U);
  expect_whole_model(listed.registered_models[1]);
  expect_whole_model(found.registered_models[1]);
  EXPECT_EQ(listed.next_page_token + found.next_page_token, "tt");
  EXPECT_TRUE(listed.registered_models[0].latest_versions.empty());
  EXPECT_FALSE(listed.registered_models[0].creation_timestamp);
}

TEST_F(model_registry_wire, a_transition_answers_with_all_that_a_workspace_knows) {
  answers(R"({"model_version_databricks":)" + std::string(whole_version) +
          R"(,"permission_level":"CAN_READ","email_subscription_status":"ALL_EVENTS",)"
          R"("feature_list":{"features":[{"feature_table_id":"t","feature_table_name":"n",)"
          R"("feature_name":"f"}]},"open_requests":[{"id":"a","user_id":"u",)"
          R"("activity_type":"REQUESTED_TRANSITION","comment":"c","system_comment":"sc",)"
          R"("from_stage":"None","to_stage":"Staging","creation_timestamp":1,)"
          R"("last_updated_timestamp":2}]}})");
  auto const v =
      made(registry().transition_stage({.name = "m", .version = "2", .stage = "Staging"}))
          .model_version_databricks;
  expect_whole(v);
  EXPECT_EQ(v.permission_level, model_registry::permission_level::can_read);
  EXPECT_EQ(v.email_subscription_status, model_registry::email_subscription::all_events);
  ASSERT_TRUE(v.feature_list);
  ASSERT_EQ(v.feature_list->features.size(), 1U);
  EXPECT_EQ(v.feature_list->features[0].feature_table_id, "t");
  EXPECT_EQ(v.feature_list->features[0].feature_table_name, "n");
  EXPECT_EQ(v.feature_list->features[0].feature_name, "f");
  ASSERT_EQ(v.open_requests.size(), 1U);
  EXPECT_EQ(v.open_requests[0].activity_type, model_registry::activity_type::requested_transition);
  EXPECT_EQ(v.open_requests[0].system_comment, "sc");
  EXPECT_EQ(v.open_requests[0].to_stage, "Staging");
  answers("{}");
  auto const bare =
      made(registry().transition_stage({.name = "m", .version = "2", .stage = "Staging"}))
          .model_version_databricks;
  EXPECT_TRUE(bare.open_requests.empty() && bare.permission_level.empty());
  EXPECT_FALSE(bare.feature_list);
}

TEST_F(model_registry_wire, requests_and_comments_are_read_whole_and_bare) {
  answers(R"({"request":{"user_id":"u","to_stage":"Staging","comment":"c","creation_timestamp":1,)"
          R"("available_actions":["APPROVE_TRANSITION_REQUEST","FUTURE_ACTION"]}})");
  auto const request =
      made(registry().create_transition_request({.name = "m", .version = "2", .stage = "Staging"}))
          .request;
  EXPECT_EQ(request.user_id, "u");
  EXPECT_EQ(request.to_stage, "Staging");
  EXPECT_EQ(request.comment, "c");
  EXPECT_EQ(request.creation_timestamp, time_at(1));
  ASSERT_EQ(request.available_actions.size(), 2U);
  EXPECT_EQ(request.available_actions[0],
            model_registry::activity_action::approve_transition_request);
  EXPECT_EQ(request.available_actions[1].raw(), "FUTURE_ACTION");

  answers(R"({"activity":{"id":"a","user_id":"u","activity_type":"APPROVED_REQUEST",)"
          R"("from_stage":"None","to_stage":"Staging","comment":"c"}})");
  auto const& r = registry();
  for (auto const& done :
       {made(r.approve_transition_request({.name = "m", .version = "2", .stage = "S"})).activity,
        made(r.reject_transition_request({.name = "m", .version = "2", .stage = "S"})).activity,
        made(r.delete_transition_request(
                 {.name = "m", .version = "2", .stage = "S", .creator = "u"}))
            .activity}) {
    EXPECT_EQ(done.id, "a");
    EXPECT_EQ(done.user_id, "u");
    EXPECT_EQ(done.activity_type, model_registry::activity_type::approved_request);
    EXPECT_EQ(done.from_stage + done.to_stage + done.comment, "NoneStagingc");
    EXPECT_FALSE(done.creation_timestamp || done.last_updated_timestamp);
  }
  answers(R"({"requests":[{"id":"a"},{"activity_type":"SOMETHING_NEW"}]})");
  auto const open = made(r.list_transition_requests({.name = "m", .version = "2"})).requests;
  ASSERT_EQ(open.size(), 2U);
  EXPECT_EQ(open[1].activity_type.raw(), "SOMETHING_NEW");

  answers(R"({"comment":{"id":"i","user_id":"u","comment":"c","creation_timestamp":1,)"
          R"("last_updated_timestamp":2,"available_actions":["EDIT_COMMENT","DELETE_COMMENT"]}})");
  for (auto const& c :
       {made(r.create_comment({.name = "m", .version = "2", .comment = "c"})).comment,
        made(r.update_comment({.id = "i", .comment = "c"})).comment}) {
    EXPECT_EQ(c.id + c.user_id + c.comment, "iuc");
    EXPECT_EQ(c.creation_timestamp, time_at(1));
    EXPECT_EQ(c.last_updated_timestamp, time_at(2));
    EXPECT_EQ(c.available_actions.size(), 2U);
  }
  answers("{}");
  EXPECT_TRUE(made(r.list_transition_requests({.name = "m", .version = "2"})).requests.empty());
}

TEST_F(model_registry_wire, webhooks_are_read_whole_and_bare) {
  std::string const whole =
      R"({"id":"i","model_name":"m","description":"d","status":"ACTIVE","creation_timestamp":1,)"
      R"("last_updated_timestamp":2,"events":["COMMENT_CREATED","MODEL_LOST"],)"
      R"("http_url_spec":{"url":"https://x","enable_ssl_verification":true},)"
      R"("job_spec":{"job_id":"1","workspace_url":"w"}})";
  answers(R"({"webhook":)" + whole + '}');
  for (auto const& w : {made(registry().create_webhook({.events = two_events})).webhook,
                        made(registry().update_webhook({.id = "i"})).webhook}) {
    EXPECT_EQ(w.id + w.model_name + w.description, "imd");
    EXPECT_EQ(w.status, model_registry::webhook_status::active);
    EXPECT_EQ(w.creation_timestamp, time_at(1));
    EXPECT_EQ(w.last_updated_timestamp, time_at(2));
    ASSERT_EQ(w.events.size(), 2U);
    EXPECT_EQ(w.events[0], model_registry::webhook_event::comment_created);
    EXPECT_EQ(w.events[1].raw(), "MODEL_LOST");
    ASSERT_TRUE(w.http_url_spec && w.job_spec);
    EXPECT_EQ(w.http_url_spec->url, "https://x");
    EXPECT_EQ(w.http_url_spec->enable_ssl_verification, true);
    EXPECT_EQ(w.job_spec->job_id + w.job_spec->workspace_url, "1w");
  }
  answers(R"({"webhooks":[)" + whole + R"(,{}],"next_page_token":"t"})");
  auto const listed = made(registry().list_webhooks());
  ASSERT_EQ(listed.webhooks.size(), 2U);
  EXPECT_EQ(listed.next_page_token, "t");
  EXPECT_FALSE(listed.webhooks[1].http_url_spec || listed.webhooks[1].job_spec);
  answers(R"({"status_code":204,"body":"fine"})");
  auto const tested = made(registry().test_registry_webhook({.id = "i"}));
  EXPECT_EQ(tested.status_code, 204);
  EXPECT_EQ(tested.body, "fine");
  answers("{}");
  EXPECT_EQ(made(registry().test_registry_webhook({.id = "i"})).status_code, 0);
}

TEST_F(model_registry_wire, a_wrong_type_is_an_error_that_names_its_path) {
  answers(R"({"model_versions":[{},{"version":2}]})");
  auto const why = failed(registry().search_model_versions());
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("mlflow/model-versions/search.model_versions[1].version"),
            std::string::npos)
      << why;
}

TEST_F(model_registry_wire, operations_without_an_answer_take_any_success) {
  for (char const* body : {"{}", "", R"({"later":[1,2]})"}) {
    answers(body);
    made(registry().delete_model({.name = "m"}));
    made(registry().delete_model_tag({.name = "m", .key = "k"}));
    made(registry().set_model_tag({.name = "m", .key = "k", .value = "v"}));
    made(registry().delete_model_version({.name = "m", .version = "1"}));
    made(registry().delete_model_version_tag({.name = "m", .version = "1", .key = "k"}));
    made(registry().set_model_version_tag({.name = "m", .version = "1", .key = "k", .value = "v"}));
    made(registry().delete_comment({.id = "i"}));
    made(registry().delete_webhook({.id = "i"}));
  }
  EXPECT_EQ(seen.size(), 24U);
}

}  // namespace
}  // namespace kiln
