#include "unit/json/sample.hpp"

#include <boost/pfr/core.hpp>
#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>
#include <thread>

namespace sample {

kiln::enum_table spellings(format) noexcept {
  static constexpr auto table = kiln::spell("SOURCE", "HTML");
  return table;
}

struct doubled {
  int a = 0;
  int b = 0;
};
void fields(auto& io, doubled& v) {
  io("a", v.a);
  io("a", v.b);
}

struct stranger {
  int a = 0;
};
void fields(auto& io, stranger&) {
  static int elsewhere = 0;
  io("a", elsewhere);
}

}  // namespace sample

namespace {

template <class T>
void expect_complete() {
  EXPECT_EQ(kiln::field_count<T>(), boost::pfr::tuple_size_v<T>) << typeid(T).name();
}

TEST(fields, name_every_member_of_a_struct) {
  expect_complete<sample::autoscale>();
  expect_complete<sample::cluster>();
  expect_complete<sample::cluster_page>();
  expect_complete<sample::numbers>();
  expect_complete<sample::block>();
  expect_complete<sample::put>();
  expect_complete<sample::tree>();
  EXPECT_EQ(kiln::field_count<sample::empty>(), 0U);
}

TEST(fields, keep_the_order_they_are_named_in_and_are_found_by_name) {
  auto const& info = kiln::type_of<sample::cluster>();
  ASSERT_EQ(info.fields.size(), 12U);
  EXPECT_EQ(info.fields[0].name, "cluster_id");
  EXPECT_EQ(info.fields[11].name, "limits");
  for (auto const& field : info.fields) EXPECT_EQ(info.find(field.name), &field);
  EXPECT_EQ(info.find("cluster_i"), nullptr);
  EXPECT_EQ(info.find(""), nullptr);
}

TEST(fields, describe_a_type_that_holds_itself) {
  auto const& info = kiln::type_of<sample::tree>();
  EXPECT_EQ(&info.find("children")->type().element(), &info);
}

TEST(fields, refuse_a_name_given_twice) {
  EXPECT_THROW((void)kiln::type_of<sample::doubled>(), std::logic_error);
}

TEST(fields, refuse_a_member_of_something_else) {
  EXPECT_THROW((void)kiln::type_of<sample::stranger>(), std::logic_error);
}

struct late {
  std::string name;
};
void fields(auto& io, late& v) { io("name", v.name); }

TEST(fields, are_built_once_whichever_thread_comes_first) {
  kiln::type_info const* seen[4] = {};
  std::vector<std::thread> threads;
  for (auto& place : seen) {
    threads.emplace_back([&place] { place = &kiln::type_of<late>(); });
  }
  for (auto& t : threads) t.join();
  for (auto const* place : seen) EXPECT_EQ(place, &kiln::type_of<late>());
}

TEST(open_enum, knows_its_values_by_spelling) {
  kiln::open_enum<sample::state> const v("RUNNING");
  EXPECT_EQ(v.value(), sample::state::running);
  EXPECT_EQ(v, sample::state::running);
  EXPECT_NE(v, sample::state::pending);
  EXPECT_EQ(v.raw(), "RUNNING");
}

TEST(open_enum, keeps_a_spelling_it_does_not_know) {
  kiln::open_enum<sample::state> v("HIBERNATING");
  EXPECT_EQ(v.value(), std::nullopt);
  EXPECT_EQ(v.raw(), "HIBERNATING");
  EXPECT_FALSE(v.empty());
  EXPECT_NE(v, kiln::open_enum<sample::state>{});
  v = sample::state::terminated;
  EXPECT_EQ(v.raw(), "TERMINATED");
  EXPECT_EQ(v, kiln::open_enum<sample::state>("TERMINATED"));
}

TEST(open_enum, is_empty_by_default_and_prints_its_spelling) {
  EXPECT_TRUE(kiln::open_enum<sample::state>{}.empty());
  std::ostringstream out;
  out << kiln::open_enum<sample::state>{} << '|'
      << kiln::open_enum<sample::state>(sample::state::pending) << '|'
      << kiln::open_enum<sample::format>("HTML") << '|' << kiln::open_enum<sample::format>("DBC");
  EXPECT_EQ(out.str(), "|PENDING|HTML|DBC");
}

TEST(open_enum, table_counts_its_enumerators) {
  EXPECT_TRUE(kiln::detail::is_enumerator<sample::state::terminated>());
  EXPECT_FALSE(kiln::detail::is_enumerator<static_cast<sample::state>(3)>());
}

}  // namespace
