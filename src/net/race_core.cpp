#include "net/race_core.hpp"

#include <algorithm>

namespace kiln::net {

namespace {
bool is_v6(std::string const& address) { return address.find(':') != std::string::npos; }
}  // namespace

std::vector<std::string> interleave(std::vector<std::string> const& addresses) {
  std::vector<std::string> first;
  std::vector<std::string> second;
  for (auto const& a : addresses) {
    auto& family = is_v6(a) == is_v6(addresses.front()) ? first : second;
    if (std::find(family.begin(), family.end(), a) == family.end()) family.push_back(a);
  }
  std::vector<std::string> out;
  for (std::size_t i = 0; i < std::max(first.size(), second.size()); ++i) {
    if (i < first.size()) out.push_back(first[i]);
    if (i < second.size()) out.push_back(second[i]);
  }
  if (out.size() > race_core::addresses_max) out.resize(race_core::addresses_max);
  return out;
}

race_core::actions race_core::advance(instant now) {
  actions out;
  for (std::size_t i = 0; i < next_; ++i) {
    if (state_[i] == state::running && began_[i] + each_max_ <= now) {
      state_[i] = state::too_slow;
      out.give_up.push_back(i);
      hurry_ = true;
    }
  }
  if (next_ < state_.size() && (hurry_ || began_[next_ - 1] + stagger <= now)) {
    state_[next_] = state::running;
    began_[next_] = now;
    out.start.push_back(next_++);
    hurry_ = false;
  }
  return out;
}

void race_core::failed(std::size_t index) noexcept {
  state_[index] = state::refused;
  hurry_ = true;
}

instant race_core::wake_at() const noexcept {
  instant at = never;
  if (next_ > 0 && next_ < state_.size()) at = began_[next_ - 1] + stagger;
  for (std::size_t i = 0; i < next_; ++i) {
    if (state_[i] == state::running) at = std::min(at, began_[i] + each_max_);
  }
  return at;
}

bool race_core::lost() const noexcept {
  return std::none_of(state_.begin(), state_.end(),
                      [](state s) { return s == state::idle || s == state::running; });
}

bool race_core::only_timeouts() const noexcept {
  return std::all_of(state_.begin(), state_.end(), [](state s) { return s == state::too_slow; });
}

}  // namespace kiln::net
