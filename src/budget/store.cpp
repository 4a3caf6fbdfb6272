#include "budget/store.hpp"

#include "budget/store_word.hpp"

#include <atomic>

namespace kiln {
namespace {

class local_store final : public budget_store {
 public:
  instant try_take(instant now, duration gap) override { return store_word::take(next_, now, gap); }
  instant try_leave(instant now, duration gap) override {
    return store_word::take(leaving_, now, gap);
  }
  void put_back(instant at, duration gap) noexcept override {
    store_word::put_back(next_, at, gap);
  }
  void hold(instant until) noexcept override {
    store_word::hold(next_, until);
    store_word::hold(leaving_, until);
  }
  duration agreed_gap() const noexcept override {
    return duration(gap_.load(std::memory_order_relaxed));
  }
  void agree(duration gap) noexcept override { gap_.store(gap.count(), std::memory_order_relaxed); }

 private:
  std::atomic<std::int64_t> gap_{0};
  std::atomic<std::int64_t> next_{0};
  std::atomic<std::int64_t> leaving_{0};
};

}  // namespace

std::shared_ptr<budget_store> make_local_store() { return std::make_shared<local_store>(); }

}  // namespace kiln
