#include "services/scim_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct scim_fields : testing::Test {};

using scim_structs = testing::Types<
    scim::complex_value, scim::person_name, scim::resource_meta, scim::user, scim::group,
    scim::service_principal, scim::patch, scim::users_delete, scim::users_get, scim::users_list,
    scim::users_patch, scim::groups_delete, scim::groups_get, scim::groups_list, scim::groups_patch,
    scim::service_principals_delete, scim::service_principals_get, scim::service_principals_list,
    scim::service_principals_patch, scim::me, scim::page<scim::user>, scim::page<scim::group>,
    scim::page<scim::service_principal>>;
TYPED_TEST_SUITE(scim_fields, scim_structs);

TYPED_TEST(scim_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

/// Endpoints whose document is a resource are that resource on the wire.
template <class Endpoint>
void expect_document() {
  using resource = decltype(Endpoint::document);
  EXPECT_EQ(field_count<Endpoint>(), boost::pfr::tuple_size_v<resource>);
  EXPECT_NO_THROW(type_of<Endpoint>());
  for (auto const& f : type_of<resource>().fields) {
    EXPECT_NE(type_of<Endpoint>().find(f.name), nullptr) << f.name;
  }
}

TEST(scim_documents, have_the_members_of_their_resource) {
  expect_document<scim::users_create>();
  expect_document<scim::users_update>();
  expect_document<scim::groups_create>();
  expect_document<scim::groups_update>();
  expect_document<scim::service_principals_create>();
  expect_document<scim::service_principals_update>();
}

}  // namespace
}  // namespace kiln
