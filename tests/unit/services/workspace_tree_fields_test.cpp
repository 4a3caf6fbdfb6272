#include "services/workspace_tree_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct workspace_tree_fields : testing::Test {};

using workspace_tree_structs =
    testing::Types<workspace_tree::directory_info, workspace_tree::object_info,
                   workspace_tree::delete_, workspace_tree::export_,
                   workspace_tree::export_::response, workspace_tree::export_direct_download,
                   workspace_tree::get_status, workspace_tree::import_,
                   workspace_tree::import_multipart, workspace_tree::list,
                   workspace_tree::list::response, workspace_tree::mkdirs>;
TYPED_TEST_SUITE(workspace_tree_fields, workspace_tree_structs);

TYPED_TEST(workspace_tree_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
