#include "emulator/faults.hpp"

#include <gtest/gtest.h>

namespace {

using kiln::emulator_fault;
using kiln::emulation::fault_script;
using kind = emulator_fault::kind;

emulator_fault fault(std::string route, kind what, std::uint64_t skip = 0,
                     std::uint64_t times = 1) {
  emulator_fault out;
  out.route = std::move(route);
  out.what = what;
  out.skip = skip;
  out.times = times;
  return out;
}

TEST(fault_script, hits_after_the_skipped_and_only_so_often) {
  fault_script s;
  s.add(fault("/a", kind::close, 2, 2));
  std::string hits;
  for (int i = 0; i < 6; ++i) hits += s.next("/a") ? 'x' : '.';
  EXPECT_EQ(hits, "..xx..");
  EXPECT_EQ(s.entries()[0].seen, 6U);
  EXPECT_EQ(s.entries()[0].hits, 2U);
}

TEST(fault_script, takes_a_route_as_a_whole_path_or_as_a_prefix) {
  fault_script s;
  s.add(fault("/api/2.0/dbfs/put", kind::close, 0, 9));
  EXPECT_FALSE(s.next("/api/2.0/dbfs/put2"));
  EXPECT_FALSE(s.next("/api/2.0/dbfs"));
  EXPECT_TRUE(s.next("/api/2.0/dbfs/put"));
  s.clear();
  s.add(fault("/api/2.0/dbfs/*", kind::close, 0, 9));
  EXPECT_TRUE(s.next("/api/2.0/dbfs/put"));
  EXPECT_TRUE(s.next("/api/2.0/dbfs/"));
  EXPECT_FALSE(s.next("/api/2.0/jobs/list"));
}

TEST(fault_script, a_fault_that_waits_behind_another_keeps_its_turn) {
  fault_script s;
  s.add(fault("*", kind::close, 0, 2));
  s.add(fault("*", kind::stall, 1, 1));
  EXPECT_EQ(s.next("/a")->what, kind::close);
  EXPECT_EQ(s.next("/a")->what, kind::close);
  EXPECT_EQ(s.next("/a")->what, kind::stall);
  EXPECT_FALSE(s.next("/a"));
}

TEST(fault_script, completes_a_header_line) {
  fault_script s;
  auto f = fault("/a", kind::status);
  f.headers = "Retry-After: 5";
  s.add(f);
  EXPECT_EQ(s.next("/a")->headers, "Retry-After: 5\r\n");
}

TEST(fault_script, is_bounded) {
  fault_script s;
  for (std::size_t i = 0; i < fault_script::faults_max; ++i) {
    EXPECT_TRUE(s.add(fault("/a", kind::close)));
  }
  EXPECT_FALSE(s.add(fault("/a", kind::close)));
}

TEST(fault_kind, is_read_as_it_is_written) {
  for (auto k :
       {kind::status, kind::close, kind::reset, kind::truncate, kind::stall, kind::delay}) {
    EXPECT_EQ(kiln::emulation::parse_fault_kind(kiln::emulation::to_string(k)), k);
  }
  EXPECT_FALSE(kiln::emulation::parse_fault_kind("explode"));
}

}  // namespace
