#include "services/dbfs_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct dbfs_fields : testing::Test {};

using dbfs_structs =
    testing::Types<dbfs::file_info, dbfs::create, dbfs::create::response, dbfs::add_block,
                   dbfs::close, dbfs::delete_, dbfs::get_status, dbfs::list, dbfs::list::response,
                   dbfs::mkdirs, dbfs::move, dbfs::put, dbfs::put_multipart, dbfs::read,
                   dbfs::read::response>;
TYPED_TEST_SUITE(dbfs_fields, dbfs_structs);

TYPED_TEST(dbfs_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
