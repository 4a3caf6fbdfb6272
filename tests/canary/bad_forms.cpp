// Every form of co_await that g++ 12 miscompiles, one a line that ends in the word "bad". The
// lint's self-test demands that the gate flags each of these lines and no other. Never compiled
// into anything.
#include "canary/forms.hpp"

namespace canary {

auto aggregate_in_braces(std::string s) -> task<int> {
  co_return co_await take({.text = s, .number = 1});  // bad
}
auto aggregate_by_name(std::string s) -> task<int> {
  co_return co_await take(owning{.text = s});  // bad
}
auto aggregate_empty() -> task<int> {
  co_return co_await take(owning{});  // bad
}
auto aggregate_in_parentheses(std::string s) -> task<int> {
  co_return co_await take(owning(s, 1));  // bad
}
auto aggregate_moved() -> task<int> {
  co_return co_await take(std::move(owning{}));  // bad
}
auto aggregate_by_const_reference(std::string s) -> task<int> {
  co_return co_await look({.text = s});  // bad
}
auto aggregate_by_rvalue_reference(std::string s) -> task<int> {
  co_return co_await grab({.text = s});  // bad
}
auto aggregate_nested(std::string s) -> task<int> {
  co_return co_await take_outer({.inner = {.text = s}});  // bad
}
auto aggregate_as_default_argument() -> task<int> {
  co_return co_await with_default();  // bad
}
auto aggregate_of_a_member_function() -> task<int> {
  co_return co_await owning{}.size();  // bad
}
auto aggregate_beside_the_await(std::string s) -> task<int> {
  co_return measure({.text = s}) + co_await number(1);  // bad
}
auto aggregate_through_a_plain_function(std::string s) -> task<int> {
  co_return co_await number(measure({.text = s}));  // bad
}
auto aggregate_in_a_condition(std::string s) -> task<int> {
  if (co_await take({.text = s}) > 0) co_return 1;  // bad
  co_return 0;
}
auto aggregate_of_a_template(std::string s) -> task<int> {
  co_return co_await take_any(owning{.text = s});  // bad
}
auto aggregate_with_awaited_member() -> task<int> {
  owning const named{.text = co_await text()};  // bad
  co_return measure(named);
}
auto array_of_awaited() -> task<int> {
  std::array<std::string, 1> const named{co_await text()};  // bad
  co_return static_cast<int>(named.size());
}
auto closure_with_owning_capture(std::string s) -> task<int> {
  co_return co_await call([s] { return static_cast<int>(s.size()); });  // bad
}
auto closure_with_shared_pointer(std::shared_ptr<int> p) -> task<int> {
  co_return co_await call([p] { return *p; });  // bad
}
auto closure_with_initialised_capture(std::string s) -> task<int> {
  co_return co_await call([t = std::move(s)] { return static_cast<int>(t.size()); });  // bad
}
auto closure_in_std_function(std::string s) -> task<int> {
  co_return co_await call_erased([s] { return static_cast<int>(s.size()); });  // bad
}
auto closure_called_at_once(std::string s) -> task<int> {
  co_return co_await [s]() -> task<int> { co_return static_cast<int>(s.size()); }();  // bad
}
auto closure_with_awaited_capture() -> task<int> {
  auto named = [t = co_await text()] { return static_cast<int>(t.size()); };  // bad
  co_return named();
}
auto conditional_of_values(bool c) -> task<int> {
  co_return co_await take(c ? owning{} : make_owning());  // bad
}
auto conditional_of_strings(bool c) -> task<int> {
  co_return co_await measure_text(c ? std::string("a") : std::string("b"));  // bad
}
auto conditional_of_tasks(bool c) -> task<int> {
  co_return co_await (c ? number(1) : number(2));  // bad
}
auto condition_of_if(int n) -> task<int> {
  if (co_await number(n) > 2) co_return 1;  // bad
  co_return 0;
}
auto condition_after_a_short_circuit(int n) -> task<int> {
  if (n > 0 && co_await number(n) > 2) co_return 1;  // bad
  co_return 0;
}
auto condition_of_else_if(int n) -> task<int> {
  if (n == 0) {
    co_return 0;
  } else if (!co_await number(n)) {  // bad
    co_return 1;
  }
  co_return 2;
}
// This one is right, by a scope that is easily lost; banned with the others.
auto condition_behind_an_init_statement(int n) -> task<int> {
  if (int const m = n + 1; co_await number(m) > 2) co_return 1;  // bad
  co_return 0;
}
auto condition_of_while(int n) -> task<int> {
  while (co_await number(n) > 2) --n;  // bad
  co_return n;
}
auto condition_of_do(int n) -> task<int> {
  do {  // bad
    --n;
  } while (co_await number(n) > 2);
  co_return n;
}
auto condition_of_for(int n) -> task<int> {
  for (; co_await number(n) > 2; --n) {  // bad
  }
  co_return n;
}
auto condition_of_switch(int n) -> task<int> {
  switch (co_await number(n)) {  // bad
    case 1:
      co_return 1;
    default:
      co_return 0;
  }
}
auto condition_of_a_constructed_value() -> task<int> {
  if ((co_await text()).empty()) co_return 1;  // bad
  co_return 0;
}
template <class T>
auto condition_in_a_template(T s) -> task<int> {
  if (co_await measure_text(s) > 2) co_return 1;  // bad
  co_return 0;
}
template task<int> condition_in_a_template<std::string>(std::string);
template <class T>
auto in_a_template(T s) -> task<int> {
  co_return co_await take({.text = s});  // bad
}
template task<int> in_a_template<std::string>(std::string);

}  // namespace canary
