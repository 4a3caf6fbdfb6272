#include "services/model_registry_fields.hpp"

#include <boost/pfr/tuple_size.hpp>
#include <gtest/gtest.h>

namespace kiln {
namespace {

template <class T>
struct model_registry_fields : testing::Test {};

using model_registry_structs = testing::Types<
    model_registry::tag, model_registry::model_version, model_registry::registered_model,
    model_registry::registered_model_databricks, model_registry::activity,
    model_registry::linked_feature, model_registry::feature_list,
    model_registry::model_version_databricks, model_registry::transition_request,
    model_registry::comment_object, model_registry::http_url_spec, model_registry::job_spec,
    model_registry::http_url_spec_without_secret, model_registry::job_spec_without_secret,
    model_registry::webhook, model_registry::create_model, model_registry::create_model::response,
    model_registry::delete_model, model_registry::delete_model_tag,
    model_registry::get_latest_versions, model_registry::get_latest_versions::response,
    model_registry::get_model, model_registry::get_model::response, model_registry::list_models,
    model_registry::list_models::response, model_registry::rename_model,
    model_registry::rename_model::response, model_registry::search_models,
    model_registry::search_models::response, model_registry::set_model_tag,
    model_registry::update_model, model_registry::update_model::response,
    model_registry::create_model_version, model_registry::create_model_version::response,
    model_registry::delete_model_version, model_registry::delete_model_version_tag,
    model_registry::get_model_version, model_registry::get_model_version::response,
    model_registry::get_model_version_download_uri,
    model_registry::get_model_version_download_uri::response, model_registry::search_model_versions,
    model_registry::search_model_versions::response, model_registry::set_model_version_tag,
    model_registry::update_model_version, model_registry::update_model_version::response,
    model_registry::transition_stage, model_registry::transition_stage::response,
    model_registry::create_transition_request, model_registry::create_transition_request::response,
    model_registry::approve_transition_request,
    model_registry::approve_transition_request::response, model_registry::reject_transition_request,
    model_registry::reject_transition_request::response, model_registry::delete_transition_request,
    model_registry::delete_transition_request::response, model_registry::list_transition_requests,
    model_registry::list_transition_requests::response, model_registry::create_comment,
    model_registry::create_comment::response, model_registry::delete_comment,
    model_registry::update_comment, model_registry::update_comment::response,
    model_registry::create_webhook, model_registry::create_webhook::response,
    model_registry::delete_webhook, model_registry::list_webhooks,
    model_registry::list_webhooks::response, model_registry::test_registry_webhook,
    model_registry::test_registry_webhook::response, model_registry::update_webhook,
    model_registry::update_webhook::response>;
TYPED_TEST_SUITE(model_registry_fields, model_registry_structs);

TYPED_TEST(model_registry_fields, name_every_member_once) {
  EXPECT_EQ(field_count<TypeParam>(), boost::pfr::tuple_size_v<TypeParam>);
  EXPECT_NO_THROW(type_of<TypeParam>()) << "a name twice, or a member of another struct";
}

}  // namespace
}  // namespace kiln
