#include "emulator/token_registry.hpp"

#include <utility>

namespace kiln::emulation {

namespace {

/// Takes as long for a wrong token as for a right one.
bool same_secret(std::string_view a, std::string_view b) noexcept {
  unsigned difference = a.size() == b.size() ? 0U : 1U;
  for (std::size_t i = 0; i < a.size() && !b.empty(); ++i) {
    difference |= static_cast<unsigned char>(a[i]) ^ static_cast<unsigned char>(b[i % b.size()]);
  }
  return difference == 0;
}

}  // namespace

token_registry::token_registry(std::string own, std::string holder)
    : own_(std::move(own)), own_holder_(std::move(holder)) {}

std::optional<std::uint64_t> token_registry::issue(std::string value, std::string holder,
                                                   std::optional<wall_time> expires, moment now) {
  if (tokens_.size() >= tokens_max) {
    for (auto at = tokens_.begin(); at != tokens_.end();) {
      if (at->second.expires && *at->second.expires <= now.wall) {
        by_number_.erase(at->second.number);
        at = tokens_.erase(at);
      } else {
        ++at;
      }
    }
  }
  if (tokens_.size() >= tokens_max || value.empty() || value == own_) return std::nullopt;
  auto const [at, fresh] = tokens_.try_emplace(std::move(value));
  if (!fresh) return std::nullopt;
  at->second.number = ++last_number_;
  at->second.holder = std::move(holder);
  at->second.expires = expires;
  by_number_.emplace(last_number_, at);
  return last_number_;
}

void token_registry::revoke(std::uint64_t number) {
  auto const found = by_number_.find(number);
  if (found == by_number_.end()) return;
  tokens_.erase(found->second);
  by_number_.erase(found);
}

token_registry::finding token_registry::present(std::string_view value, moment now) {
  if (same_secret(value, own_)) return {standing::good, own_holder_};
  auto const found = tokens_.find(value);
  if (found == tokens_.end()) return {};
  auto& token = found->second;
  if (token.expires && *token.expires <= now.wall) return {standing::expired, {}};
  if (suspended_.contains(token.holder)) return {standing::suspended, {}};
  token.used = now.wall;
  return {standing::good, token.holder};
}

std::optional<wall_time> token_registry::last_used(std::uint64_t number) const {
  auto const found = by_number_.find(number);
  return found == by_number_.end() ? std::nullopt : found->second->second.used;
}

void token_registry::clear() {
  by_number_.clear();
  tokens_.clear();
  suspended_.clear();
}

}  // namespace kiln::emulation
