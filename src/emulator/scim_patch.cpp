#include "emulator/scim_patch.hpp"

#include "emulator/scim_filter.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

constexpr std::string_view several[] = {"emails", "entitlements", "members", "roles"};
constexpr std::string_view read_only[] = {"groups", "id", "meta", "schemas"};
constexpr std::string_view of_elements[] = {"value", "display", "type", "primary", "$ref"};

template <class Names>
bool among(Names const& names, std::string_view name) {
  return std::any_of(std::begin(names), std::end(names),
                     [name](std::string_view each) { return same_text(each, name); });
}

/// `attribute`, or `attribute[chosen].part`, or `attribute.part`
struct target {
  std::string attribute;  ///< In the spelling of the schema.
  std::optional<scim_filter> chosen;
  std::string part;
};

api_error bad_path(std::string_view path) {
  return scim_error(400, "invalidPath", "The path \"" + std::string(path) + "\" leads nowhere");
}

outcome<target> read_path(std::string_view path, std::span<std::string_view const> known) {
  target out;
  auto const end = std::min(path.find_first_of("[."), path.size());
  auto const name = std::find_if(known.begin(), known.end(), [&](std::string_view each) {
    return same_text(each, path.substr(0, end));
  });
  if (name == known.end()) return bad_path(path);
  out.attribute = *name;
  if (among(read_only, out.attribute)) {
    return scim_error(400, "mutability", out.attribute + " is read only");
  }
  auto rest = path.substr(end);
  if (rest.starts_with('[')) {
    auto const close = rest.rfind(']');
    if (close == std::string_view::npos || !among(several, out.attribute)) return bad_path(path);
    auto filter = scim_filter::parse(rest.substr(1, close - 1), of_elements);
    if (!filter) return filter.error();
    out.chosen = std::move(*filter);
    rest.remove_prefix(close + 1);
  }
  if (!rest.empty() && (rest.size() == 1 || rest.front() != '.')) return bad_path(path);
  if (!rest.empty()) out.part = rest.substr(1);
  return out;
}

/// A list of what may come as a list, as one element or as its plain value.
bj::array elements_of(bj::value const& v) {
  auto const whole = [](bj::value const& each) -> bj::value {
    if (each.is_string()) return bj::object{{"value", each}};
    return each;
  };
  bj::array out;
  if (auto const* list = v.if_array()) {
    for (auto const& each : *list) out.push_back(whole(each));
  } else {
    out.push_back(whole(v));
  }
  return out;
}

bool is_chosen(target const& by, bj::value const& element) {
  return element.is_object() && by.chosen->matches(element.get_object());
}

class patcher {
 public:
  explicit patcher(bj::object& resource) : resource_(resource) {}

  outcome<void> set(target const& where, bj::value const& value, bool replaces) {
    if (where.chosen) return set_chosen(where, value);
    if (!where.part.empty()) {
      auto& whole = resource_[where.attribute];
      if (!whole.is_object()) whole = bj::object();
      whole.get_object()[where.part] = value;
      return {};
    }
    if (!among(several, where.attribute)) {
      resource_[where.attribute] = value;
      return {};
    }
    auto& list = resource_[where.attribute];
    if (replaces || !list.is_array()) list = bj::array();
    for (auto& each : elements_of(value)) list.get_array().push_back(std::move(each));
    return {};
  }

  void remove(target const& where, bj::value const* value) {
    auto const at = resource_.find(where.attribute);
    if (at == resource_.end()) return;
    if (!where.chosen && !where.part.empty()) {
      if (auto* whole = at->value().if_object()) whole->erase(where.part);
      return;
    }
    auto* list = at->value().if_array();
    if (list == nullptr || (!where.chosen && value == nullptr)) {
      resource_.erase(at);
      return;
    }
    auto const listed = value == nullptr ? bj::array() : elements_of(*value);
    bj::array kept;
    for (auto& each : *list) {
      if (!goes(where, each, listed)) {
        kept.push_back(std::move(each));
      } else if (!where.part.empty()) {
        each.get_object().erase(where.part);
        kept.push_back(std::move(each));
      }
    }
    *list = std::move(kept);
  }

 private:
  outcome<void> set_chosen(target const& where, bj::value const& value) {
    bool found = false;
    if (auto* list = resource_[where.attribute].if_array()) {
      for (auto& each : *list) {
        if (!is_chosen(where, each)) continue;
        found = true;
        if (where.part.empty()) {
          each = elements_of(value).at(0);
        } else {
          each.get_object()[where.part] = value;
        }
      }
    }
    if (!found) {
      return scim_error(400, "noTarget", "No element of " + where.attribute + " is chosen");
    }
    return {};
  }
  static bool goes(target const& where, bj::value const& element, bj::array const& listed) {
    if (where.chosen) return is_chosen(where, element);
    auto const* value = element.is_object() ? element.get_object().if_contains("value") : nullptr;
    return value != nullptr && std::any_of(listed.begin(), listed.end(), [&](bj::value const& v) {
             auto const* other = v.is_object() ? v.get_object().if_contains("value") : nullptr;
             return other != nullptr && *other == *value;
           });
  }

  bj::object& resource_;
};

outcome<void> apply(bj::object& resource, bj::object const& operation,
                    std::span<std::string_view const> known) {
  auto const* op = scim_member(operation, "op");
  auto const* path = scim_member(operation, "path");
  auto const* value = scim_member(operation, "value");
  auto const name =
      op != nullptr && op->is_string() ? std::string_view(op->get_string()) : std::string_view();
  bool const removes = same_text(name, "remove");
  bool const replaces = same_text(name, "replace");
  if (!removes && !replaces && !same_text(name, "add")) {
    return scim_error(400, "invalidSyntax", "op is none of add, remove and replace");
  }
  patcher change(resource);
  if (path != nullptr && !path->is_null()) {
    if (!path->is_string()) return bad_path("");
    auto const where = read_path(path->get_string(), known);
    if (!where) return where.error();
    if (removes) {
      change.remove(*where, value);
      return {};
    }
    if (value == nullptr || (where->chosen && value->is_array() && value->get_array().empty())) {
      return scim_error(400, "invalidValue", "The operation has no value");
    }
    return change.set(*where, *value, replaces);
  }
  if (removes) return scim_error(400, "noTarget", "A remove needs a path");
  auto const* members = value == nullptr ? nullptr : value->if_object();
  if (members == nullptr) {
    return scim_error(400, "invalidValue", "Without a path the value is an object of attributes");
  }
  for (auto const& [key, each] : *members) {
    auto const where = read_path(key, known);
    if (!where) return where.error();
    if (auto done = change.set(*where, each, replaces); !done) return done;
  }
  return {};
}

}  // namespace

outcome<void> apply_scim_patch(bj::object& resource, bj::object const& body,
                               std::span<std::string_view const> known) {
  auto const* operations = scim_member(body, "Operations");
  if (operations == nullptr || !operations->is_array() || operations->get_array().empty()) {
    return scim_error(400, "invalidSyntax", "Operations is not a list of operations");
  }
  if (operations->get_array().size() > scim_operations_max) {
    return scim_error(400, "tooMany", "There are too many operations");
  }
  for (auto const& each : operations->get_array()) {
    if (!each.is_object()) return scim_error(400, "invalidSyntax", "An operation is no object");
    if (auto done = apply(resource, each.get_object(), known); !done) return done;
  }
  return {};
}

}  // namespace kiln::emulation
