#pragma once

#include <kiln/open_enum.hpp>
#include <kiln/timestamp.hpp>

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

/// How a struct becomes JSON and back: one function beside it names its members,
///
///     void fields(auto& io, cluster& v) { io("cluster_id", v.cluster_id); io("state", v.state); }
///
/// and type_of<cluster>() is the constant table made from it, which one reader and one writer walk.
/// Members may be bool, 32- and 64-bit integers, double, std::string, kiln::bytes (base64 text),
/// timestamp (milliseconds as a number), open_enum, json_text, structs with `fields`, and
/// optional, vector and map<string, …> of these. Only written, never read: string_view and span.
/// A plain enum with `spellings` is written as its text; reading one not in the table is an error.
namespace kiln {

/// Any JSON value, as text. Read values are compact, with numbers spelled as they were received;
/// what is written must be valid JSON. Empty: no value.
struct json_text {
  std::string text;
  bool operator==(json_text const&) const = default;
};

enum class value_kind : std::uint8_t {
  boolean,
  integer,
  real,
  string,
  string_view,
  blob,
  blob_view,
  milliseconds,
  open_enum,
  closed_enum,
  json,
  optional,
  list,
  map,
  object,
};

struct type_info;
using type_function = type_info const& (*)();

struct field_info {
  std::string_view name;
  std::size_t offset = 0;  ///< Of the member in its struct, bytes.
  type_function type = nullptr;
};

/// Elements that lie behind each other.
struct element_range {
  void const* first = nullptr;
  std::size_t count = 0;
};

/// What the reader and the writer know of a type. Built once, then constant for the program's life.
struct type_info {
  using visitor = void (*)(void* state, std::string_view key, void const* value);

  value_kind kind{};
  bool is_signed = false;
  std::size_t size = 0;  ///< sizeof the type.
  enum_table spellings;

  // optional, list, map
  type_function element = nullptr;
  /// Optional and list.
  element_range (*elements)(void const* container) = nullptr;
  /// A fresh element: the optional's only one, the list's next, the map's at `key`, which it
  /// replaces. Null for what can only be written.
  void* (*add)(void* container, std::string_view key) = nullptr;
  void (*clear)(void* container) = nullptr;
  void (*each)(void const* map, void* state, visitor visit) = nullptr;

  // object
  std::vector<field_info> fields;      ///< In the order `fields` names them.
  std::vector<std::uint16_t> by_name;  ///< Indices of `fields`, sorted by name.
  void const* prototype = nullptr;     ///< A default object.

  /// Null when there is none.
  [[nodiscard]] field_info const* find(std::string_view name) const noexcept;
};

template <class T>
type_info const& type_of();

/// What `fields` is called with. Throws std::logic_error for a name given twice or a member of
/// another object: an error of the program, found by its first test.
class field_collector {
 public:
  explicit field_collector(type_info& into) noexcept : into_(into) {}
  template <class M>
  void operator()(std::string_view name, M& member) {
    add(name, &member, sizeof(M), &type_of<M>);
  }

 private:
  void add(std::string_view name, void const* member, std::size_t size, type_function type);
  type_info& into_;
};

namespace detail {

// All that is compiled for a type: constants and the few functions that must know it. What they are
// put together to is built once, by code that is the same for every type.
struct recipe {
  value_kind kind{};
  std::size_t size = 0;
  bool is_signed = false;
  enum_table (*spellings)() noexcept = nullptr;
  type_function element = nullptr;
  element_range (*elements)(void const*) = nullptr;
  void* (*add)(void*, std::string_view) = nullptr;
  void (*clear)(void*) = nullptr;
  void (*each)(void const*, void*, type_info::visitor) = nullptr;
  void* (*make)() = nullptr;
  void (*collect)(field_collector&, void*) = nullptr;
};

/// Lives to the end of the process: other threads may still read it while statics are destroyed.
type_info const& build(recipe const& from);

template <class T>
constexpr recipe leaf(value_kind kind) {
  recipe r;
  r.kind = kind;
  r.size = sizeof(T);
  return r;
}

template <class T>
struct shape {
  static_assert(!std::is_pointer_v<T> && !std::is_same_v<T, float> && !std::is_const_v<T>,
                "this type has no JSON form here; kiln/fields.hpp lists those that have");

  static constexpr recipe make() {
    if constexpr (std::is_same_v<T, bool>) {
      return leaf<T>(value_kind::boolean);
    } else if constexpr (std::is_integral_v<T>) {
      static_assert(sizeof(T) == 4 || sizeof(T) == 8, "integers of 32 or 64 bits only");
      recipe r = leaf<T>(value_kind::integer);
      r.is_signed = std::is_signed_v<T>;
      return r;
    } else if constexpr (std::is_enum_v<T>) {
      recipe r = leaf<T>(value_kind::closed_enum);
      r.spellings = &table_of<T>;
      return r;
    } else {
      recipe r = leaf<T>(value_kind::object);
      r.make = []() -> void* { return new T{}; };
      r.collect = [](field_collector& io, void* object) { fields(io, *static_cast<T*>(object)); };
      return r;
    }
  }
};

template <class T, value_kind Kind>
struct leaf_shape {
  static constexpr recipe make() { return leaf<T>(Kind); }
};
template <>
struct shape<double> : leaf_shape<double, value_kind::real> {};
template <>
struct shape<std::string> : leaf_shape<std::string, value_kind::string> {};
template <>
struct shape<std::string_view> : leaf_shape<std::string_view, value_kind::string_view> {};
template <>
struct shape<std::vector<std::byte>> : leaf_shape<std::vector<std::byte>, value_kind::blob> {};
template <>
struct shape<std::span<std::byte const>>
    : leaf_shape<std::span<std::byte const>, value_kind::blob_view> {};
template <>
struct shape<kiln::timestamp> : leaf_shape<kiln::timestamp, value_kind::milliseconds> {};
template <>
struct shape<json_text> : leaf_shape<json_text, value_kind::json> {};

template <class E>
struct shape<open_enum<E>> {
  static_assert(sizeof(open_enum<E>) == sizeof(open_enum_base));
  static constexpr recipe make() {
    recipe r = leaf<open_enum<E>>(value_kind::open_enum);
    r.spellings = &table_of<E>;
    return r;
  }
};

template <class Self, class T>
constexpr recipe container(value_kind kind) {
  recipe r = leaf<Self>(kind);
  r.element = &type_of<T>;
  return r;
}

template <class Self>
element_range range_of(void const* at) {
  auto const& v = *static_cast<Self const*>(at);
  return {v.data(), v.size()};
}

template <class T>
struct shape<std::optional<T>> {
  using self = std::optional<T>;
  static constexpr recipe make() {
    recipe r = container<self, T>(value_kind::optional);
    r.elements = [](void const* at) {
      auto const& v = *static_cast<self const*>(at);
      return element_range{v ? &*v : nullptr, v ? std::size_t{1} : std::size_t{0}};
    };
    r.add = [](void* at, std::string_view) -> void* { return &static_cast<self*>(at)->emplace(); };
    r.clear = [](void* at) { static_cast<self*>(at)->reset(); };
    return r;
  }
};

template <class T>
struct shape<std::vector<T>> {
  static_assert(!std::is_same_v<T, bool>, "vector<bool> has no elements to point to");
  using self = std::vector<T>;
  static constexpr recipe make() {
    recipe r = container<self, T>(value_kind::list);
    r.elements = &range_of<self>;
    r.add = [](void* at, std::string_view) -> void* {
      return &static_cast<self*>(at)->emplace_back();
    };
    r.clear = [](void* at) { static_cast<self*>(at)->clear(); };
    return r;
  }
};

template <class T>
struct shape<std::span<T const>> {
  using self = std::span<T const>;
  static constexpr recipe make() {
    recipe r = container<self, T>(value_kind::list);
    r.elements = &range_of<self>;
    r.clear = [](void* at) { *static_cast<self*>(at) = {}; };
    return r;
  }
};

template <class T, class Less, class Allocator>
struct shape<std::map<std::string, T, Less, Allocator>> {
  using self = std::map<std::string, T, Less, Allocator>;
  static constexpr recipe make() {
    recipe r = container<self, T>(value_kind::map);
    r.add = [](void* at, std::string_view key) -> void* {
      auto& map = *static_cast<self*>(at);
      std::string name(key);
      map.erase(name);
      return &map[std::move(name)];
    };
    r.clear = [](void* at) { static_cast<self*>(at)->clear(); };
    r.each = [](void const* at, void* state, type_info::visitor visit) {
      for (auto const& [key, value] : *static_cast<self const*>(at)) visit(state, key, &value);
    };
    return r;
  }
};

template <class T>
inline constexpr recipe recipe_of = shape<T>::make();

}  // namespace detail

/// The table of T. Thread safe.
template <class T>
type_info const& type_of() {
  static type_info const& info = detail::build(detail::recipe_of<T>);
  return info;
}

/// How many members `fields` names; a test compares it with what the struct has.
template <class T>
std::size_t field_count() {
  return type_of<T>().fields.size();
}

}  // namespace kiln
