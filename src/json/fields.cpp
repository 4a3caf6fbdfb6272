#include <kiln/fields.hpp>

#include <algorithm>
#include <cstdint>
#include <deque>
#include <mutex>
#include <ostream>
#include <stdexcept>

namespace kiln {

void open_enum_base::assign(std::string_view text, enum_table table) {
  auto const found = std::find(table.begin(), table.end(), text);
  if (found != table.end()) {
    index_ = static_cast<std::int32_t>(found - table.begin());
    unknown_.clear();
  } else {
    index_ = -1;
    unknown_ = text;
  }
}

std::string_view open_enum_base::spelled(enum_table table) const noexcept {
  if (index_ < 0) return unknown_;
  auto const index = static_cast<std::size_t>(index_);
  return index < table.size() ? table[index] : std::string_view{};
}

std::ostream& print_text(std::ostream& out, std::string_view text) { return out << text; }

field_info const* type_info::find(std::string_view name) const noexcept {
  auto const less = [this](std::uint16_t index, std::string_view wanted) {
    return fields[index].name < wanted;
  };
  auto const found = std::lower_bound(by_name.begin(), by_name.end(), name, less);
  if (found == by_name.end() || fields[*found].name != name) return nullptr;
  return &fields[*found];
}

void field_collector::add(std::string_view name, void const* member, std::size_t size,
                          type_function type) {
  auto const object = reinterpret_cast<std::uintptr_t>(into_.prototype);
  auto const at = reinterpret_cast<std::uintptr_t>(member);
  if (at < object || at + size > object + into_.size) {
    throw std::logic_error("fields: '" + std::string(name) + "' is not a member of this struct");
  }
  into_.fields.push_back({name, at - object, type});
}

namespace detail {

namespace {

void finish_object(type_info& info) {
  auto const& fields = info.fields;
  for (std::size_t i = 0; i < fields.size(); ++i) {
    info.by_name.push_back(static_cast<std::uint16_t>(i));
  }
  std::sort(info.by_name.begin(), info.by_name.end(),
            [&](auto a, auto b) { return fields[a].name < fields[b].name; });
  auto const same = [&](auto a, auto b) { return fields[a].name == fields[b].name; };
  auto const twice = std::adjacent_find(info.by_name.begin(), info.by_name.end(), same);
  if (twice != info.by_name.end()) {
    throw std::logic_error("fields: '" + std::string(fields[*twice].name) + "' is named twice");
  }
}

type_info& new_type() {
  static std::mutex guard;
  static auto& all = *new std::deque<type_info>;
  std::lock_guard const lock(guard);
  return all.emplace_back();
}

}  // namespace

type_info const& build(recipe const& from) {
  auto& info = new_type();
  info.kind = from.kind;
  info.size = from.size;
  info.is_signed = from.is_signed;
  if (from.spellings) info.spellings = from.spellings();
  info.element = from.element;
  info.elements = from.elements;
  info.add = from.add;
  info.clear = from.clear;
  info.each = from.each;
  if (from.make) {
    auto const prototype = from.make();
    info.prototype = prototype;
    field_collector collect(info);
    from.collect(collect, prototype);
    finish_object(info);
  }
  return info;
}

}  // namespace detail

}  // namespace kiln
