#include "json/text.hpp"

#include <kiln/services/scim.hpp>

// Patches and filters put together from values that may hold anything.
namespace kiln::scim {

namespace {

/// `members[value eq "1"]`
std::string element_path(std::string_view attribute, std::string_view value) {
  return std::string(attribute) + '[' + equals("value", value) + ']';
}

/// `[{"value":"1"},{"value":"2"}]`
std::string value_list(std::span<std::string const> values) {
  std::string out = "[";
  for (auto const& each : values) {
    if (out.size() > 1) out += ',';
    out += R"({"value":)";
    json::append_quoted(out, each);
    out += '}';
  }
  return out + ']';
}

patch make(patch_op op, std::string path, std::string value) {
  patch out;
  out.op = op;
  out.path = std::move(path);
  out.value.text = std::move(value);
  return out;
}

}  // namespace

patch add_member(std::string_view id) {
  std::string const one(id);
  return add_members({&one, 1});
}
patch add_members(std::span<std::string const> ids) {
  return make(patch_op::add, {}, R"({"members":)" + value_list(ids) + '}');
}
patch remove_member(std::string_view id) {
  return make(patch_op::remove, element_path("members", id), {});
}
patch replace_members(std::span<std::string const> ids) {
  return make(patch_op::replace, "members", value_list(ids));
}

patch add_value(std::string_view attribute, std::string_view value) {
  std::string const one(value);
  return make(patch_op::add, std::string(attribute), value_list({&one, 1}));
}
patch remove_value(std::string_view attribute, std::string_view value) {
  return make(patch_op::remove, element_path(attribute, value), {});
}

patch replace_text(std::string_view attribute, std::string_view text) {
  std::string quoted;
  json::append_quoted(quoted, text);
  return make(patch_op::replace, std::string(attribute), std::move(quoted));
}
patch replace_active(bool active) {
  return make(patch_op::replace, "active", active ? "true" : "false");
}

std::string equals(std::string_view attribute, std::string_view value) {
  std::string out(attribute);
  out += " eq ";
  json::append_quoted(out, value);
  return out;
}

}  // namespace kiln::scim
