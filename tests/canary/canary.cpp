// Does the running compiler destroy some temporaries of a co_await expression twice (g++ 12 does)?
// Says so and passes either way; fails when a form that the house rule calls safe is not.
#include "canary/good_forms.hpp"

#include <cstdio>

namespace {

int alive = 0;  // Objects of `counted` now; negative once one was destroyed twice.

// Counts instead of owning memory, so that the fault can be seen and survived.
struct counted {
  counted() noexcept { ++alive; }
  counted(counted const&) noexcept { ++alive; }
  counted& operator=(counted const&) = default;
  ~counted() { --alive; }
};

struct request {
  counted member{};
  int number = 0;
};

canary::task<int> consume(request r) { co_return r.number; }
template <class F>
canary::task<int> consume_call(F f) {
  co_return f();
}

// The three below are the faults under test; the lint is told so.
canary::task<int> await_aggregate() {
  // co_await gate: provoked on purpose, the object only counts
  co_return co_await consume({.number = 1});
}
canary::task<int> await_closure() {
  counted const c;
  // co_await gate: provoked on purpose, the object only counts
  co_return co_await consume_call([c] { return static_cast<void>(c), 1; });
}
canary::task<int> await_choice(bool first) {
  // co_await gate: provoked on purpose, the object only counts
  co_return co_await consume(first ? request{} : request(request{}));
}

bool faulty(char const* form, canary::task<int> (*make)()) {
  alive = 0;
  { make().run(); }
  bool const fault = alive != 0;
  std::printf("%-28s %s (%+d objects left)\n", form, fault ? "destroyed twice" : "right", alive);
  return fault;
}

}  // namespace

int main() {
  bool fault = faulty("temporary aggregate", await_aggregate);
  fault |= faulty("temporary owning closure", await_closure);
  fault |= faulty("choice between objects", [] { return await_choice(true); });
  std::printf("this compiler (%s) %s the co_await fault\n", __VERSION__,
              fault ? "HAS" : "does not have");

  int failed = 0;
  for (auto& form : canary::good_forms()) {
    int const got = form.work.run();
    if (got == form.expected) continue;
    std::printf("NOT SAFE: %s gave %d, not %d\n", form.name, got, form.expected);
    ++failed;
  }
  return failed == 0 ? 0 : 1;
}
