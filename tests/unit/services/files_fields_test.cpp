#include "services/files_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct files_fields : testing::Test {};

using files_structs = testing::Types<
    files::directory_entry, files::file_metadata, files::create_directory, files::delete_,
    files::delete_directory, files::download, files::get_directory_metadata, files::get_metadata,
    files::list_directory_contents, files::list_directory_contents::response, files::upload>;
TYPED_TEST_SUITE(files_fields, files_structs);

TYPED_TEST(files_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
