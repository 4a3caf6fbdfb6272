#include "services/clusters_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct clusters_fields : testing::Test {};

using clusters_structs = testing::Types<
    clusters::termination_reason, clusters::node_aws_attributes, clusters::spark_node,
    clusters::log_sync_status, clusters::cluster, clusters::cloud_node_info,
    clusters::node_instance_type, clusters::node_type, clusters::spark_version,
    clusters::cluster_size, clusters::init_script_execution, clusters::init_script_outcome,
    clusters::init_script_events, clusters::event_details, clusters::data_plane_event_details,
    clusters::cluster_event, clusters::clone_source, clusters::create::response, clusters::delete_,
    clusters::next_events, clusters::events::response, clusters::events, clusters::get,
    clusters::list_filter, clusters::list_order, clusters::list::response, clusters::list,
    clusters::list_node_types::response, clusters::list_node_types, clusters::list_zones::response,
    clusters::list_zones, clusters::permanent_delete, clusters::pin, clusters::resize,
    clusters::restart, clusters::spark_versions::response, clusters::spark_versions,
    clusters::start, clusters::unpin>;
TYPED_TEST_SUITE(clusters_fields, clusters_structs);

TYPED_TEST(clusters_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

// pfr cannot count what has a base: a spec's members, and their own.
TEST(clusters_specs, are_sent_flat_with_the_members_beside_them) {
  auto const of_a_spec = boost::pfr::tuple_size_v<compute::cluster_spec>;
  EXPECT_EQ(field_count<clusters::create>(), of_a_spec + 2);
  EXPECT_EQ(field_count<clusters::edit>(), of_a_spec + 1);
  EXPECT_EQ(sizeof(clusters::edit), sizeof(compute::cluster_spec) + sizeof(std::string));
}

TEST(clusters_words, spell_their_enumerators) {
  using code = clusters::termination_code;
  EXPECT_EQ(open_enum<code>(code::abuse_detected).raw(), "ABUSE_DETECTED");
  EXPECT_EQ(open_enum<code>(code::inactivity).raw(), "INACTIVITY");
  EXPECT_EQ(open_enum<code>(code::job_finished).raw(), "JOB_FINISHED");
  EXPECT_EQ(open_enum<code>(code::user_request).raw(), "USER_REQUEST");
  EXPECT_EQ(open_enum<code>(code::workspace_update).raw(), "WORKSPACE_UPDATE");
  using type = clusters::event_type;
  EXPECT_EQ(open_enum<type>(type::creating).raw(), "CREATING");
  EXPECT_EQ(open_enum<type>(type::running).raw(), "RUNNING");
  EXPECT_EQ(open_enum<type>(type::upsize_completed).raw(), "UPSIZE_COMPLETED");
}

}  // namespace
}  // namespace kiln
