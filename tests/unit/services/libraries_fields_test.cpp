#include "services/libraries_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct libraries_fields : testing::Test {};

using libraries_structs =
    testing::Types<libraries::library_status, libraries::cluster_libraries,
                   libraries::all_cluster_statuses::response, libraries::all_cluster_statuses,
                   libraries::cluster_status, libraries::install, libraries::uninstall>;
TYPED_TEST_SUITE(libraries_fields, libraries_structs);

TYPED_TEST(libraries_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
