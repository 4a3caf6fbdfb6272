#pragma once

#include <array>
#include <coroutine>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

// The smallest coroutine that shows the fault, so that nothing but the compiler is under test:
// lazy, started by the await or by run(), never suspended otherwise.
namespace canary {

template <class T>
class [[nodiscard]] task {
 public:
  struct promise_type {
    T value{};
    std::coroutine_handle<> waiter = std::noop_coroutine();

    task get_return_object() {
      return task(std::coroutine_handle<promise_type>::from_promise(*this));
    }
    std::suspend_always initial_suspend() noexcept { return {}; }
    auto final_suspend() noexcept {
      struct resume_waiter {
        bool await_ready() noexcept { return false; }
        std::coroutine_handle<> await_suspend(std::coroutine_handle<promise_type> h) noexcept {
          return h.promise().waiter;
        }
        void await_resume() noexcept {}
      };
      return resume_waiter{};
    }
    void return_value(T v) { value = std::move(v); }
    [[noreturn]] void unhandled_exception() { std::terminate(); }
  };

  explicit task(std::coroutine_handle<promise_type> h) noexcept : handle_(h) {}
  task(task&& other) noexcept : handle_(std::exchange(other.handle_, {})) {}
  task& operator=(task&&) = delete;
  ~task() {
    if (handle_) handle_.destroy();
  }

  bool await_ready() noexcept { return false; }
  std::coroutine_handle<> await_suspend(std::coroutine_handle<> waiter) noexcept {
    handle_.promise().waiter = waiter;
    return handle_;
  }
  T await_resume() { return std::move(handle_.promise().value); }

  T run() {
    handle_.resume();
    return std::move(handle_.promise().value);
  }

 private:
  std::coroutine_handle<promise_type> handle_;
};

struct owning {
  std::string text{};
  int number = 0;
  auto size() -> task<int>;
};
struct outer {
  owning inner{};
};
struct viewing {
  std::string_view text{};
  int number = 0;
};

inline int measure(owning const& a) { return static_cast<int>(a.text.size()); }
inline owning make_owning() { return owning{.text = std::string(41, 'b'), .number = 0}; }
inline auto number(int n) -> task<int> { co_return n; }
inline auto text() -> task<std::string> { co_return std::string(40, 't'); }
inline auto take(owning a) -> task<int> { co_return measure(a); }
inline auto look(owning const& a) -> task<int> { co_return measure(a); }
inline auto grab(owning&& a) -> task<int> {
  owning const mine = std::move(a);
  co_return measure(mine);
}
inline auto take_outer(outer a) -> task<int> { co_return measure(a.inner); }
inline auto with_default(owning a = {}) -> task<int> { co_return measure(a); }
inline auto look_at(viewing a) -> task<int> { co_return static_cast<int>(a.text.size()); }
inline auto with_trivial_default(viewing a = {}) -> task<int> {
  co_return static_cast<int>(a.text.size());
}
inline auto measure_text(std::string a) -> task<int> { co_return static_cast<int>(a.size()); }
inline auto call_erased(std::function<int()> f) -> task<int> { co_return f(); }
template <class T>
auto take_any(T a) -> task<int> {
  co_return measure(a);
}
template <class F>
auto call(F f) -> task<int> {
  co_return f();
}
inline auto owning::size() -> task<int> { co_return number; }

}  // namespace canary
