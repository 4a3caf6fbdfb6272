// What the same things are called instead, one a line; the gate must flag none of them, and the
// canary runs each to show that it is safe with the compiler at hand.
#include "canary/good_forms.hpp"

#include "canary/forms.hpp"

#include <vector>

namespace canary {

namespace {

auto named_first(std::string s) -> task<int> {
  owning const named{.text = s, .number = 1};
  co_return co_await look(named);
}
auto named_and_moved(std::string s) -> task<int> {
  owning named{.text = s};
  co_return co_await take(std::move(named));
}
auto two_statements(std::string s) -> task<int> {
  auto work = take({.text = s});
  co_return co_await std::move(work);
}
auto trivial_aggregate() -> task<int> { co_return co_await look_at({.text = "abc", .number = 2}); }
auto trivial_aggregate_over_a_temporary(std::string s) -> task<int> {
  co_return co_await look_at({.text = std::string(s + "1234567890123456789012345678901234567890")});
}
auto trivial_default_argument() -> task<int> { co_return co_await with_trivial_default(); }
auto value_of_a_constructor() -> task<int> {
  co_return co_await measure_text(std::string(40, 'a'));
}
auto value_of_a_conversion() -> task<int> { co_return co_await measure_text("abc"); }
auto value_of_a_function() -> task<int> { co_return co_await take(make_owning()); }
auto closure_of_references(std::string s) -> task<int> {
  co_return co_await call([&s] { return static_cast<int>(s.size()); });
}
auto closure_of_numbers(int n) -> task<int> {
  co_return co_await call([n] { return n; });
}
auto closure_named_first(std::shared_ptr<int> p) -> task<int> {
  auto named = [p] { return *p; };
  co_return co_await call(std::move(named));
}
auto conditional_of_numbers(bool c) -> task<int> { co_return co_await number(c ? 1 : 2); }
auto aggregate_returned(std::string s) -> task<owning> { co_return owning{.text = s}; }
auto aggregate_pushed_without_await(std::string s) -> task<int> {
  std::vector<owning> all;
  all.push_back({.text = s});
  co_return measure(all.front()) + co_await number(0);
}
auto returned_aggregate_used(std::string s) -> task<int> {
  auto const value = co_await aggregate_returned(s);
  co_return measure(value);
}
// Conditions, in coroutines whose outermost block declares nothing: there g++ 12 is at fault when
// the condition itself awaits.
auto await_before_a_condition(std::string s) -> task<int> {
  for (;;) {
    bool const enough = co_await measure_text(s) > 60;
    if (enough) co_return static_cast<int>(s.size());
    s += s;
  }
}
auto await_in_an_init_statement(std::string s) -> task<int> {
  if (auto const n = co_await measure_text(s); n > 0) co_return n;
  co_return 0;
}
auto await_in_a_declared_condition(std::string s) -> task<int> {
  if (int const n = co_await measure_text(s)) co_return n;
  co_return 0;
}
auto await_in_a_switch_init(std::string s) -> task<int> {
  switch (int const n = co_await measure_text(s); n) {
    case 40:
      co_return 4;
    default:
      co_return 0;
  }
}
auto await_beside_and(std::string s) -> task<int> {
  co_return !s.empty() && co_await measure_text(s) > 39;
}
auto await_in_a_choice(std::string s) -> task<int> {
  co_return co_await measure_text(s) > 39 ? co_await number(5) : 0;
}
auto await_in_a_body(std::string s) -> task<int> {
  if (s.empty()) co_return co_await number(1);
  while (s.size() < 100) s += co_await text();
  co_return static_cast<int>(s.size());
}

}  // namespace

std::vector<good_form> good_forms() {
  std::string const s(40, 'a');
  std::vector<good_form> all;
  auto add = [&all](char const* name, task<int> work, int expected) {
    all.push_back(good_form{name, std::move(work), expected});
  };
  add("named first", named_first(s), 40);
  add("named and moved", named_and_moved(s), 40);
  add("two statements", two_statements(s), 40);
  add("trivial aggregate", trivial_aggregate(), 3);
  add("trivial aggregate over a temporary", trivial_aggregate_over_a_temporary(s), 80);
  add("trivial default argument", trivial_default_argument(), 0);
  add("value of a constructor", value_of_a_constructor(), 40);
  add("value of a conversion", value_of_a_conversion(), 3);
  add("value of a function", value_of_a_function(), 41);
  add("closure of references", closure_of_references(s), 40);
  add("closure of numbers", closure_of_numbers(7), 7);
  add("closure named first", closure_named_first(std::make_shared<int>(9)), 9);
  add("conditional of numbers", conditional_of_numbers(true), 1);
  add("aggregate pushed without await", aggregate_pushed_without_await(s), 40);
  add("returned aggregate used", returned_aggregate_used(s), 40);
  add("await before a condition", await_before_a_condition(s), 80);
  add("await in an init-statement", await_in_an_init_statement(s), 40);
  add("await in a declared condition", await_in_a_declared_condition(s), 40);
  add("await in the init-statement of a switch", await_in_a_switch_init(s), 4);
  add("await beside &&", await_beside_and(s), 1);
  add("await in a choice between numbers", await_in_a_choice(s), 5);
  add("await in the body of a condition", await_in_a_body(s), 120);
  return all;
}

}  // namespace canary
