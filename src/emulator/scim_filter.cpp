#include "emulator/scim_filter.hpp"

#include "core/ascii.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value.hpp>

#include <algorithm>
#include <optional>
#include <utility>

namespace kiln::emulation {

namespace bj = boost::json;

namespace {

std::string text_of(bj::value const& v) {
  if (v.is_string()) return std::string(v.get_string());
  return bj::serialize(v);
}

void add_value(std::vector<bj::value const*>& out, bj::value const& v, std::string_view rest) {
  if (auto const* list = v.if_array()) {
    for (auto const& each : *list) add_value(out, each, rest.empty() ? "value" : rest);
    return;
  }
  auto const* object = v.if_object();
  if (!rest.empty() && object != nullptr) {
    for (auto const* deeper : scim_values(*object, rest)) out.push_back(deeper);
  } else if (rest.empty() || rest == "value") {
    out.push_back(&v);  // "value": a list of plain texts
  }
}

}  // namespace

api_error scim_error(int status, std::string_view scim_type, std::string detail) {
  return {status, std::string(scim_type), std::move(detail)};
}

bool same_text(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), ascii::is_same_letter);
}

bj::value const* scim_member(bj::object const& of, std::string_view name) noexcept {
  for (auto const& [key, value] : of) {
    if (same_text(key, name)) return &value;
  }
  return nullptr;
}

std::vector<bj::value const*> scim_values(bj::object const& of, std::string_view name) {
  std::vector<bj::value const*> out;
  auto const dot = std::min(name.find('.'), name.size());
  if (auto const* at = scim_member(of, name.substr(0, dot))) {
    add_value(out, *at, name.substr(std::min(dot + 1, name.size())));
  }
  return out;
}

class scim_filter_parser {
 public:
  scim_filter_parser(std::string_view text, std::span<std::string_view const> known)
      : text_(text), known_(known) {}

  outcome<scim_filter> run() {
    if (text_.size() > scim_filter::bytes_max) return wrong("it is too long");
    auto const root = any(0);
    if (!root) return root.error();
    skip_blanks();
    if (at_ < text_.size()) return wrong("\"and\", \"or\" or the end is expected");
    out_.root_ = *root;
    return std::move(out_);
  }

 private:
  using kind = scim_filter::kind;
  using part = outcome<std::size_t>;

  api_error wrong(std::string_view what) const {
    return scim_error(
        400, "invalidFilter",
        "The filter is wrong at column " + std::to_string(at_ + 1) + ": " + std::string(what));
  }
  void skip_blanks() {
    while (at_ < text_.size() && text_[at_] == ' ') ++at_;
  }
  /// Letters, digits and what names and plain values are made of.
  std::string_view word() {
    skip_blanks();
    auto const end = std::min(text_.find_first_of(" ()[]\"", at_), text_.size());
    auto const out = text_.substr(at_, end - at_);
    at_ = end;
    return out;
  }
  bool take(std::string_view keyword) {
    auto const before = at_;
    if (same_text(word(), keyword)) return true;
    at_ = before;
    return false;
  }

  std::size_t add(scim_filter::node n) {
    out_.nodes_.push_back(std::move(n));
    return out_.nodes_.size() - 1;
  }
  part any(std::size_t depth) { return joined("or", kind::any_of, depth); }
  part joined(std::string_view keyword, kind what, std::size_t depth) {
    scim_filter::node list;
    list.what = what;
    do {
      auto next = what == kind::any_of ? joined("and", kind::all_of, depth) : single(depth);
      if (!next) return next;
      list.parts.push_back(*next);
    } while (take(keyword));
    return list.parts.size() == 1 ? list.parts.front() : add(std::move(list));
  }
  part single(std::size_t depth) {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != '(') return comparison();
    if (depth == scim_filter::depth_max) return wrong("the parentheses are too deep");
    ++at_;
    auto inner = any(depth + 1);
    if (!inner) return inner;
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != ')') return wrong("\")\" is expected");
    ++at_;
    return inner;
  }

  part comparison() {
    scim_filter::node out;
    skip_blanks();
    auto const name_at = at_;
    out.attribute = word();
    auto const top = std::string_view(out.attribute).substr(0, out.attribute.find('.'));
    bool const known = std::any_of(known_.begin(), known_.end(),
                                   [top](auto name) { return same_text(name, top); });
    if (!known) {
      at_ = name_at;
      return wrong(out.attribute.empty() ? std::string("an attribute is expected")
                                         : "there is no attribute \"" + out.attribute + '"');
    }
    auto const what = comparator();
    if (!what) return wrong("eq, ne, co or sw is expected");
    out.what = *what;
    auto value = operand();
    if (!value) return value.error();
    out.value = std::move(*value);
    return add(std::move(out));
  }
  std::optional<kind> comparator() {
    static constexpr std::pair<std::string_view, kind> all[] = {{"eq", kind::equal},
                                                                {"ne", kind::not_equal},
                                                                {"co", kind::contains},
                                                                {"sw", kind::starts_with}};
    for (auto const& [text, what] : all) {
      if (take(text)) return what;
    }
    skip_blanks();
    return std::nullopt;
  }
  outcome<std::string> operand() {
    skip_blanks();
    if (at_ == text_.size() || text_[at_] != '"') {
      auto const plain = word();
      if (plain.empty()) return wrong("a value is expected");
      return std::string(plain);
    }
    for (auto end = at_ + 1; end < text_.size(); ++end) {
      if (text_[end] == '\\') {
        ++end;
      } else if (text_[end] == '"') {
        bj::error_code code;
        auto const quoted = bj::parse(text_.substr(at_, end + 1 - at_), code);
        if (code) return wrong("the text has an escape that JSON does not know");
        at_ = end + 1;
        return std::string(quoted.get_string());
      }
    }
    return wrong("the text has no end");
  }

  std::string_view text_;
  std::span<std::string_view const> known_;
  std::size_t at_ = 0;
  scim_filter out_;
};

outcome<scim_filter> scim_filter::parse(std::string_view text,
                                        std::span<std::string_view const> known) {
  return scim_filter_parser(text, known).run();
}

bool scim_filter::holds(std::size_t at, bj::object const& resource) const {
  auto const& n = nodes_[at];
  auto const part_holds = [&](std::size_t part) { return holds(part, resource); };
  if (n.what == kind::all_of) return std::all_of(n.parts.begin(), n.parts.end(), part_holds);
  if (n.what == kind::any_of) return std::any_of(n.parts.begin(), n.parts.end(), part_holds);
  auto const values = scim_values(resource, n.attribute);
  auto const any = [&](auto test) {
    return std::any_of(values.begin(), values.end(),
                       [&](bj::value const* v) { return test(text_of(*v)); });
  };
  switch (n.what) {
    case kind::not_equal:
      return !any([&](std::string_view v) { return same_text(v, n.value); });
    case kind::contains:
      return any([&](std::string_view v) { return ascii::contains_ignoring_case(v, n.value); });
    case kind::starts_with:
      return any(
          [&](std::string_view v) { return same_text(v.substr(0, n.value.size()), n.value); });
    default:
      return any([&](std::string_view v) { return same_text(v, n.value); });
  }
}

}  // namespace kiln::emulation
