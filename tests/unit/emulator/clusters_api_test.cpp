// Listings of API 2.1, page by page, while clusters come and go.
#include "emulator/clusters_api.hpp"

#include "support/small_cluster.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace kiln::emulation {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

struct cluster_pages : testing::Test {
  clusters_state all{emulator_clusters_options(), 1};
  clusters_api api{all};
  moment now{instant(hours(1)), wall_time(hours(1))};
  std::string token;

  std::string make() {
    now.wall += seconds(1);
    return all.create(test::small_cluster(), {"me"}, now).value();
  }
  /// The ids of the page behind the last one, of two at most.
  std::vector<std::string> page(std::string const& more = {}) {
    auto const query = "page_size=2&page_token=" + token + more;
    auto const reply = api.handle({"GET", "/api/2.1/clusters/list", query, {}}, now);
    EXPECT_EQ(reply.status, 200) << reply.body;
    auto const body = boost::json::parse(reply.body).as_object();
    token = body.contains("next_page_token") ? body.at("next_page_token").as_string().c_str() : "";
    std::vector<std::string> out;
    if (!body.contains("clusters")) return out;
    for (auto const& each : body.at("clusters").as_array()) {
      out.emplace_back(each.at("cluster_id").as_string());
    }
    return out;
  }
};

using ids = std::vector<std::string>;

TEST_F(cluster_pages, go_on_behind_a_cluster_that_is_gone) {
  ids made;
  for (int i = 0; i < 5; ++i) made.push_back(make());
  EXPECT_EQ(page(), (ids{made[4], made[3]}));
  ASSERT_TRUE(all.permanent_delete(made[3], now));
  make();
  EXPECT_EQ(page(), (ids{made[2], made[1]}));
  ASSERT_TRUE(all.permanent_delete(made[1], now));
  EXPECT_EQ(page(), (ids{made[0]}));
  EXPECT_EQ(token, "");
}

TEST_F(cluster_pages, do_so_oldest_first_too) {
  ids made;
  for (int i = 0; i < 3; ++i) made.push_back(make());
  EXPECT_EQ(page("&sort_by.direction=ASC"), (ids{made[0], made[1]}));
  ASSERT_TRUE(all.permanent_delete(made[1], now));
  EXPECT_EQ(page("&sort_by.direction=ASC"), (ids{made[2]}));
}

TEST_F(cluster_pages, have_tokens_of_their_own) {
  for (auto const* const wrong : {"x", "1", "-", "1:2", "99999999999999999999-a"}) {
    auto const query = "page_token=" + std::string(wrong);
    auto const reply = api.handle({"GET", "/api/2.1/clusters/list", query, {}}, now);
    EXPECT_EQ(reply.status, 400) << wrong;
  }
}

}  // namespace
}  // namespace kiln::emulation
