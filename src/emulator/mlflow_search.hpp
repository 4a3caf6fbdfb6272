#pragma once

#include "emulator/api.hpp"

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// MLflow's language of searches, as its tracking server and its model registry read it: filters of
// comparisons joined by AND, order_by clauses, and pages by offset.
namespace kiln::emulation {

/// "metric" of "metrics.loss". Of a name without a prefix: attribute. A dataset is an input of a
/// run.
enum class searched : std::uint8_t { attribute, metric, param, tag, dataset };

enum class comparator : std::uint8_t {
  equal,
  not_equal,
  less,
  less_equal,
  greater,
  greater_equal,
  like,   ///< % any text, _ any character; the whole value; letters as they are.
  ilike,  ///< The same for letters of either case.
  in,
  not_in,
};

/// What a kind of thing can be searched by.
struct search_grammar {
  std::span<std::string_view const> text_attributes;
  std::span<std::string_view const> number_attributes;
  /// Other names of attributes: from, to.
  std::span<std::pair<std::string_view, std::string_view> const> aliases{};
  /// Of runs: metrics., params. and datasets. as well as tags., and NOT IN; but for datasets, all
  /// of them to order by, too.
  bool has_values = false;
  std::string_view listable{};  ///< The text attribute that IN may be used on.
  /// The attributes to order by, if they are not those of filters.
  std::span<std::string_view const> order_attributes{};
};

struct comparison {
  searched what{};
  std::string key;
  comparator how{};
  double number = 0;               ///< Of a metric or a number attribute.
  std::vector<std::string> texts;  ///< Of the others: one, or those of a list.
};

/// An error names what is wrong and at which character, counted from 1.
outcome<std::vector<comparison>> parse_filter(std::string_view filter, search_grammar const& by);

struct order_term {
  searched what{};
  std::string key;
  bool ascending = true;
};
/// "metrics.loss DESC", "name"
outcome<order_term> parse_order(std::string_view clause, search_grammar const& by);

[[nodiscard]] bool holds(comparison const& c, double value);
[[nodiscard]] bool holds(comparison const& c, std::string_view value);

/// What a thing is ordered by; what is absent comes last in either direction, NaN just before it.
struct order_value {
  std::optional<std::string> text{};
  std::optional<double> number{};
};
order_value order_by_number(std::int64_t of);
order_value order_by_text(std::string of);
/// Of a tag or parameter; absent when there is none of that name.
order_value order_by_entry(std::map<std::string, std::string> const& all, std::string const& key);
/// Negative, zero or positive as `a` comes before, with or after `b`.
int compare(order_value const& a, order_value const& b, bool ascending);

/// A page of `count` things: [begin, end), and what asks for the rest, empty at the end.
struct page_bounds {
  std::size_t begin = 0;
  std::size_t end = 0;
  std::string next_page_token;
};
/// INVALID_PARAMETER_VALUE for a token that is none of ours.
outcome<page_bounds> page_of(std::size_t count, std::string_view page_token, std::size_t size);

}  // namespace kiln::emulation
