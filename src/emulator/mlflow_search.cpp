#include "emulator/mlflow_search.hpp"

#include "core/ascii.hpp"
#include "emulator/service.hpp"
#include "json/base64.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace kiln::emulation {

namespace {

constexpr std::string_view dataset_keys[] = {"name", "digest", "context"};

bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }
bool is_word(char c) { return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_'; }
bool contains(std::span<std::string_view const> all, std::string_view one) {
  return std::find(all.begin(), all.end(), one) != all.end();
}

struct name {
  searched what{};
  std::string key;
};

class reader {
 public:
  reader(std::string_view text, search_grammar const& by) : text_(text), by_(by) {}

  outcome<std::vector<comparison>> filter() {
    std::vector<comparison> out;
    skip();
    while (at_ < text_.size()) {
      if (!out.empty()) {
        if (!take_word("AND")) return wrong("Expected AND between comparisons, found " + here());
        skip();
      }
      auto one = read_comparison();
      if (!one) return one.error();
      out.push_back(std::move(*one));
      skip();
    }
    return out;
  }

  outcome<order_term> order() {
    orders_ = true;
    skip();
    auto by = read_name();
    if (!by) return by.error();
    order_term out;
    out.what = by->what;
    out.key = std::move(by->key);
    skip();
    if (at_ < text_.size()) {
      out.ascending = take_word("ASC");
      if (!out.ascending && !take_word("DESC")) {
        return wrong("Invalid ordering key in order_by clause: expected ASC or DESC, found " +
                     here());
      }
      skip();
      if (at_ < text_.size())
        return wrong("Invalid order_by clause: expected its end, found " + here());
    }
    return out;
  }

 private:
  api_error wrong(std::string const& what) const { return wrong(what, at_); }
  api_error wrong(std::string const& what, std::size_t at) const {
    return invalid_parameter(what + " at character " + std::to_string(at + 1) + " of '" +
                             std::string(text_) + '\'');
  }
  /// What stands where reading goes on, for messages.
  std::string here() const {
    if (at_ >= text_.size()) return "the end";
    auto end = at_ + 1;
    while (end < text_.size() && is_word(text_[at_]) && is_word(text_[end])) ++end;
    return '\'' + std::string(text_.substr(at_, end - at_)) + '\'';
  }
  void skip() {
    while (at_ < text_.size() && is_space(text_[at_])) ++at_;
  }
  bool take(std::string_view what) {
    if (!text_.substr(at_).starts_with(what)) return false;
    at_ += what.size();
    return true;
  }
  bool take_word(std::string_view word) {
    auto const rest = text_.substr(at_);
    if (rest.size() < word.size() || !ascii::equal_ignoring_case(rest.substr(0, word.size()), word))
      return false;
    if (rest.size() > word.size() && is_word(rest[word.size()])) return false;
    at_ += word.size();
    return true;
  }

  /// Between two of the quote that stands here. Doubled quotes stay two: MLflow cuts the ends off
  /// and leaves the rest alone.
  outcome<std::string> quoted() {
    auto const begin = at_;
    char const quote = text_[at_++];
    while (at_ < text_.size()) {
      if (text_[at_] != quote) {
        ++at_;
      } else if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
        at_ += 2;
      } else {
        return std::string(text_.substr(begin + 1, at_++ - begin - 1));
      }
    }
    return wrong("Invalid clause(s) in filter string: a quote that is not closed", begin);
  }
  [[nodiscard]] bool at_quote(bool or_single) const {
    if (at_ >= text_.size()) return false;
    char const c = text_[at_];
    return c == '"' || c == '`' || (or_single && c == '\'');
  }

  /// A word of a name, or what stands for one in quotes.
  outcome<std::string> part() {
    if (at_quote(false)) return quoted();
    auto const begin = at_;
    while (at_ < text_.size() && is_word(text_[at_])) ++at_;
    if (begin == at_) return wrong("Invalid identifier: expected a name, found " + here());
    return std::string(text_.substr(begin, at_ - begin));
  }

  outcome<name> read_name() {
    auto const begin = at_;
    bool const is_quoted = at_quote(false);
    auto first = part();
    if (!first) return first.error();
    name out;
    out.key = std::move(*first);
    if (is_quoted || !take(".")) return attribute(std::move(out), begin);
    auto const what = entity(out.key);
    if (!what || !is_known(*what, out.key)) {
      return wrong("Invalid entity type '" + out.key + "'. Valid values are " + entities(), begin);
    }
    out.what = *what;
    out.key.clear();
    do {
      auto more = part();
      if (!more) return more.error();
      if (!out.key.empty()) out.key += '.';
      out.key += *more;
    } while (take("."));
    if (out.what == searched::attribute) return attribute(std::move(out), begin);
    if (out.what == searched::dataset && !contains(dataset_keys, out.key)) {
      return wrong("Invalid dataset key '" + out.key + "'. Valid keys are name, digest, context",
                   begin);
    }
    return out;
  }

  static std::optional<searched> entity(std::string_view word) {
    using enum searched;
    if (word == "metric" || word == "metrics") return metric;
    if (word == "parameter" || word == "parameters" || word == "param" || word == "params") {
      return param;
    }
    if (word == "tag" || word == "tags") return tag;
    if (word == "dataset" || word == "datasets") return dataset;
    if (word == "attribute" || word == "attributes" || word == "attr" || word == "run") {
      return attribute;
    }
    return std::nullopt;
  }

  /// Experiments, models and versions go by few spellings, and by tags in filters only.
  [[nodiscard]] bool is_known(searched what, std::string_view word) const {
    if (by_.has_values) return what != searched::dataset || !orders_;
    return word == "attribute" || (what == searched::tag && !orders_);
  }
  [[nodiscard]] std::string entities() const {
    if (by_.has_values) {
      return orders_ ? "metric, parameter, tag, attribute"
                     : "metric, parameter, tag, attribute, dataset";
    }
    return orders_ ? "attribute" : "tag, attribute";
  }

  outcome<name> attribute(name found, std::size_t begin) const {
    for (auto const& [from, to] : by_.aliases) {
      if (found.key == from) found.key = to;
    }
    std::vector<std::string_view> valid;
    auto const add = [&valid](auto const& all) {
      valid.insert(valid.end(), all.begin(), all.end());
    };
    if (orders_ && !by_.order_attributes.empty()) {
      add(by_.order_attributes);
    } else {
      add(by_.text_attributes);
      add(by_.number_attributes);
    }
    if (contains(valid, found.key)) return found;
    std::string listed;
    for (auto const each : valid) (listed += listed.empty() ? "" : ", ").append(each);
    return wrong("Invalid attribute key '" + found.key + "' specified. Valid keys are " + listed,
                 begin);
  }
  [[nodiscard]] bool is_number(name const& of) const {
    return of.what == searched::metric ||
           (of.what == searched::attribute && contains(by_.number_attributes, of.key));
  }

  outcome<comparator> read_comparator() {
    using enum comparator;
    constexpr std::pair<std::string_view, comparator> signs[] = {
        {"!=", not_equal}, {"<=", less_equal}, {">=", greater_equal},
        {"=", equal},      {"<", less},        {">", greater}};
    for (auto const& [text, how] : signs) {
      if (take(text)) return how;
    }
    if (take_word("LIKE")) return like;
    if (take_word("ILIKE")) return ilike;
    if (take_word("IN")) return in;
    auto const begin = at_;
    if (take_word("NOT")) {
      skip();
      if (take_word("IN")) return not_in;
      at_ = begin;
    }
    return wrong("Invalid comparison clause: expected a comparator, found " + here());
  }

  outcome<comparison> read_comparison() {
    auto by = read_name();
    if (!by) return by.error();
    bool const number = is_number(*by);
    skip();
    auto const begin = at_;
    auto how = read_comparator();
    if (!how) return how.error();
    comparison out;
    out.what = by->what;
    out.key = std::move(by->key);
    out.how = *how;
    if (!allowed(out, number)) {
      return wrong("Invalid comparator '" + std::string(text_.substr(begin, at_ - begin)) +
                       "' for " + (number ? "a number" : "a text"),
                   begin);
    }
    skip();
    if (number) {
      auto value = read_number();
      if (!value) return value.error();
      out.number = *value;
      return out;
    }
    auto values = out.how == comparator::in || out.how == comparator::not_in ? list() : single();
    if (!values) return values.error();
    out.texts = std::move(*values);
    return out;
  }

  [[nodiscard]] bool allowed(comparison const& c, bool number) const {
    using enum comparator;
    switch (c.how) {
      case equal:
      case not_equal:
        return true;
      case less:
      case less_equal:
      case greater:
      case greater_equal:
        return number;
      case like:
      case ilike:
        return !number;
      case not_in:
        if (!by_.has_values) return false;
        [[fallthrough]];
      case in:
        return c.what == searched::dataset ||
               (c.what == searched::attribute && c.key == by_.listable);
    }
    return false;
  }

  outcome<double> read_number() {
    auto const rest = text_.substr(at_);
    double value = 0;
    auto const [end, code] = std::from_chars(rest.data(), rest.data() + rest.size(), value);
    auto const size = static_cast<std::size_t>(end - rest.data());
    if (code != std::errc() || !std::isfinite(value) ||
        (size < rest.size() && is_word(rest[size]))) {
      return wrong("Expected numeric value type for metric or numeric attribute, found " + here());
    }
    at_ += size;
    return value;
  }

  outcome<std::string> text() {
    if (!at_quote(true) || text_[at_] == '`') {
      return wrong("Expected a quoted string value (e.g. 'my-value'), found " + here());
    }
    return quoted();
  }
  outcome<std::vector<std::string>> single() {
    auto one = text();
    if (!one) return one.error();
    std::vector<std::string> out;
    out.push_back(std::move(*one));
    return out;
  }
  outcome<std::vector<std::string>> list() {
    if (!take("(")) return wrong("While parsing a list: expected '(', found " + here());
    std::vector<std::string> out;
    do {
      skip();
      auto one = text();
      if (!one) return one.error();
      out.push_back(std::move(*one));
      skip();
    } while (take(","));
    if (!take(")")) return wrong("While parsing a list: expected ',' or ')', found " + here());
    return out;
  }

  std::string_view text_;
  search_grammar const& by_;
  std::size_t at_ = 0;
  bool orders_ = false;  ///< Reads an order_by clause.
};

// Goes back to the last % only, so it takes time of the product of both sizes at most.
bool is_like(std::string_view text, std::string_view pattern, bool any_case) {
  auto const same = [any_case](char a, char b) {
    return any_case ? ascii::is_same_letter(a, b) : a == b;
  };
  std::size_t t = 0, p = 0, retry_t = 0;
  std::optional<std::size_t> retry_p;
  while (t < text.size()) {
    if (p < pattern.size() && pattern[p] == '%') {
      retry_p = ++p;
      retry_t = t;
    } else if (p < pattern.size() && (pattern[p] == '_' || same(text[t], pattern[p]))) {
      ++t;
      ++p;
    } else if (retry_p) {
      p = *retry_p;
      t = ++retry_t;
    } else {
      return false;
    }
  }
  return std::all_of(pattern.begin() + static_cast<std::ptrdiff_t>(p), pattern.end(),
                     [](char c) { return c == '%'; });
}

}  // namespace

outcome<std::vector<comparison>> parse_filter(std::string_view filter, search_grammar const& by) {
  return reader(filter, by).filter();
}
outcome<order_term> parse_order(std::string_view clause, search_grammar const& by) {
  return reader(clause, by).order();
}

bool holds(comparison const& c, double value) {
  using enum comparator;
  switch (c.how) {
    case equal:
      return value == c.number;
    case not_equal:
      return value != c.number;
    case less:
      return value < c.number;
    case less_equal:
      return value <= c.number;
    case greater:
      return value > c.number;
    case greater_equal:
      return value >= c.number;
    default:
      return false;
  }
}

bool holds(comparison const& c, std::string_view value) {
  using enum comparator;
  bool const listed = std::find(c.texts.begin(), c.texts.end(), value) != c.texts.end();
  switch (c.how) {
    case equal:
    case in:
      return listed;
    case not_equal:
    case not_in:
      return !listed;
    case like:
      return is_like(value, c.texts.front(), false);
    case ilike:
      return is_like(value, c.texts.front(), true);
    default:
      return false;
  }
}

order_value order_by_number(std::int64_t of) {
  order_value out;
  out.number = static_cast<double>(of);
  return out;
}
order_value order_by_text(std::string of) {
  order_value out;
  out.text = std::move(of);
  return out;
}
order_value order_by_entry(std::map<std::string, std::string> const& all, std::string const& key) {
  auto const at = all.find(key);
  return at == all.end() ? order_value() : order_by_text(at->second);
}

int compare(order_value const& a, order_value const& b, bool ascending) {
  auto const rank = [](order_value const& v) {
    if (v.number) return std::isnan(*v.number) ? 1 : 0;
    return v.text ? 0 : 2;
  };
  if (auto const by_rank = rank(a) - rank(b); by_rank != 0 || rank(a) != 0) return by_rank;
  int order = 0;
  if (a.number && b.number) {
    order = *a.number < *b.number ? -1 : static_cast<int>(*a.number > *b.number);
  } else if (a.text && b.text) {
    order = a.text->compare(*b.text);
  }
  return ascending ? order : -order;
}

outcome<page_bounds> page_of(std::size_t count, std::string_view page_token, std::size_t size) {
  constexpr std::string_view before = R"({"offset": )";
  constexpr std::size_t token_max = 64;
  page_bounds out;
  if (!page_token.empty()) {
    std::string text(page_token.size(), '\0');
    auto const decoded = json::base64_decode(page_token.substr(0, token_max),
                                             std::as_writable_bytes(std::span(text)));
    if (decoded.has_error())
      return invalid_parameter("Invalid page token, could not base64-decode");
    text.resize(*decoded);
    auto const* const end = text.data() + text.size();
    std::from_chars_result read{text.data(), std::errc::invalid_argument};
    if (text.starts_with(before)) {
      read = std::from_chars(text.data() + before.size(), end, out.begin);
    }
    if (read.ec != std::errc() || std::string_view(read.ptr, end) != "}" || out.begin == 0) {
      return invalid_parameter("Invalid page token, decoded value=" + text);
    }
  }
  out.begin = std::min(out.begin, count);
  out.end = out.begin + std::min(size, count - out.begin);
  if (out.end < count) {
    std::string const next = std::string(before) + std::to_string(out.end) + '}';
    json::append_base64(out.next_page_token, std::as_bytes(std::span(next)));
  }
  return out;
}

}  // namespace kiln::emulation
