// Does the running compiler destroy some temporaries of a co_await expression twice, and does it
// shift the frame of a coroutine when a condition awaits (g++ 12 does both)? Says so and passes
// either way; fails when a form that the house rule calls safe is not.
#include "canary/good_forms.hpp"

#include <coroutine>
#include <cstdio>
#include <exception>

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

// Whether the compiler's own handle and one made from the promise were the same.
bool handles_agreed = false;

// A coroutine that compares the two when it starts, and uses neither, so that it runs to its end
// with a shifted frame as well.
struct placed {
  struct promise_type {
    struct comparison {
      promise_type* promise;
      bool await_ready() noexcept { return false; }
      bool await_suspend(std::coroutine_handle<> own) noexcept {
        auto const made = std::coroutine_handle<promise_type>::from_promise(*promise);
        handles_agreed = made.address() == own.address();
        return false;
      }
      void await_resume() noexcept {}
    };

    placed get_return_object() noexcept { return {}; }
    comparison initial_suspend() noexcept { return {this}; }
    std::suspend_never final_suspend() noexcept { return {}; }
    void return_void() noexcept {}
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };
};

struct ready {
  int value = 0;
  bool await_ready() noexcept { return true; }
  void await_suspend(std::coroutine_handle<>) noexcept {}
  int await_resume() noexcept { return value; }
};

// The outermost block of each must declare nothing: that is the fault under test.
placed condition_of_if(int n) {
  // co_await gate: provoked on purpose, nothing uses the handle
  if (co_await ready{n}) co_return;
  co_await ready{n};
}
placed condition_of_while(int n) {
  // co_await gate: provoked on purpose, nothing uses the handle
  while (co_await ready{n}) --n;
}
placed condition_of_do(int n) {
  // co_await gate: provoked on purpose, nothing uses the handle
  do {
    --n;
  } while (co_await ready{n});
}
placed condition_of_for(int n) {
  // co_await gate: provoked on purpose, nothing uses the handle
  for (; co_await ready{n}; --n) {
  }
}
placed condition_of_switch(int n) {
  // co_await gate: provoked on purpose, nothing uses the handle
  switch (co_await ready{n}) {
    case 0:
      co_return;
    default:
      co_await ready{n};
  }
}
placed named_before_the_condition(int n) {
  int const got = co_await ready{n};
  if (got > 0) co_await ready{n};
}
placed named_in_an_init_statement(int n) {
  if (int const got = co_await ready{n}; got > 0) co_await ready{n};
}

bool shifted(char const* form, placed (*make)(int)) {
  handles_agreed = false;
  make(1);
  bool const fault = !handles_agreed;
  std::printf("%-28s %s\n", form, fault ? "shifts the frame" : "right");
  return fault;
}

}  // namespace

int main() {
  bool fault = faulty("temporary aggregate", await_aggregate);
  fault |= faulty("temporary owning closure", await_closure);
  fault |= faulty("choice between objects", [] { return await_choice(true); });
  bool shift = shifted("await in a condition of if", condition_of_if);
  shift |= shifted("the same of while", condition_of_while);
  shift |= shifted("the same of do", condition_of_do);
  shift |= shifted("the same of for", condition_of_for);
  shift |= shifted("the same of switch", condition_of_switch);
  char const* const has[] = {"does not have", "HAS"};
  std::printf(
      "this compiler (%s)\n  %s the fault of temporaries beside a co_await\n"
      "  %s the fault of a co_await in a condition\n",
      __VERSION__, has[fault ? 1 : 0], has[shift ? 1 : 0]);

  int failed = 0;
  failed += shifted("named before the condition", named_before_the_condition) ? 1 : 0;
  failed += shifted("named in an init-statement", named_in_an_init_statement) ? 1 : 0;
  for (auto& form : canary::good_forms()) {
    int const got = form.work.run();
    if (got == form.expected) continue;
    std::printf("NOT SAFE: %s gave %d, not %d\n", form.name, got, form.expected);
    ++failed;
  }
  return failed == 0 ? 0 : 1;
}
