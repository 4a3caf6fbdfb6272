// What every operation of instance pools puts on the wire, and what it makes of answers.
#include "wire/expected_request.hpp"

#include <kiln/services/instance_pools.hpp>

namespace kiln {
namespace {

struct instance_pools_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] instance_pools::service on() const { return ws.instance_pools(); }

  [[nodiscard]] std::string get(std::string const& target) const {
    return expect.bare("GET /api/2.0/instance-pools/" + target);
  }
  [[nodiscard]] std::string post(std::string const& operation, std::string const& body) const {
    return expect.with("POST /api/2.0/instance-pools/" + operation, body);
  }
};

TEST_F(instance_pools_wire, create_leaves_out_what_is_not_set) {
  instance_pools::create r;
  r.instance_pool_name = "p";
  r.node_type_id = "t";
  EXPECT_EQ(sent(on().create(r)),
            post("create", R"({"instance_pool_name":"p","node_type_id":"t"})"));
}

TEST_F(instance_pools_wire, create_sends_every_member) {
  instance_pools::create r;
  r.instance_pool_name = "p";
  r.node_type_id = "t";
  auto& aws = r.aws_attributes.emplace();
  aws.availability = instance_pools::aws_availability::spot;
  aws.instance_profile_arn = "arn:x";
  aws.spot_bid_price_percent = 90;
  aws.zone_id = "z";
  auto& azure = r.azure_attributes.emplace();
  azure.availability = instance_pools::azure_availability::on_demand_azure;
  azure.capacity_reservation_group = "g";
  azure.spot_bid_max_price = -1;
  r.custom_tags = {{"a", "b"}};
  auto& disk = r.disk_spec.emplace();
  disk.disk_count = 1;
  disk.disk_iops = 2;
  disk.disk_size = 3;
  disk.disk_throughput = 4;
  disk.disk_type.emplace().azure_disk_volume_type =
      instance_pools::azure_disk_volume_type::premium_lrs;
  disk.disk_type->ebs_volume_type = compute::ebs_volume_type::general_purpose_ssd;
  r.enable_auto_alternate_node_types = true;
  r.enable_elastic_disk = false;
  auto& gcp = r.gcp_attributes.emplace();
  gcp.gcp_availability = compute::gcp_availability::preemptible_gcp;
  gcp.local_ssd_count = 5;
  gcp.zone_id = "y";
  r.idle_instance_autotermination_minutes = 0;
  r.max_capacity = 6;
  r.min_idle_instances = 7;
  r.node_type_flexibility.emplace().alternate_node_type_ids = {"u"};
  auto& image = r.preloaded_docker_images.emplace_back();
  image.url = "repo";
  image.basic_auth.emplace().username = "me";
  r.preloaded_spark_versions = {"7.3.x-scala2.12"};
  r.remote_disk_throughput = 8;
  r.total_initial_remote_disk_size = 9;
  EXPECT_EQ(
      sent(on().create(r)),
      post("create",
           R"({"instance_pool_name":"p","node_type_id":"t","aws_attributes":{"availability":)"
           R"("SPOT","instance_profile_arn":"arn:x","spot_bid_price_percent":90,"zone_id":"z"},)"
           R"("azure_attributes":{"availability":"ON_DEMAND_AZURE",)"
           R"("capacity_reservation_group":"g","spot_bid_max_price":-1},"custom_tags":{"a":"b"},)"
           R"("disk_spec":{"disk_count":1,"disk_iops":2,"disk_size":3,"disk_throughput":4,)"
           R"("disk_type":{"azure_disk_volume_type":"PREMIUM_LRS",)"
           R"("ebs_volume_type":"GENERAL_PURPOSE_SSD"}},"enable_auto_alternate_node_types":true,)"
           R"("enable_elastic_disk":false,"gcp_attributes":{"gcp_availability":)"
           R"("PREEMPTIBLE_GCP","local_ssd_count":5,"zone_id":"y"},)"
           R"("idle_instance_autotermination_minutes":0,"max_capacity":6,"min_idle_instances":7,)"
           R"("node_type_flexibility":{"alternate_node_type_ids":["u"]},)"
           R"("preloaded_docker_images":[{"basic_auth":{"username":"me"},"url":"repo"}],)"
           R"("preloaded_spark_versions":["7.3.x-scala2.12"],"remote_disk_throughput":8,)"
           R"("total_initial_remote_disk_size":9})"));
}

TEST_F(instance_pools_wire, edit_sends_the_id_and_what_is_set) {
  instance_pools::edit r;
  r.instance_pool_id = "0101-1-pool";
  r.instance_pool_name = "p";
  r.node_type_id = "t";
  EXPECT_EQ(sent(on().edit(r)),
            post("edit", R"({"instance_pool_id":"0101-1-pool","instance_pool_name":"p",)"
                         R"("node_type_id":"t"})"));
  r.custom_tags = {{"a", "b"}};
  r.enable_auto_alternate_node_types = false;
  r.idle_instance_autotermination_minutes = 1;
  r.max_capacity = 2;
  r.min_idle_instances = 3;
  r.remote_disk_throughput = 4;
  r.total_initial_remote_disk_size = 5;
  EXPECT_EQ(sent(on().edit(r)),
            post("edit", R"({"instance_pool_id":"0101-1-pool","instance_pool_name":"p",)"
                         R"("node_type_id":"t","custom_tags":{"a":"b"},)"
                         R"("enable_auto_alternate_node_types":false,)"
                         R"("idle_instance_autotermination_minutes":1,"max_capacity":2,)"
                         R"("min_idle_instances":3,"remote_disk_throughput":4,)"
                         R"("total_initial_remote_disk_size":5})"));
}

TEST_F(instance_pools_wire, delete_get_and_list_name_at_most_a_pool) {
  EXPECT_EQ(sent(on().delete_({"a b"})), post("delete", R"({"instance_pool_id":"a b"})"));
  EXPECT_EQ(sent(on().get({"a b"})), get("get?instance_pool_id=a%20b"));
  EXPECT_EQ(sent(on().list()), get("list"));
}

TEST_F(instance_pools_wire, a_pool_is_read_whole) {
  answers(R"({"instance_pool_id":"i","instance_pool_name":"n","state":"ACTIVE","stats":)"
          R"({"used_count":1,"idle_count":2,"pending_used_count":3,"pending_idle_count":4},)"
          R"("status":{"pending_instance_errors":[{"instance_id":"x","message":"quota"}]},)"
          R"("node_type_id":"t","min_idle_instances":5,"max_capacity":6,)"
          R"("idle_instance_autotermination_minutes":7,"azure_attributes":)"
          R"({"availability":"SPOT_AZURE","spot_bid_max_price":0.5},"disk_spec":{"disk_type":)"
          R"({"azure_disk_volume_type":"STANDARD_LRS"}},"enable_elastic_disk":true,)"
          R"("default_tags":{"Vendor":"Databricks"},"preloaded_spark_versions":["v"],"new":{}})");
  auto const p = made(on().get({"i"}));
  EXPECT_EQ(p.instance_pool_name, "n");
  EXPECT_EQ(p.state, instance_pools::state::active);
  EXPECT_EQ(p.stats.value().used_count, 1);
  EXPECT_EQ(p.stats.value().idle_count, 2);
  EXPECT_EQ(p.stats.value().pending_used_count, 3);
  EXPECT_EQ(p.stats.value().pending_idle_count, 4);
  EXPECT_EQ(p.status.value().pending_instance_errors.at(0).message, "quota");
  EXPECT_EQ(p.min_idle_instances, 5);
  EXPECT_EQ(p.max_capacity, 6);
  EXPECT_EQ(p.azure_attributes.value().availability,
            instance_pools::azure_availability::spot_azure);
  EXPECT_EQ(p.azure_attributes.value().spot_bid_max_price, 0.5);
  EXPECT_EQ(p.disk_spec.value().disk_type.value().azure_disk_volume_type,
            instance_pools::azure_disk_volume_type::standard_lrs);
  EXPECT_EQ(p.default_tags.at("Vendor"), "Databricks");
}

TEST_F(instance_pools_wire, answers_are_read_bare) {
  auto const p = made(on().get({"i"}));
  EXPECT_TRUE(p.state.empty());
  EXPECT_FALSE(p.stats || p.status || p.max_capacity);
  EXPECT_TRUE(made(on().list()).instance_pools.empty());
  instance_pools::create r;
  r.instance_pool_name = "p";
  EXPECT_EQ(made(on().create(r)).instance_pool_id, "");
}

TEST_F(instance_pools_wire, lists_and_ids_are_read) {
  answers(R"({"instance_pools":[{"instance_pool_id":"a"},{"instance_pool_id":"b","state":)"
          R"("FROZEN"}],"instance_pool_id":"c"})");
  auto const all = made(on().list()).instance_pools;
  ASSERT_EQ(all.size(), 2U);
  EXPECT_EQ(all[1].state.raw(), "FROZEN");
  instance_pools::create r;
  r.instance_pool_name = "p";
  EXPECT_EQ(made(on().create(r)).instance_pool_id, "c");
}

TEST_F(instance_pools_wire, a_wrong_type_is_an_error_with_its_path) {
  answers(R"({"instance_pools":[{"stats":{"used_count":"many"}}]})");
  auto const why = failed(on().list());
  EXPECT_EQ(why.code(), errc::decode_failed) << why;
  EXPECT_NE(why.message().find("instance-pools/list.instance_pools[0].stats.used_count"),
            std::string::npos)
      << why;
}

}  // namespace
}  // namespace kiln
