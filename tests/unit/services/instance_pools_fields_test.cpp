#include "services/instance_pools_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct instance_pools_fields : testing::Test {};

using instance_pools_structs =
    testing::Types<instance_pools::aws_attributes, instance_pools::azure_attributes,
                   instance_pools::gcp_attributes, instance_pools::disk_type,
                   instance_pools::disk_spec, instance_pools::pool_stats,
                   instance_pools::pending_instance_error, instance_pools::pool_status,
                   instance_pools::instance_pool, instance_pools::create::response,
                   instance_pools::create, instance_pools::delete_, instance_pools::edit,
                   instance_pools::get, instance_pools::list::response, instance_pools::list>;
TYPED_TEST_SUITE(instance_pools_fields, instance_pools_structs);

TYPED_TEST(instance_pools_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
