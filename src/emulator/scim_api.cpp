#include "emulator/scim_api.hpp"

#include "emulator/scim_filter.hpp"
#include "emulator/scim_listing.hpp"
#include "emulator/scim_patch.hpp"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

api_reply scim_reply(int status, bj::object const& body) {
  api_reply out;
  out.status = status;
  out.body = bj::serialize(body);
  out.content_type = "application/scim+json";
  return out;
}

/// {"schemas":[…],"detail":…,"status":"404"}. What the parameters say of themselves has a code of
/// the other services, which is no scimType.
api_reply scim_reply(api_error const& e) {
  bj::object body{{"schemas", bj::array{"urn:ietf:params:scim:api:messages:2.0:Error"}},
                  {"detail", e.message},
                  {"status", std::to_string(e.status)}};
  bool const is_type = !e.code.empty() && e.code.front() >= 'a';
  if (is_type) body["scimType"] = e.code;
  return scim_reply(e.status, body);
}

api_reply reply_of(int status, outcome<bj::object> const& body) {
  return body ? scim_reply(status, *body) : scim_reply(body.error());
}

api_reply no_content_reply() {
  api_reply out;
  out.status = 204;
  out.body.clear();
  out.content_type = "application/scim+json";
  return out;
}

}  // namespace

scim_api::scim_api(scim_directory& directory, std::uint64_t seed) : directory_(directory) {
  random_source random(seed);
  workspace_id_ = std::to_string(1'000'000'000'000'000 + random.below(8'000'000'000'000'000));
}

std::span<scim_api::route const> scim_api::routes() {
  using enum principal_kind;
  static constexpr std::string_view users = "/api/2.0/preview/scim/v2/Users";
  static constexpr std::string_view one_user = "/api/2.0/preview/scim/v2/Users/{id}";
  static constexpr std::string_view groups = "/api/2.0/preview/scim/v2/Groups";
  static constexpr std::string_view one_group = "/api/2.0/preview/scim/v2/Groups/{id}";
  static constexpr std::string_view principals = "/api/2.0/preview/scim/v2/ServicePrincipals";
  static constexpr std::string_view one_principal =
      "/api/2.0/preview/scim/v2/ServicePrincipals/{id}";
  static route const all[] = {
      {"GET", "/api/2.0/preview/scim/v2/Me", nullptr, &scim_api::me},
      {"GET", users, nullptr, &scim_api::list<user>},
      {"POST", users, nullptr, &scim_api::create<user>},
      {"GET", one_user, nullptr, &scim_api::get<user>},
      {"PATCH", one_user, nullptr, &scim_api::patch<user>},
      {"PUT", one_user, nullptr, &scim_api::update<user>},
      {"DELETE", one_user, nullptr, &scim_api::remove<user>},
      {"GET", groups, nullptr, &scim_api::list<group>},
      {"POST", groups, nullptr, &scim_api::create<group>},
      {"GET", one_group, nullptr, &scim_api::get<group>},
      {"PATCH", one_group, nullptr, &scim_api::patch<group>},
      {"PUT", one_group, nullptr, &scim_api::update<group>},
      {"DELETE", one_group, nullptr, &scim_api::remove<group>},
      {"GET", principals, nullptr, &scim_api::list<service_principal>},
      {"POST", principals, nullptr, &scim_api::create<service_principal>},
      {"GET", one_principal, nullptr, &scim_api::get<service_principal>},
      {"PATCH", one_principal, nullptr, &scim_api::patch<service_principal>},
      {"PUT", one_principal, nullptr, &scim_api::update<service_principal>},
      {"DELETE", one_principal, nullptr, &scim_api::remove<service_principal>},
  };
  return all;
}

api_reply scim_api::handle(api_request const& request, moment now) {
  // What cannot be read at all is told in the shape of SCIM too.
  if (auto const in = parameters::of(request, {}); !in) {
    return scim_reply(scim_error(400, "invalidSyntax", in.error().message));
  }
  return routed_service::handle(request, now);
}

template <principal_kind Kind>
api_reply scim_api::list(parameters const& in, moment) {
  return reply_of(200, scim_page(directory_.list(Kind), in, scim_attributes(Kind)));
}

template <principal_kind Kind>
api_reply scim_api::create(parameters const& in, moment now) {
  return reply_of(201, directory_.create(Kind, in.body(), now));
}

template <principal_kind Kind>
api_reply scim_api::get(parameters const& in, moment) {
  auto const found = directory_.get(Kind, *in.text("id"));
  return found ? reply_of(200, scim_projection(*found, in)) : scim_reply(found.error());
}

template <principal_kind Kind>
api_reply scim_api::patch(parameters const& in, moment) {
  auto const id = *in.text("id");
  auto resource = directory_.get(Kind, id);
  if (!resource) return scim_reply(resource.error());
  if (auto done = apply_scim_patch(*resource, in.body(), scim_attributes(Kind)); !done) {
    return scim_reply(done.error());
  }
  auto const done = directory_.replace(Kind, id, *resource);
  return done ? no_content_reply() : scim_reply(done.error());
}

template <principal_kind Kind>
api_reply scim_api::update(parameters const& in, moment) {
  return reply_of(200, directory_.replace(Kind, *in.text("id"), in.body()));
}

template <principal_kind Kind>
api_reply scim_api::remove(parameters const& in, moment now) {
  auto const done = directory_.remove(Kind, *in.text("id"), now);
  return done ? no_content_reply() : scim_reply(done.error());
}

api_reply scim_api::me(parameters const& in, moment now) {
  auto out = reply_of(200, scim_projection(directory_.caller(in.caller(), now), in));
  out.headers = "X-Databricks-Org-Id: " + workspace_id_ + "\r\n";
  return out;
}

}  // namespace kiln::emulation
