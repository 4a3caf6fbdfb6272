// What every operation of clusters puts on the wire, and what it makes of answers.
#include "wire/expected_request.hpp"

#include <kiln/services/clusters.hpp>

#include <array>
#include <atomic>
#include <chrono>

namespace kiln {
namespace {

using wire_tests::above_doubles;

struct clusters_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] clusters::service on() const { return ws.clusters(); }

  [[nodiscard]] std::string get(std::string_view target, std::string_view version = "2.0") const {
    return expect.bare("GET /api/" + std::string(version) + "/clusters/" + std::string(target));
  }
  [[nodiscard]] std::string post(std::string_view operation, std::string const& body,
                                 std::string_view version = "2.0") const {
    return expect.with("POST /api/" + std::string(version) + "/clusters/" + std::string(operation),
                       body);
  }
};

/// A spec in which every member is set.
compute::cluster_spec full_spec() {
  compute::cluster_spec s;
  s.apply_policy_default_values = true;
  s.autoscale = compute::autoscale{1, 8};
  s.autotermination_minutes = 60;
  s.aws_attributes.emplace().zone_id = "us-west-2a";
  s.azure_attributes.emplace().availability = compute::azure_availability::spot_azure;
  s.cluster_log_conf.emplace().dbfs.emplace().destination = "dbfs:/logs";
  s.cluster_name = "big one";
  s.custom_tags = {{"team", "kiln"}};
  s.data_security_mode = compute::data_security_mode::single_user;
  s.dependency_mode = compute::dependency_mode::environments;
  s.docker_image.emplace().url = "repo/image";
  s.driver_instance_pool_id = "pool-d";
  s.driver_node_type_flexibility.emplace().alternate_node_type_ids = {"a"};
  s.driver_node_type_id = "d";
  s.enable_elastic_disk = false;
  s.enable_local_disk_encryption = true;
  s.gcp_attributes.emplace().boot_disk_size = 100;
  s.init_scripts.emplace_back().workspace.emplace().destination = "/init.sh";
  s.instance_pool_id = "pool-w";
  s.is_single_node = false;
  s.kind = compute::cluster_kind::classic_preview;
  s.node_type_id = "w";
  s.num_workers = 3;
  s.policy_id = "p";
  s.remote_disk_throughput = 200;
  s.runtime_engine = compute::runtime_engine::photon;
  s.single_user_name = "me@x.com";
  s.spark_conf = {{"spark.speculation", "true"}};
  s.spark_env_vars = {{"A", "b"}};
  s.spark_version = "13.3.x-scala2.12";
  s.ssh_public_keys = {"ssh-rsa x"};
  s.total_initial_remote_disk_size = 300;
  s.use_ml_runtime = true;
  s.worker_node_type_flexibility.emplace().alternate_node_type_ids = {"b"};
  s.workload_type.emplace().clients.emplace().jobs = true;
  return s;
}

constexpr std::string_view full_spec_text =
    R"("apply_policy_default_values":true,"autoscale":{"min_workers":1,"max_workers":8},)"
    R"("autotermination_minutes":60,"aws_attributes":{"zone_id":"us-west-2a"},)"
    R"("azure_attributes":{"availability":"SPOT_AZURE"},)"
    R"("cluster_log_conf":{"dbfs":{"destination":"dbfs:/logs"}},"cluster_name":"big one",)"
    R"("custom_tags":{"team":"kiln"},"data_security_mode":"SINGLE_USER",)"
    R"("dependency_mode":"DEPENDENCY_MODE_ENVIRONMENTS","docker_image":{"url":"repo/image"},)"
    R"("driver_instance_pool_id":"pool-d",)"
    R"("driver_node_type_flexibility":{"alternate_node_type_ids":["a"]},)"
    R"("driver_node_type_id":"d","enable_elastic_disk":false,)"
    R"("enable_local_disk_encryption":true,"gcp_attributes":{"boot_disk_size":100},)"
    R"("init_scripts":[{"workspace":{"destination":"/init.sh"}}],"instance_pool_id":"pool-w",)"
    R"("is_single_node":false,"kind":"CLASSIC_PREVIEW","node_type_id":"w","num_workers":3,)"
    R"("policy_id":"p","remote_disk_throughput":200,"runtime_engine":"PHOTON",)"
    R"("single_user_name":"me@x.com","spark_conf":{"spark.speculation":"true"},)"
    R"("spark_env_vars":{"A":"b"},"spark_version":"13.3.x-scala2.12",)"
    R"("ssh_public_keys":["ssh-rsa x"],"total_initial_remote_disk_size":300,)"
    R"("use_ml_runtime":true,"worker_node_type_flexibility":{"alternate_node_type_ids":["b"]},)"
    R"("workload_type":{"clients":{"jobs":true}})";

TEST_F(clusters_wire, create_sends_the_spec_flat) {
  clusters::create small;
  small.spark_version = "7.3.x-scala2.12";
  small.node_type_id = "Standard_DS3_v2";
  small.num_workers = 0;
  EXPECT_EQ(sent(on().create(small)),
            post("create", R"({"node_type_id":"Standard_DS3_v2","num_workers":0,)"
                           R"("spark_version":"7.3.x-scala2.12"})"));
  clusters::create full{full_spec(), clusters::clone_source{"0101-1"}, "once"};
  EXPECT_EQ(sent(on().create(full)),
            post("create", "{" + std::string(full_spec_text) +
                               R"(,"clone_from":{"source_cluster_id":"0101-1"},)"
                               R"("idempotency_token":"once"})"));
}

TEST_F(clusters_wire, edit_sends_the_id_and_the_spec_flat) {
  clusters::edit small;
  small.cluster_id = "0101-1";
  small.spark_version = "x";
  EXPECT_EQ(sent(on().edit(small)), post("edit", R"({"cluster_id":"0101-1","spark_version":"x"})"));
  clusters::edit full{full_spec(), "0101-1"};
  EXPECT_EQ(sent(on().edit(full)),
            post("edit", R"({"cluster_id":"0101-1",)" + std::string(full_spec_text) + "}"));
}

TEST_F(clusters_wire, what_takes_an_id_sends_it_as_json) {
  std::string const body = R"({"cluster_id":"0101-1"})";
  EXPECT_EQ(sent(on().delete_({"0101-1"})), post("delete", body));
  EXPECT_EQ(sent(on().permanent_delete({"0101-1"})), post("permanent-delete", body));
  EXPECT_EQ(sent(on().pin({"0101-1"})), post("pin", body));
  EXPECT_EQ(sent(on().restart({"0101-1"})), post("restart", body));
  EXPECT_EQ(sent(on().start({"0101-1"})), post("start", body));
  EXPECT_EQ(sent(on().unpin({"0101-1"})), post("unpin", body));
  EXPECT_EQ(sent(on().restart({.cluster_id = "0101-1", .restart_user = "me"})),
            post("restart", R"({"cluster_id":"0101-1","restart_user":"me"})"));
}

TEST_F(clusters_wire, resize_sends_a_number_or_bounds) {
  EXPECT_EQ(sent(on().resize({.cluster_id = "a", .num_workers = 30})),
            post("resize", R"({"cluster_id":"a","num_workers":30})"));
  EXPECT_EQ(sent(on().resize({.cluster_id = "a", .autoscale = compute::autoscale{2, 9}})),
            post("resize", R"({"cluster_id":"a","autoscale":{"min_workers":2,"max_workers":9}})"));
}

TEST_F(clusters_wire, events_ask_by_post) {
  EXPECT_EQ(sent(on().events({.cluster_id = "a"})), post("events", R"({"cluster_id":"a"})"));
  std::array const types{clusters::event_type::creating, clusters::event_type::running};
  clusters::events full{.cluster_id = "a"};
  full.start_time = timestamp(std::chrono::milliseconds(above_doubles));
  full.end_time = timestamp(std::chrono::milliseconds(2));
  full.order = clusters::events_order::ascending;
  full.event_types = types;
  full.offset = 5;
  full.limit = 500;
  full.page_size = 7;
  full.page_token = "t";
  EXPECT_EQ(sent(on().events(full)),
            post("events", R"({"cluster_id":"a","start_time":9007199254740993,"end_time":2,)"
                           R"("order":"ASC","event_types":["CREATING","RUNNING"],"offset":5,)"
                           R"("limit":500,"page_size":7,"page_token":"t"})"));
}

TEST_F(clusters_wire, get_asks_in_the_query) {
  EXPECT_EQ(sent(on().get({"0101-a b&c"})), get("get?cluster_id=0101-a%20b%26c"));
}

TEST_F(clusters_wire, list_asks_for_nothing_by_default) {
  EXPECT_EQ(sent(on().list()), get("list"));
  EXPECT_EQ(sent(on().list({.can_use_client = "JOBS"})), get("list?can_use_client=JOBS"));
  std::array const sources{clusters::cluster_source::api, clusters::cluster_source::ui};
  std::array const states{clusters::state::running, clusters::state::pending};
  clusters::list full;
  full.filter_by = {.cluster_sources = sources, .cluster_states = states};
  full.filter_by.is_pinned = false;
  full.filter_by.policy_id = "p";
  full.page_size = 3;
  full.page_token = "a=";
  full.sort_by = {.direction = clusters::sort_direction::descending,
                  .field = clusters::sort_field::cluster_name};
  EXPECT_EQ(sent(on().list(full, {.api_version = "2.1"})),
            get("list?filter_by.cluster_sources=API&filter_by.cluster_sources=UI&"
                "filter_by.cluster_states=RUNNING&filter_by.cluster_states=PENDING&"
                "filter_by.is_pinned=false&filter_by.policy_id=p&page_size=3&page_token=a%3D&"
                "sort_by.direction=DESC&sort_by.field=CLUSTER_NAME",
                "2.1"));
}

TEST_F(clusters_wire, pages_ask_for_the_most_where_there_are_pages) {
  EXPECT_EQ(sent(on().list_all()), get("list"));
  EXPECT_EQ(sent(on().list_all({}, 0, {.api_version = "2.1"})), get("list?page_size=100", "2.1"));
  EXPECT_EQ(sent(on().events_all({.cluster_id = "a"})),
            post("events", R"({"cluster_id":"a","limit":500})"));
}

TEST_F(clusters_wire, catalogues_have_no_parameters) {
  EXPECT_EQ(sent(on().list_node_types()), get("list-node-types"));
  EXPECT_EQ(sent(on().list_zones()), get("list-zones"));
  EXPECT_EQ(sent(on().spark_versions()), get("spark-versions"));
}

TEST_F(clusters_wire, every_operation_goes_to_another_version_when_told_to) {
  call_options const o{.api_version = "2.1"};
  clusters::create c;
  c.spark_version = "x";
  EXPECT_EQ(sent(on().create(c, o)), post("create", R"({"spark_version":"x"})", "2.1"));
  EXPECT_EQ(sent(on().get({"a"}, o)), get("get?cluster_id=a", "2.1"));
  EXPECT_EQ(sent(on().start({"a"}, o)), post("start", R"({"cluster_id":"a"})", "2.1"));
  EXPECT_EQ(sent(on().spark_versions(o)), get("spark-versions", "2.1"));
}

// Every member of a cluster, each with another value.
constexpr std::string_view full_cluster =
    R"({"cluster_id":"0101-1","cluster_name":"n","state":"RUNNING","state_message":"m",)"
    R"("termination_reason":{"code":"INACTIVITY","parameters":{"inactivity_duration_min":"120"},)"
    R"("type":"SUCCESS","later":{"x":[1]}},"cluster_source":"UI","creator_user_name":"me",)"
    R"("start_time":1600000000123,"terminated_time":2,"last_state_loss_time":3,)"
    R"("last_restarted_time":4,"cluster_cores":5.5,"cluster_memory_mb":9007199254740993,)"
    R"("driver":{"host_private_ip":"10.0.0.1","instance_id":"i","node_aws_attributes":)"
    R"({"is_spot":true},"node_id":"nid","private_ip":"10.0.0.2","public_dns":"d",)"
    R"("start_timestamp":6},"executors":[{"node_id":"e1"},{"node_id":"e2"}],"jdbc_port":10000,)"
    R"("spark_context_id":9223372036854775807,"cluster_log_status":{"last_attempted":7,)"
    R"("last_exception":"none"},"default_tags":{"Vendor":"Databricks"},)"
    R"("autoscale":{"min_workers":1,"max_workers":8},"num_workers":3,"node_type_id":"w",)"
    R"("driver_node_type_id":"d","instance_pool_id":"pw","driver_instance_pool_id":"pd",)"
    R"("spark_version":"13.3.x-scala2.12","runtime_engine":"PHOTON","spark_conf":{"a":"b"},)"
    R"("spark_env_vars":{"c":"d"},"autotermination_minutes":60,"custom_tags":{"e":"f"},)"
    R"("ssh_public_keys":["k"],"is_single_node":false,"spec":{"num_workers":2},"newest":1})";

TEST_F(clusters_wire, a_cluster_is_read_whole) {
  answers(std::string(full_cluster));
  auto const c = made(on().get({"0101-1"}));
  EXPECT_EQ(c.cluster_id, "0101-1");
  EXPECT_EQ(c.state, clusters::state::running);
  ASSERT_TRUE(c.termination_reason);
  EXPECT_EQ(c.termination_reason->code, clusters::termination_code::inactivity);
  EXPECT_EQ(c.termination_reason->type, clusters::termination_type::success);
  EXPECT_EQ(c.termination_reason->parameters.at("inactivity_duration_min"), "120");
  EXPECT_EQ(c.cluster_source, clusters::cluster_source::ui);
  EXPECT_EQ(to_string(c.start_time.value()), "2020-09-13T12:26:40.123Z");
  EXPECT_EQ(c.cluster_cores, 5.5);
  EXPECT_EQ(c.cluster_memory_mb, above_doubles);
  EXPECT_EQ(c.spark_context_id, std::int64_t{9223372036854775807});
  ASSERT_TRUE(c.driver && c.driver->node_aws_attributes);
  EXPECT_EQ(c.driver->node_aws_attributes->is_spot, true);
  EXPECT_EQ(c.driver->public_dns, "d");
  ASSERT_EQ(c.executors.size(), 2U);
  EXPECT_EQ(c.executors[1].node_id, "e2");
  EXPECT_EQ(c.jdbc_port, 10000);
  EXPECT_EQ(c.cluster_log_status.value().last_exception, "none");
  EXPECT_EQ(c.default_tags.at("Vendor"), "Databricks");
  EXPECT_EQ(c.autoscale.value().max_workers, 8);
  EXPECT_EQ(c.num_workers, 3);
  EXPECT_EQ(c.runtime_engine, compute::runtime_engine::photon);
  EXPECT_EQ(c.ssh_public_keys, std::vector<std::string>{"k"});
  EXPECT_EQ(c.spec.value().num_workers, 2);
}

TEST_F(clusters_wire, a_cluster_is_read_bare) {
  auto const c = made(on().get({"a"}));
  EXPECT_TRUE(c.cluster_id.empty());
  EXPECT_TRUE(c.state.empty());
  EXPECT_FALSE(c.termination_reason || c.start_time || c.driver || c.autoscale || c.num_workers);
  EXPECT_TRUE(c.executors.empty());
}

TEST_F(clusters_wire, words_of_tomorrow_are_kept) {
  answers(R"({"cluster_id":"a","state":"HIBERNATING","termination_reason":)"
          R"({"code":"SUNSPOT","type":"ACT_OF_NATURE"}})");
  auto const c = made(on().get({"a"}));
  EXPECT_EQ(c.state.raw(), "HIBERNATING");
  EXPECT_FALSE(c.state.value());
  EXPECT_EQ(c.termination_reason.value().code.raw(), "SUNSPOT");
  EXPECT_EQ(c.termination_reason.value().type.raw(), "ACT_OF_NATURE");
}

TEST_F(clusters_wire, a_wrong_type_is_an_error_with_its_path) {
  answers(R"({"clusters":[{"cluster_id":"a"},{"cluster_id":7}]})");
  auto const why = failed(on().list());
  EXPECT_EQ(why.code(), errc::decode_failed) << why;
  EXPECT_NE(why.message().find("clusters/list.clusters[1].cluster_id"), std::string::npos) << why;
  answers(R"({"cluster_id":"a","spark_context_id":1e300})");
  EXPECT_NE(failed(on().get({"a"})).message().find("clusters/get.spark_context_id"),
            std::string::npos);
}

TEST_F(clusters_wire, create_gives_the_id) {
  clusters::create c;
  c.spark_version = "x";
  answers(R"({"cluster_id":"0101-1","later":true})");
  EXPECT_EQ(made(on().create(c)).cluster_id, "0101-1");
  answers("{}");
  EXPECT_EQ(made(on().create(c)).cluster_id, "");
}

TEST_F(clusters_wire, a_list_is_read_whole_and_bare) {
  answers(R"({"clusters":[{"cluster_id":"a"},{"cluster_id":"b"}],"next_page_token":"n",)"
          R"("prev_page_token":"p"})");
  auto const full = made(on().list());
  ASSERT_EQ(full.clusters.size(), 2U);
  EXPECT_EQ(full.next_page_token, "n");
  EXPECT_EQ(full.prev_page_token, "p");
  answers("{}");
  EXPECT_TRUE(made(on().list()).clusters.empty());
}

TEST_F(clusters_wire, events_are_read_whole_and_bare) {
  answers(
      R"({"events":[{"cluster_id":"a","timestamp":1600000000123,"type":"TERMINATING","details":)"
      R"({"reason":{"code":"USER_REQUEST","type":"SUCCESS"},"user":"me","cause":"AUTOSCALE",)"
      R"("cluster_size":{"num_workers":2},"disk_size":9007199254740993,"attributes":)"
      R"({"spark_version":"x"},"init_scripts":{"cluster":[{"dbfs":{"destination":"/i"},)"
      R"("status":"SUCCEEDED","stderr":"e"},{"script":{"s3":{"destination":"s3://b"}},)"
      R"("execution_details":{"status":"FAILED_FETCH"}}]}}},{"type":"NEW_ONE",)"
      R"("data_plane_event_details":{"event_type":"NODE_BLACKLISTED","executor_failures":3,)"
      R"("host_id":"h","timestamp":9}}],"next_page":{"cluster_id":"a","end_time":5,)"
      R"("order":"DESC","event_types":["RUNNING"],"offset":50,"limit":50},"total_count":51})");
  auto const full = made(on().events({.cluster_id = "a"}));
  ASSERT_EQ(full.events.size(), 2U);
  auto const& d = full.events[0].details.value();
  EXPECT_EQ(full.events[0].type, clusters::event_type::terminating);
  EXPECT_EQ(d.reason.value().code, clusters::termination_code::user_request);
  EXPECT_EQ(d.cause, clusters::resize_cause::autoscale);
  EXPECT_EQ(d.cluster_size.value().num_workers, 2);
  EXPECT_EQ(d.disk_size, above_doubles);
  EXPECT_EQ(d.attributes.value().spark_version, "x");
  auto const& scripts = d.init_scripts.value().cluster;
  ASSERT_EQ(scripts.size(), 2U);
  EXPECT_EQ(scripts[0].status, clusters::init_script_status::succeeded);
  EXPECT_EQ(scripts[0].stderr_text, "e");
  EXPECT_EQ(scripts[1].execution_details.value().status,
            clusters::init_script_status::failed_fetch);
  EXPECT_EQ(full.events[1].type.raw(), "NEW_ONE");
  EXPECT_EQ(full.events[1].data_plane_event_details.value().executor_failures, 3);
  EXPECT_EQ(full.next_page.value().offset, 50);
  EXPECT_EQ(full.next_page.value().order, clusters::events_order::descending);
  EXPECT_EQ(full.total_count, 51);
  answers("{}");
  auto const bare = made(on().events({.cluster_id = "a"}));
  EXPECT_TRUE(bare.events.empty());
  EXPECT_FALSE(bare.next_page);
}

TEST_F(clusters_wire, catalogues_are_read_whole_and_bare) {
  answers(
      R"({"node_types":[{"node_type_id":"t","memory_mb":14336,"num_cores":0.5,)"
      R"("description":"d","instance_type_id":"i","category":"c","display_order":1,)"
      R"("is_deprecated":true,"num_gpus":2,"node_info":{"status":["NotAvailableInRegion","Odd"]},)"
      R"("node_instance_type":{"instance_type_id":"i","local_disks":4}}],)"
      R"("default_zone":"z1","zones":["z1","z2"],)"
      R"("versions":[{"key":"7.3.x-scala2.12","name":"7.3 LTS"}]})");
  auto const types = made(on().list_node_types()).node_types;
  ASSERT_EQ(types.size(), 1U);
  EXPECT_EQ(types[0].num_cores, 0.5);
  EXPECT_EQ(types[0].num_gpus, 2);
  EXPECT_EQ(types[0].node_info.value().status[0], clusters::node_obstacle::not_available_in_region);
  EXPECT_EQ(types[0].node_info.value().status[1].raw(), "Odd");
  EXPECT_EQ(types[0].node_instance_type.value().local_disks, 4);
  EXPECT_EQ(made(on().list_zones()).default_zone, "z1");
  EXPECT_EQ(made(on().list_zones()).zones.size(), 2U);
  EXPECT_EQ(made(on().spark_versions()).versions.at(0).key, "7.3.x-scala2.12");
  answers("{}");
  EXPECT_TRUE(made(on().list_node_types()).node_types.empty());
  EXPECT_TRUE(made(on().list_zones()).zones.empty());
  EXPECT_TRUE(made(on().spark_versions()).versions.empty());
}

// A server that accepts a request and says nothing leaves it open whether it acted.
TEST_F(clusters_wire, a_create_is_repeated_only_with_a_token_that_the_version_knows) {
  std::atomic<int> requests{0};
  test::hostile_server mute([&requests](test::hostile_connection& c, int) {
    if (!c.read_request().empty()) ++requests;
  });
  auto o = options();
  o.host = "http://127.0.0.1:" + std::to_string(mute.port());
  o.retry.attempts_max = 2;
  o.retry.backoff_base = std::chrono::milliseconds(1);
  workspace const there(loop, std::move(o));
  auto const attempts = [&](std::string id, std::string_view version) {
    clusters::create c;
    c.spark_version = "x";
    c.idempotency_token = std::move(id);
    requests = 0;
    there.start(there.clusters().create(c, {.api_version = version})).wait();
    return requests.load();
  };
  EXPECT_EQ(attempts("once", ""), 2);
  EXPECT_EQ(attempts("once", "2.0"), 2);
  EXPECT_EQ(attempts("once", "2.1"), 1);
  EXPECT_EQ(attempts("", ""), 1);
}

}  // namespace
}  // namespace kiln
