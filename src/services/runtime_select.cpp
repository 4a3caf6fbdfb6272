#include <kiln/runtime_version.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace kiln {
namespace {

/// "3.5" is a part of "3.5.0" and of "3.5", not of "3.50".
bool is_version_prefix(std::string_view prefix, std::string_view version) {
  if (!version.starts_with(prefix)) return false;
  return version.size() == prefix.size() || version[prefix.size()] == '.' ||
         version[prefix.size()] == '-';
}

/// A word of the display name; "LTS" in "7.3 LTS (includes …)".
bool has_word(std::string_view name, std::string_view word) {
  auto const is_edge = [name](std::size_t at) {
    return at >= name.size() || name[at] == ' ' || name[at] == '(' || name[at] == ',';
  };
  for (auto at = name.find(word); at != std::string_view::npos; at = name.find(word, at + 1)) {
    if ((at == 0 || is_edge(at - 1)) && is_edge(at + word.size())) return true;
  }
  return false;
}

/// What stands behind "Apache Spark " in the name; else what the table of releases knows.
std::string_view spark_of(runtime_version const& version, std::string_view name) {
  constexpr std::string_view mark = "Apache Spark ";
  if (auto const at = name.find(mark); at != std::string_view::npos) {
    auto const text = name.substr(at + mark.size());
    return text.substr(0, text.find_first_of(",) "));
  }
  auto const* const release = release_of(version);
  return release != nullptr ? release->spark : std::string_view();
}

bool is_lts(runtime_version const& version, std::string_view name) {
  if (version.has("esr") || has_word(name, "LTS")) return true;
  auto const* const release = release_of(version);
  return name.empty() && release != nullptr && release->lts;
}

bool is_beta(runtime_version const& version, std::string_view name) {
  return version.is_moving() || has_word(name, "Beta");
}

/// Every flag is asked for, and what is asked for is there.
bool variant_fits(runtime_version const& version, runtime_wish const& wish) {
  std::array<std::pair<std::string_view, bool>, 5> const variants{{{"ml", wish.ml},
                                                                   {"gpu", wish.gpu},
                                                                   {"photon", wish.photon},
                                                                   {"aarch64", wish.aarch64},
                                                                   {"hls", wish.genomics}}};
  for (auto const& [flag, wanted] : variants) {
    if (version.has(flag) != wanted) return false;
  }
  return std::all_of(version.flags().begin(), version.flags().end(), [&](auto const& flag) {
    if (flag == "cpu") return true;
    if (flag == "esr") return wish.lts;
    if (flag == "snapshot" || flag == "rc") return wish.beta;
    return std::any_of(variants.begin(), variants.end(),
                       [&flag = flag](auto const& v) { return v.first == flag; });
  });
}

std::string text_of(scala_version scala) {
  return std::to_string(scala.major) + '.' + std::to_string(scala.minor);
}

bool number_fits(runtime_version const& version, std::string_view wanted) {
  auto text = std::to_string(version.major().value_or(0));
  if (version.feature()) text += '.' + std::to_string(*version.feature());
  return wanted.empty() || is_version_prefix(wanted, text);
}

bool fits(runtime_version const& version, std::string_view name, runtime_wish const& wish) {
  if (version.family() != runtime_family::databricks) return false;
  if (wish.lts && !is_lts(version, name)) return false;
  if (!wish.beta && is_beta(version, name)) return false;
  if (!wish.scala.empty() && (!version.scala() || text_of(*version.scala()) != wish.scala)) {
    return false;
  }
  if (!wish.spark.empty() && !is_version_prefix(wish.spark, spark_of(version, name))) return false;
  return number_fits(version, wish.runtime) && variant_fits(version, wish);
}

/// Extended support of a release comes before the release itself, so that latest is the plain one.
bool older(runtime_version const& a, runtime_version const& b) {
  bool const same_release = a.major() == b.major() && a.feature() == b.feature();
  if (same_release && a.has("esr") != b.has("esr")) return a.has("esr");
  return a < b;
}

}  // namespace

std::vector<runtime_version> matching(std::span<runtime_entry const> entries,
                                      runtime_wish const& wish) {
  std::vector<runtime_version> out;
  for (auto const& entry : entries) {
    auto version = runtime_version::parse(entry.key);
    if (version && fits(*version, entry.name, wish)) out.push_back(std::move(*version));
  }
  std::sort(out.begin(), out.end(), older);
  return out;
}

result<runtime_version> select(std::span<runtime_entry const> entries, runtime_wish const& wish) {
  auto found = matching(entries, wish);
  if (found.empty()) {
    return error(errc::not_found, "none of the " + std::to_string(entries.size()) +
                                      " runtime versions of the workspace fits")
        .with_operation("select runtime");
  }
  if (found.size() > 1 && !wish.latest) {
    return error(errc::conflict, std::to_string(found.size()) + " runtime versions fit, from " +
                                     found.front().key() + " to " + found.back().key() +
                                     ": say more, or take the latest")
        .with_operation("select runtime");
  }
  return std::move(found.back());
}

}  // namespace kiln
