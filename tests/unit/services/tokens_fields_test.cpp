#include "services/tokens_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct tokens_fields : testing::Test {};

using tokens_structs = testing::Types<tokens::token_info, tokens::create, tokens::create::response,
                                      tokens::delete_, tokens::list::response>;
TYPED_TEST_SUITE(tokens_fields, tokens_structs);

TYPED_TEST(tokens_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
