#include "core/ascii.hpp"

#include <kiln/runtime_version.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <tuple>
#include <utility>

namespace kiln {

namespace {

constexpr std::string_view light_prefix = "apache-spark-";
constexpr std::string_view scala_word = "-scala";
constexpr std::array<std::string_view, 4> aliases{"latest-stable", "latest-rc",
                                                  "latest-experimental", "next-major-version"};

bool is_key_char(char c) noexcept {
  return ascii::is_digit(c) || ascii::is_alpha(c) || c == '-' || c == '.' || c == '_' || c == ':';
}
bool is_flag_char(char c) noexcept { return ascii::is_digit(c) || ascii::is_alpha(c) || c == '_'; }

}  // namespace

std::string_view to_string(runtime_family family) noexcept {
  constexpr std::array<std::string_view, 6> names{"legacy", "light",  "databricks",
                                                  "alias",  "custom", "other"};
  return names[static_cast<std::size_t>(family)];
}

/// Reads a key from left to right. The first thing that does not fit is kept with its place.
class runtime_version_reader {
 public:
  explicit runtime_version_reader(std::string_view key) : key_(key) { out_.key_ = key; }

  result<runtime_version> read() {
    bool const good = whole_key();
    if (good) return std::move(out_);
    return error(errc::invalid_argument, "runtime version, column " +
                                             std::to_string(std::min(at_, key_.size()) + 1) +
                                             ": expected " + expected_)
        .with_operation("parse");
  }

 private:
  [[nodiscard]] std::string_view rest() const noexcept { return key_.substr(at_); }
  [[nodiscard]] bool at_end() const noexcept { return at_ == key_.size(); }
  [[nodiscard]] char here() const noexcept { return at_end() ? '\0' : key_[at_]; }

  bool fail(std::string expected) {
    expected_ = std::move(expected);
    return false;
  }
  bool take(std::string_view word) {
    if (!rest().starts_with(word)) return false;
    at_ += word.size();
    return true;
  }
  bool number(std::optional<std::uint32_t>& into, std::string const& what) {
    std::uint32_t value = 0;
    auto const text = rest();
    auto const [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
    if (problem == std::errc::result_out_of_range) return fail(what + " below 2^32");
    if (problem != std::errc()) return fail(what);
    at_ += static_cast<std::size_t>(end - text.data());
    into = value;
    return true;
  }

  bool whole_key() {
    if (key_.empty()) return fail("a key such as 7.3.x-scala2.12");
    if (key_.size() > runtime_version::key_size_max) {
      at_ = runtime_version::key_size_max;
      return fail("the end: a key has at most 256 bytes");
    }
    auto const odd = std::find_if_not(key_.begin(), key_.end(), is_key_char);
    if (odd != key_.end()) {
      at_ = static_cast<std::size_t>(odd - key_.begin());
      return fail("a letter, digit or one of - . _ :");
    }
    if (rest().starts_with("custom:") || rest().starts_with("custom-")) return custom();
    return plain();
  }

  bool plain() {
    if (ascii::is_digit(here())) return numbered();
    if (take(light_prefix)) return light();
    for (auto const alias : aliases) {
      auto const after = rest().substr(std::min(alias.size(), rest().size()));
      if (!rest().starts_with(alias) || (!after.empty() && after.front() != '-')) continue;
      at_ += alias.size();
      out_.family_ = runtime_family::alias;
      return flags_and_scala();
    }
    return other();
  }

  /// "7.3.x…", "7.x…" or "2.1.1-db5…".
  bool numbered() {
    if (!number(out_.major_, "a version number")) return false;
    if (!take(".")) return fail("'.' behind the major version");
    out_.family_ = runtime_family::databricks;
    if (take("x")) return flags_and_scala();
    if (!number(out_.feature_, "a feature version or x")) return false;
    if (!take(".")) return fail("'.x'");
    if (take("x")) return flags_and_scala();
    std::optional<std::uint32_t> patch;
    if (!number(patch, "x")) return false;
    if (!rest().starts_with("-db")) return fail("'-db', as in 2.1.1-db5-scala2.10, or x before it");
    out_.family_ = runtime_family::legacy;
    return flags_and_scala();
  }

  bool light() {
    out_.family_ = runtime_family::light;
    if (!number(out_.major_, "the version of Spark")) return false;
    if (!take(".")) return fail("'.' behind the major version");
    if (!number(out_.feature_, "a feature version")) return false;
    if (!take(".x")) return fail("'.x'");
    return flags_and_scala();
  }

  /// The rest of the key: "-flag" as often as may be, then the version of Scala.
  bool flags_and_scala() {
    while (!rest().starts_with(scala_word)) {
      if (at_end()) return fail("'-scala' and its version, such as -scala2.12");
      if (!take("-")) return fail("'-'");
      auto const end = std::find_if_not(rest().begin(), rest().end(), is_flag_char);
      auto const flag = rest().substr(0, static_cast<std::size_t>(end - rest().begin()));
      if (flag.empty()) return fail("a flag such as ml, or scala2.12");
      out_.flags_.emplace_back(flag);
      at_ += flag.size();
    }
    at_ += scala_word.size();
    std::optional<std::uint32_t> major;
    std::optional<std::uint32_t> minor;
    if (!number(major, "the version of Scala, such as 2.12")) return false;
    if (!take(".")) return fail("'.' in the version of Scala");
    if (!number(minor, "the second number of Scala's version")) return false;
    if (!at_end()) return fail("the end of the key");
    out_.scala_ = scala_version{*major, *minor};
    return true;
  }

  /// An image's name often holds the key it was made from, between pairs of underscores.
  bool custom() {
    constexpr std::string_view gap = "__";
    at_ = std::string_view("custom:").size();
    if (at_end()) return fail("a name behind 'custom'");
    for (auto from = at_; from < key_.size();) {
      auto const to = std::min(key_.find(gap, from), key_.size());
      runtime_version_reader inner(key_.substr(from, to - from));
      bool const known = from < to && inner.plain() && inner.out_.family_ != runtime_family::other;
      if (known) {
        out_ = std::move(inner.out_);
        out_.key_ = key_;
        break;
      }
      from = to + gap.size();
    }
    out_.family_ = runtime_family::custom;
    return true;
  }

  /// A word, then '.' or ':' and anything; flags and Scala only if it ends as keys do.
  bool other() {
    out_.family_ = runtime_family::other;
    auto const end = std::find_if_not(key_.begin(), key_.end(), ascii::is_alpha);
    bool const form = end != key_.begin() && end != key_.end() && (*end == '.' || *end == ':');
    if (!form) return fail("a version number, apache-spark-, custom: or latest-stable");
    at_ = std::min(key_.find('-'), key_.size());
    if (!flags_and_scala()) {
      out_.flags_.clear();
      out_.scala_.reset();
    }
    return true;
  }

  std::string_view key_;
  std::size_t at_ = 0;
  std::string expected_;
  runtime_version out_;
};

result<runtime_version> runtime_version::parse(std::string_view key) {
  return runtime_version_reader(key).read();
}

bool runtime_version::has(std::string_view flag) const noexcept {
  return std::find(flags_.begin(), flags_.end(), flag) != flags_.end();
}

bool runtime_version::is_moving() const noexcept {
  return family_ == runtime_family::alias || has("snapshot") || has("rc");
}

std::strong_ordering operator<=>(runtime_version const& a, runtime_version const& b) {
  auto const rank = [](runtime_version const& v) {
    bool const candidate = v.has("snapshot") || v.has("rc");
    return std::tuple(v.family_, v.major_.value_or(0), !v.feature_, v.feature_.value_or(0),
                      !candidate, v.scala_.value_or(scala_version{}));
  };
  if (auto const order = rank(a) <=> rank(b); order != 0) return order;
  if (auto const order = a.flags_ <=> b.flags_; order != 0) return order;
  return a.key_ <=> b.key_;
}

}  // namespace kiln
