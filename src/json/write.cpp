#include "json/write.hpp"

#include "json/base64.hpp"
#include "json/text.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>

namespace kiln::json {

namespace {

template <class T>
T const& stored(void const* at) {
  return *static_cast<T const*>(at);
}

template <class T>
T load(void const* at) {
  T value;
  std::memcpy(&value, at, sizeof value);
  return value;
}

template <class T>
void append_number(std::string& out, T value) {
  char digits[32];
  auto const end = std::to_chars(digits, digits + sizeof digits, value).ptr;
  out.append(digits, end);
}

void append_integer(std::string& out, type_info const& type, void const* at) {
  if (type.size == 4) {
    type.is_signed ? append_number(out, load<std::int32_t>(at))
                   : append_number(out, load<std::uint32_t>(at));
  } else {
    type.is_signed ? append_number(out, load<std::int64_t>(at))
                   : append_number(out, load<std::uint64_t>(at));
  }
}

void append_real(std::string& out, double value) {
  if (std::isfinite(value)) {
    append_number(out, value);
  } else if (std::isnan(value)) {
    out += "NaN";
  } else {
    out += value > 0 ? "Infinity" : "-Infinity";
  }
}

std::int64_t milliseconds(void const* at) {
  return stored<timestamp>(at).time_since_epoch().count();
}

std::string_view enum_text(type_info const& type, void const* at) {
  if (type.kind == value_kind::open_enum) return stored<open_enum_base>(at).spelled(type.spellings);
  std::uint64_t index = 0;
  std::memcpy(&index, at, type.size);  // little endian
  return index < type.spellings.size() ? type.spellings[index] : std::string_view{};
}

bool map_is_empty(type_info const& type, void const* at) {
  bool empty = true;
  type.each(at, &empty,
            [](void* state, std::string_view, void const*) { *static_cast<bool*>(state) = false; });
  return empty;
}

// Whether a member of an object is left out.
bool omitted(type_info const& type, void const* at) {
  switch (type.kind) {
    case value_kind::string:
      return stored<std::string>(at).empty();
    case value_kind::string_view:
      return stored<std::string_view>(at).empty();
    case value_kind::blob:
      return stored<std::vector<std::byte>>(at).empty();
    case value_kind::blob_view:
      return stored<std::span<std::byte const>>(at).empty();
    case value_kind::open_enum:
    case value_kind::closed_enum:
      return enum_text(type, at).empty();
    case value_kind::json:
      return stored<json_text>(at).text.empty();
    case value_kind::optional: {
      auto const inner = type.elements(at);
      if (inner.count == 0) return true;
      auto const& element = type.element();
      return element.kind == value_kind::optional && omitted(element, inner.first);
    }
    case value_kind::list:
      return type.elements(at).count == 0;
    case value_kind::map:
      return map_is_empty(type, at);
    default:
      return false;
  }
}

// nullopt, also behind further optionals: not even an element of a list.
bool is_nullopt(type_info const& type, void const* at) {
  return type.kind == value_kind::optional && omitted(type, at);
}

class writer {
 public:
  explicit writer(std::string& out) : out_(out) {}
  void value(type_info const& type, void const* at);
  void object(type_info const& type, void const* at, std::span<std::string_view const> skip);

 private:
  void list(type_info const& type, void const* at);
  void map(type_info const& type, void const* at);
  void bytes(std::span<std::byte const> data) {
    out_ += '"';
    append_base64(out_, data);
    out_ += '"';
  }
  void real(double v) {
    if (std::isfinite(v)) return append_real(out_, v);
    out_ += '"';
    append_real(out_, v);
    out_ += '"';
  }
  void comma() {
    if (char const last = out_.back(); last != '{' && last != '[') out_ += ',';
  }
  std::string& out_;
};

void writer::object(type_info const& type, void const* at, std::span<std::string_view const> skip) {
  out_ += '{';
  for (auto const& field : type.fields) {
    auto const member = static_cast<std::byte const*>(at) + field.offset;
    auto const& member_type = field.type();
    if (omitted(member_type, member)) continue;
    if (std::find(skip.begin(), skip.end(), field.name) != skip.end()) continue;
    comma();
    append_quoted(out_, field.name);
    out_ += ':';
    value(member_type, member);
  }
  out_ += '}';
}

void writer::list(type_info const& type, void const* at) {
  auto const& element = type.element();
  auto const range = type.elements(at);
  out_ += '[';
  for (std::size_t i = 0; i < range.count; ++i) {
    auto const item = static_cast<std::byte const*>(range.first) + i * element.size;
    if (is_nullopt(element, item)) continue;
    comma();
    value(element, item);
  }
  out_ += ']';
}

void writer::map(type_info const& type, void const* at) {
  struct walk {
    writer* self;
    type_info const* element;
  } state{this, &type.element()};
  out_ += '{';
  type.each(at, &state, [](void* s, std::string_view key, void const* item) {
    auto const& [self, element] = *static_cast<walk*>(s);
    if (is_nullopt(*element, item)) return;
    self->comma();
    append_quoted(self->out_, key);
    self->out_ += ':';
    self->value(*element, item);
  });
  out_ += '}';
}

void writer::value(type_info const& type, void const* at) {
  switch (type.kind) {
    case value_kind::boolean:
      out_ += stored<bool>(at) ? "true" : "false";
      return;
    case value_kind::integer:
      return append_integer(out_, type, at);
    case value_kind::real:
      return real(stored<double>(at));
    case value_kind::string:
      return append_quoted(out_, stored<std::string>(at));
    case value_kind::string_view:
      return append_quoted(out_, stored<std::string_view>(at));
    case value_kind::blob:
      return bytes(stored<std::vector<std::byte>>(at));
    case value_kind::blob_view:
      return bytes(stored<std::span<std::byte const>>(at));
    case value_kind::milliseconds:
      return append_number(out_, milliseconds(at));
    case value_kind::open_enum:
    case value_kind::closed_enum:
      return append_quoted(out_, enum_text(type, at));
    case value_kind::json:
      out_ += stored<json_text>(at).text.empty() ? "null" : stored<json_text>(at).text;
      return;
    case value_kind::optional: {
      auto const inner = type.elements(at);
      if (inner.count == 0) {
        out_ += "null";  // only as a whole document
      } else {
        value(type.element(), inner.first);
      }
      return;
    }
    case value_kind::list:
      return list(type, at);
    case value_kind::map:
      return map(type, at);
    case value_kind::object:
      return object(type, at, {});
  }
}

class flattener {
 public:
  explicit flattener(std::vector<scalar_field>& out) : out_(out) {}
  void members(std::string const& prefix, type_info const& type, void const* at) {
    for (auto const& field : type.fields) {
      auto const member = static_cast<std::byte const*>(at) + field.offset;
      auto const& member_type = field.type();
      if (!omitted(member_type, member))
        value(prefix + std::string(field.name), member_type, member);
    }
  }

 private:
  void value(std::string const& name, type_info const& type, void const* at);
  void map(std::string const& name, type_info const& type, void const* at);
  std::vector<scalar_field>& out_;
};

void flattener::map(std::string const& name, type_info const& type, void const* at) {
  struct walk {
    flattener* self;
    std::string const* name;
    type_info const* element;
  } state{this, &name, &type.element()};
  type.each(at, &state, [](void* s, std::string_view key, void const* item) {
    auto const& [self, outer, element] = *static_cast<walk*>(s);
    self->value(*outer + "." + std::string(key), *element, item);
  });
}

std::string scalar_text(type_info const& type, void const* at) {
  switch (type.kind) {
    case value_kind::string:
      return stored<std::string>(at);
    case value_kind::string_view:
      return std::string(stored<std::string_view>(at));
    case value_kind::open_enum:
    case value_kind::closed_enum:
      return std::string(enum_text(type, at));
    default:
      break;
  }
  std::string text;
  if (type.kind == value_kind::real) {
    append_real(text, stored<double>(at));
  } else if (type.kind == value_kind::blob) {
    append_base64(text, stored<std::vector<std::byte>>(at));
  } else if (type.kind == value_kind::blob_view) {
    append_base64(text, stored<std::span<std::byte const>>(at));
  } else {
    writer(text).value(type, at);
  }
  return text;
}

void flattener::value(std::string const& name, type_info const& type, void const* at) {
  switch (type.kind) {
    case value_kind::optional:
    case value_kind::list: {
      auto const& element = type.element();
      auto const range = type.elements(at);
      for (std::size_t i = 0; i < range.count; ++i) {
        value(name, element, static_cast<std::byte const*>(range.first) + i * element.size);
      }
      return;
    }
    case value_kind::map:
      return map(name, type, at);
    case value_kind::object:
      return members(name + ".", type, at);
    default:
      out_.push_back({name, scalar_text(type, at)});
  }
}

}  // namespace

void write_value(std::string& out, type_info const& type, void const* value,
                 std::span<std::string_view const> skip) {
  writer to(out);
  if (type.kind == value_kind::object) return to.object(type, value, skip);
  to.value(type, value);
}

std::vector<scalar_field> scalar_fields(type_info const& type, void const* value) {
  std::vector<scalar_field> out;
  flattener(out).members({}, type, value);
  return out;
}

}  // namespace kiln::json
