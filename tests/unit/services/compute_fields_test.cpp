#include "services/compute_fields.hpp"

#include "json/read.hpp"
#include "json/write.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct compute_fields : testing::Test {};

using compute_structs =
    testing::Types<compute::autoscale, compute::aws_attributes, compute::log_analytics_info,
                   compute::azure_attributes, compute::gcp_attributes,
                   compute::node_type_flexibility, compute::storage_location, compute::s3_location,
                   compute::cluster_log_conf, compute::init_script_info, compute::docker_basic_auth,
                   compute::docker_image, compute::clients_types, compute::workload_type,
                   compute::maven_library, compute::package_library, compute::library,
                   compute::environment, compute::cluster_spec>;
TYPED_TEST_SUITE(compute_fields, compute_structs);

TYPED_TEST(compute_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

TEST(compute_types, an_empty_spec_says_nothing) {
  EXPECT_EQ(json::to_json(compute::cluster_spec{}), "{}");
  EXPECT_EQ(json::to_json(compute::library{}), "{}");
}

TEST(compute_types, a_spec_survives_the_way_out_and_back) {
  std::string const text =
      R"({"autoscale":{"min_workers":1,"max_workers":8},)"
      R"("azure_attributes":{"availability":"SPOT_WITH_FALLBACK_AZURE","first_on_demand":1,)"
      R"("spot_bid_max_price":-1},)"
      R"("cluster_log_conf":{"dbfs":{"destination":"dbfs:/logs"}},"custom_tags":{"team":"kiln"},)"
      R"("data_security_mode":"A_MODE_OF_TOMORROW","init_scripts":[{"workspace":)"
      R"({"destination":"/init.sh"}},{"s3":{"destination":"s3://b/i.sh","region":"us-west-2"}}],)"
      R"("num_workers":0,"runtime_engine":"PHOTON","spark_version":"13.3.x-scala2.12",)"
      R"("workload_type":{"clients":{"jobs":true,"notebooks":false}}})";
  auto const read = json::read_as<compute::cluster_spec>(text, "spec");
  ASSERT_TRUE(read) << read.error();
  EXPECT_EQ(json::to_json(*read), text);
  EXPECT_EQ(read->runtime_engine, compute::runtime_engine::photon);
  EXPECT_FALSE(read->data_security_mode.value());
}

}  // namespace
}  // namespace kiln
