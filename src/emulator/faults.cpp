#include "emulator/faults.hpp"

#include <array>
#include <utility>

namespace kiln::emulation {

namespace {

using kind = emulator_fault::kind;

constexpr std::array<std::pair<kind, std::string_view>, 6> fault_kinds{
    {{kind::status, "status"},
     {kind::close, "close"},
     {kind::reset, "reset"},
     {kind::truncate, "truncate"},
     {kind::stall, "stall"},
     {kind::delay, "delay"}}};

bool matches(std::string_view route, std::string_view path) noexcept {
  if (route.ends_with('*')) return path.starts_with(route.substr(0, route.size() - 1));
  return route == path;
}

}  // namespace

std::string_view to_string(kind what) noexcept {
  for (auto const& [value, name] : fault_kinds) {
    if (value == what) return name;
  }
  return "unknown";
}

std::optional<kind> parse_fault_kind(std::string_view text) noexcept {
  for (auto const& [value, name] : fault_kinds) {
    if (name == text) return value;
  }
  return std::nullopt;
}

bool fault_script::add(emulator_fault fault) {
  if (entries_.size() == faults_max) return false;
  if (!fault.headers.empty() && !fault.headers.ends_with("\r\n")) fault.headers += "\r\n";
  entries_.push_back({std::move(fault)});
  return true;
}

std::optional<emulator_fault> fault_script::next(std::string_view path) {
  entry* due = nullptr;
  for (auto& e : entries_) {
    if (!matches(e.fault.route, path)) continue;
    ++e.seen;
    if (due == nullptr && e.seen > e.fault.skip && e.hits < e.fault.times) due = &e;
  }
  if (due == nullptr) return std::nullopt;
  ++due->hits;
  return due->fault;
}

}  // namespace kiln::emulation
