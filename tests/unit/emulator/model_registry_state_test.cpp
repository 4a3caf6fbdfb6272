#include "emulator/model_registry_state.hpp"

#include <gtest/gtest.h>

namespace {

using namespace kiln::emulation;

TEST(model_registry_state, only_twenty_versions_may_be_pending) {
  model_registry_state state(7);
  model_registry_state::author by{"me@example.com", 1000};
  ASSERT_TRUE(state.create_model("m", "", {}, by));
  for (std::size_t i = 0; i < registry_limits::pending_max; ++i) {
    ASSERT_TRUE(state.create_version("m", {}, by));
  }
  auto const refused = state.create_version("m", {}, by);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().status, 429);
  by.now += registry_limits::registration.count();
  auto const next = state.create_version("m", {}, by);
  ASSERT_TRUE(next) << next.error().message;
  EXPECT_EQ(next->version->number, 21);
}

}  // namespace
