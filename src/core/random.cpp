#include "core/random.hpp"

#include <bit>
#include <random>

namespace kiln {

random_source::random_source(std::uint64_t seed) noexcept {
  for (auto& word : state_) {  // splitmix64, as the authors of xoshiro advise
    seed += 0x9e3779b97f4a7c15U;
    std::uint64_t z = seed;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9U;
    z = (z ^ (z >> 27)) * 0x94d049bb133111ebU;
    word = z ^ (z >> 31);
  }
}

std::uint64_t random_source::next() noexcept {
  std::uint64_t const out = std::rotl(state_[1] * 5, 7) * 9;
  std::uint64_t const t = state_[1] << 17;
  state_[2] ^= state_[0];
  state_[3] ^= state_[1];
  state_[1] ^= state_[2];
  state_[0] ^= state_[3];
  state_[2] ^= t;
  state_[3] = std::rotl(state_[3], 45);
  return out;
}

std::uint64_t random_source::below(std::uint64_t bound) noexcept {
  if (bound == 0) return 0;
  std::uint64_t const limit = bound * (UINT64_MAX / bound);  // rejects the uneven rest
  std::uint64_t value = next();
  while (value >= limit) value = next();
  return value % bound;
}

double random_source::unit() noexcept { return static_cast<double>(next() >> 11) * 0x1.0p-53; }

std::string random_source::name() {
  constexpr char digits[] = "0123456789abcdef";
  std::string out;
  for (std::uint64_t bits = next(); out.size() < 16; bits >>= 4) out += digits[bits & 15U];
  return out;
}

std::uint64_t entropy() {
  std::random_device device;
  return (std::uint64_t{device()} << 32) | device();
}

}  // namespace kiln
