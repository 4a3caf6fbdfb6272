#include "services/groups_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct groups_fields : testing::Test {};

using groups_structs =
    testing::Types<groups::principal_name, groups::names, groups::add_member, groups::create,
                   groups::create::response, groups::delete_, groups::list_members,
                   groups::list_members::response, groups::list_parents, groups::remove_member>;
TYPED_TEST_SUITE(groups_fields, groups_structs);

TYPED_TEST(groups_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
