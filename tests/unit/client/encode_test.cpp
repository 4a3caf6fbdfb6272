// What a call becomes before it is sent, beyond what the wire tests of each service pin.
#include "client/wire.hpp"

#include <gtest/gtest.h>

namespace kiln {
namespace {

struct look_up {
  static constexpr endpoint at{verb::get, "/api/2.1/things/{kind}/list", repeat::safe};
  std::string_view kind;
  std::string_view name;
};
void fields(auto& io, look_up& v) {
  io("kind", v.kind);
  io("name", v.name);
}

struct scim_like {
  static constexpr endpoint at{verb::post,   "/api/2.0/preview/scim/v2/Groups",
                               repeat::safe, lane::normal,
                               {},           "application/scim+json"};
  std::string_view name;
};
void fields(auto& io, scim_like& v) { io("displayName", v.name); }

std::string header(outgoing_call const& call, std::string_view name) {
  for (auto const& h : call.message.headers) {
    if (h.name == name) return h.value;
  }
  return "none";
}

TEST(encode, puts_fields_of_the_path_there_and_the_rest_in_the_query) {
  auto const call = encode(look_up{.kind = "a/b", .name = "c d"}, {});
  EXPECT_EQ(call.message.target, "/api/2.1/things/a%2Fb/list?name=c%20d");
}

TEST(encode, sends_to_another_version_when_asked) {
  auto const call = encode(look_up{.kind = "k", .name = {}}, {.api_version = "2.2"});
  EXPECT_EQ(call.message.target, "/api/2.2/things/k/list");
  EXPECT_EQ(call.operation, "things/{kind}/list");
}

TEST(encode, a_version_cannot_leave_its_place_in_the_path) {
  auto const call = encode(look_up{.kind = "k", .name = {}}, {.api_version = "../x?y"});
  EXPECT_EQ(call.message.target, "/api/..%2Fx%3Fy/things/k/list");
}

TEST(encode, asks_for_the_media_type_it_sends_unless_it_is_json) {
  auto const scim = encode(scim_like{.name = "n"}, {});
  EXPECT_EQ(header(scim, "Content-Type"), "application/scim+json");
  EXPECT_EQ(header(scim, "Accept"), "application/scim+json");
  EXPECT_EQ(header(encode(look_up{.kind = "k", .name = {}}, {}), "Accept"), "none");
}

}  // namespace
}  // namespace kiln
