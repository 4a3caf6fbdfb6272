#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace kiln {

/// The API's spellings of an enum whose enumerators count from 0 without gaps, in their order.
///
/// One function, found by argument-dependent lookup, gives it for an enum. Beside the enum:
///     enum class state { pending, running };
///     constexpr auto spellings(state) { return kiln::spell("PENDING", "RUNNING"); }
/// or, to keep the words out of a header, declared there as `kiln::enum_table spellings(state);`.
using enum_table = std::span<std::string_view const>;

template <class... S>
constexpr std::array<std::string_view, sizeof...(S)> spell(S const&... texts) {
  return {std::string_view(texts)...};
}

namespace detail {

// Both compilers print "(state)3" for a value without an enumerator and "state::pending" for one.
template <auto V>
constexpr bool is_enumerator() {
  std::string_view text = __PRETTY_FUNCTION__;
  text.remove_suffix(1);
  auto const tail = text.substr(text.rfind(')') + 1);
  return tail.find_first_not_of("0123456789") != std::string_view::npos;
}

template <class E>
inline constexpr auto held_spellings = spellings(E{});

template <class E>
enum_table table_of() noexcept {
  if constexpr (std::is_same_v<decltype(spellings(E{})), enum_table>) {
    return spellings(E{});
  } else {
    constexpr auto count = held_spellings<E>.size();
    static_assert(
        is_enumerator<static_cast<E>(count - 1)>() && !is_enumerator<static_cast<E>(count)>(),
        "spellings() must name every enumerator, in order");
    return held_spellings<E>;
  }
}

}  // namespace detail

/// What open_enum<E> is for every E; the JSON layer knows this type only.
class open_enum_base {
 public:
  [[nodiscard]] bool empty() const noexcept { return index_ < 0 && unknown_.empty(); }
  void assign(std::string_view text, enum_table table);
  [[nodiscard]] std::string_view spelled(enum_table table) const noexcept;

 protected:
  open_enum_base() = default;
  explicit open_enum_base(std::size_t index) noexcept : index_(static_cast<std::int32_t>(index)) {}
  [[nodiscard]] bool same(open_enum_base const& other) const noexcept {
    return index_ == other.index_ && unknown_ == other.unknown_;
  }

  std::int32_t index_ = -1;  // in the table; -1: unknown or nothing
  std::string unknown_;
};

/// An enum of the server: a value this library knows, or the text of one it does not know yet,
/// which is kept and sent back as it was. Empty by default.
template <class E>
class open_enum : public open_enum_base {
 public:
  open_enum() = default;
  open_enum(E value) noexcept : open_enum_base(static_cast<std::size_t>(value)) {}
  explicit open_enum(std::string_view text) { assign(text, detail::table_of<E>()); }

  /// nullopt when the text is empty or not one of E's.
  [[nodiscard]] std::optional<E> value() const noexcept {
    if (index_ < 0) return std::nullopt;
    return static_cast<E>(index_);
  }
  /// The API's spelling. Valid as long as this object is unchanged.
  [[nodiscard]] std::string_view raw() const noexcept { return spelled(detail::table_of<E>()); }

  friend bool operator==(open_enum const& a, open_enum const& b) noexcept { return a.same(b); }
  friend bool operator==(open_enum const& a, E b) noexcept { return a.value() == b; }
};

std::ostream& print_text(std::ostream& out, std::string_view text);

template <class E>
std::ostream& operator<<(std::ostream& out, open_enum<E> const& v) {
  return print_text(out, v.raw());
}

}  // namespace kiln
