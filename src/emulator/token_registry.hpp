#pragma once

#include "emulator/api.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>

namespace kiln::emulation {

/// The bearer tokens that the emulated workspace takes, whoever issued them: token/create, or an
/// emulated OAuth endpoint. Part of the core, so called with its lock held.
class token_registry {
 public:
  /// `own` is the emulator's token. It always works and belongs to `holder`.
  token_registry(std::string own, std::string holder);

  /// A token that works from now until it expires (nullopt: for ever) on behalf of `holder`, a
  /// userName or an applicationId. Gives the number it is known by here, for whoever must not keep
  /// the value. nullopt: tokens_max are alive, or the value is empty or taken.
  std::optional<std::uint64_t> issue(std::string value, std::string holder,
                                     std::optional<wall_time> expires, moment now);
  /// It does not work any more. An unknown number is none.
  void revoke(std::uint64_t number);

  /// The tokens of `holder`, and those it will be issued, do not work until resume.
  void suspend(std::string holder) { suspended_.insert(std::move(holder)); }
  void resume(std::string const& holder) { suspended_.erase(holder); }

  enum class standing : std::uint8_t { good, unknown, expired, suspended };
  struct finding {
    standing what = standing::unknown;
    std::string_view holder;  ///< Of a good one; valid until the registry changes.
  };
  /// Who sends `value`; notes that it was used.
  finding present(std::string_view value, moment now);
  /// nullopt: never, or no such number.
  [[nodiscard]] std::optional<wall_time> last_used(std::uint64_t number) const;

  /// Whom the emulator's own token belongs to.
  [[nodiscard]] std::string const& owner() const noexcept { return own_holder_; }
  /// Only the emulator's own is left.
  void clear();

  static constexpr std::size_t tokens_max = 100'000;

 private:
  struct entry {
    std::uint64_t number = 0;
    std::string holder;
    std::optional<wall_time> expires;
    std::optional<wall_time> used;
  };
  using by_value = std::map<std::string, entry, std::less<>>;

  std::string own_;
  std::string own_holder_;
  by_value tokens_;
  std::unordered_map<std::uint64_t, by_value::iterator> by_number_;
  std::set<std::string, std::less<>> suspended_;
  std::uint64_t last_number_ = 0;
};

}  // namespace kiln::emulation
