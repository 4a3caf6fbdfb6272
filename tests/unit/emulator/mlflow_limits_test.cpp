#include "emulator/mlflow_api.hpp"

#include <gtest/gtest.h>

#include <string>

// The limits of runs/log-batch, at each and one above.
namespace kiln::emulation {
namespace {

using limits = mlflow_limits;

struct mlflow_batches : testing::Test {
  mlflow_state state{1};
  std::string run;

  void SetUp() override {
    mlflow_state::new_run from;
    from.experiment_id = "0";
    auto const made = state.create_run(from);
    ASSERT_TRUE(made.has_value());
    run = (*made)->id;
  }
  static mlflow_state::batch of(std::size_t metrics, std::size_t params, std::size_t tags) {
    mlflow_state::batch out;
    for (std::size_t i = 0; i < metrics; ++i) {
      mlflow_metric m;
      m.key = "m" + std::to_string(i);
      out.metrics.push_back(std::move(m));
    }
    for (std::size_t i = 0; i < params; ++i) out.params.emplace_back("p" + std::to_string(i), "v");
    for (std::size_t i = 0; i < tags; ++i) out.tags.emplace_back("t" + std::to_string(i), "v");
    return out;
  }
  /// Empty when it was taken; else the message. Of one that is refused nothing is kept.
  std::string refusal(mlflow_state::batch const& what) {
    auto const before = **state.run(run);
    auto const done = state.log(run, what);
    if (done) return {};
    EXPECT_EQ(done.error().code, "INVALID_PARAMETER_VALUE");
    EXPECT_EQ(done.error().status, 400);
    auto const& after = **state.run(run);
    EXPECT_EQ(after.metrics.size(), before.metrics.size());
    EXPECT_EQ(after.params.size(), before.params.size());
    EXPECT_EQ(after.tags.size(), before.tags.size());
    return done.error().message;
  }
  void expect_refused(mlflow_state::batch const& what, std::string const& why) {
    auto const said = refusal(what);
    EXPECT_NE(said.find(why), std::string::npos) << "'" << said << "', not " << why;
  }
};

TEST_F(mlflow_batches, hold_a_thousand_metrics) {
  EXPECT_EQ(refusal(of(limits::metrics_max, 0, 0)), "");
  EXPECT_EQ((*state.run(run))->metrics.size(), 1'000U);
  expect_refused(of(limits::metrics_max + 1, 0, 0), "at most 1000 metrics. Got 1001");
}

TEST_F(mlflow_batches, hold_a_hundred_params) {
  EXPECT_EQ(refusal(of(0, limits::params_max, 0)), "");
  EXPECT_EQ((*state.run(run))->params.size(), 100U);
  expect_refused(of(0, limits::params_max + 1, 0), "at most 100 params. Got 101");
}

TEST_F(mlflow_batches, hold_a_hundred_tags) {
  auto const own = (*state.run(run))->tags.size();
  EXPECT_EQ(refusal(of(0, 0, limits::tags_max)), "");
  EXPECT_EQ((*state.run(run))->tags.size(), own + 100U);
  expect_refused(of(0, 0, limits::tags_max + 1), "at most 100 tags. Got 101");
}

TEST_F(mlflow_batches, hold_a_thousand_things_in_all) {
  EXPECT_EQ(refusal(of(800, 100, 100)), "");
  expect_refused(of(801, 100, 100), "at most 1000 metrics, params, and tags. Got 1001");
}

TEST_F(mlflow_batches, have_keys_and_values_of_bounded_length) {
  auto const param = [](std::size_t key, std::size_t value) {
    mlflow_state::batch out;
    out.params.emplace_back(std::string(key, 'k'), std::string(value, 'v'));
    return out;
  };
  auto const tag = [](std::size_t key, std::size_t value) {
    mlflow_state::batch out;
    out.tags.emplace_back(std::string(key, 'k'), std::string(value, 'v'));
    return out;
  };
  EXPECT_EQ(refusal(param(limits::key_max, limits::param_value_max)), "");
  EXPECT_NE(refusal(param(limits::key_max + 1, 1)), "");
  EXPECT_NE(refusal(param(1, limits::param_value_max + 1)), "");
  EXPECT_EQ(refusal(tag(limits::key_max, limits::tag_value_max)), "");
  EXPECT_NE(refusal(tag(limits::key_max + 1, 1)), "");
  EXPECT_NE(refusal(tag(1, limits::tag_value_max + 1)), "");
}

TEST(mlflow_keys, are_words_of_a_path_that_names_nothing_else) {
  for (char const* key : {"a", "a/b.c-d_e f", "a:b", ".a", "a/..b"}) {
    EXPECT_TRUE(check_mlflow_key("Param", key).has_value()) << key;
  }
  for (char const* key : {"", "?", "a?", "/a", "a//b", "a/", ".", "..", "..a", "a/../b", "./a"}) {
    EXPECT_FALSE(check_mlflow_key("Param", key).has_value()) << key;
  }
}

TEST(mlflow_batch_requests, are_of_one_mebibyte) {
  mlflow_api api(1);
  moment const now{instant(std::chrono::hours(1)), wall_time(std::chrono::hours(1))};
  auto const post = [&](std::string_view name, std::string const& body) {
    auto const path = "/api/2.0/mlflow/runs/" + std::string(name);
    api_request request;
    request.method = "POST";
    request.path = path;
    request.body = body;
    return api.handle(request, now);
  };
  auto const created = post("create", R"({"experiment_id":"0"})");
  ASSERT_EQ(created.status, 200) << created.body;
  auto const at = created.body.find("\"run_id\":\"") + 10;
  auto const id = created.body.substr(at, created.body.find('"', at) - at);
  auto body = R"({"run_id":")" + id + R"(","tags":[{"key":"a","value":"b"}]})";
  body.append(limits::batch_bytes_max - body.size(), ' ');
  auto const fits = post("log-batch", body);
  EXPECT_EQ(fits.status, 200) << fits.body;
  body += ' ';
  auto const over = post("log-batch", body);
  EXPECT_EQ(over.status, 400);
  EXPECT_NE(over.body.find("at most 1048576 bytes, got a request of size 1048577"), over.body.npos)
      << over.body;
}

}  // namespace
}  // namespace kiln::emulation
