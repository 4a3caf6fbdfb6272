#pragma once

#include <kiln/result.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The keys of clusters/spark-versions, such as "7.3.x-cpu-ml-scala2.12", which a cluster takes as
/// its `spark_version`. Pure: nothing here asks a workspace.
/// Source: docs.databricks.com/dev-tools/api/latest, "Runtime version strings", and the keys that
/// workspaces return, which the documented grammar does not cover.
namespace kiln {

/// What a key names, older kinds first.
enum class runtime_family : std::uint8_t {
  legacy,      ///< "2.1.1-db5-scala2.10": Spark's version, before Databricks Runtime 3.
  light,       ///< "apache-spark-2.4.x-scala2.11": Databricks Light; the numbers are Spark's.
  databricks,  ///< "7.3.x-scala2.12"; without a feature number ("7.x-…") a branch that moves.
  alias,       ///< "latest-stable-scala2.11": whatever it stands for on the day.
  custom,      ///< "custom:…": an image of the workspace's own.
  other        ///< "client.6.2-aarch64-scala2.13", "dlt:…", and forms to come.
};

/// "databricks", "light", …
[[nodiscard]] std::string_view to_string(runtime_family family) noexcept;

struct scala_version {
  std::uint32_t major = 0, minor = 0;
  auto operator<=>(scala_version const&) const = default;
};

/// A key and what it says. What it does not say is empty; the key itself is always kept, so that
/// unknown flags and forms come out as they went in.
class runtime_version {
 public:
  /// Keys are at most this long, bytes.
  static constexpr std::size_t key_size_max = 256;

  /// Fails with errc::invalid_argument; the message names the column (from 1) and what was expected
  /// there. Unknown flags are no error.
  [[nodiscard]] static result<runtime_version> parse(std::string_view key);

  /// Exactly what was parsed.
  [[nodiscard]] std::string const& key() const noexcept { return key_; }
  [[nodiscard]] runtime_family family() const noexcept { return family_; }
  /// Of the runtime; of Spark in the families light and legacy.
  [[nodiscard]] std::optional<std::uint32_t> major() const noexcept { return major_; }
  [[nodiscard]] std::optional<std::uint32_t> feature() const noexcept { return feature_; }
  [[nodiscard]] std::optional<scala_version> scala() const noexcept { return scala_; }
  /// As spelled and in their order; the order has no meaning.
  [[nodiscard]] std::vector<std::string> const& flags() const noexcept { return flags_; }
  [[nodiscard]] bool has(std::string_view flag) const noexcept;
  /// What the key names changes from day to day: aliases, snapshots, release candidates.
  [[nodiscard]] bool is_moving() const noexcept;

  /// Older before newer: by family, then by number (9.1 before 10.4, a branch behind its releases),
  /// candidates before what they become, then Scala, flags and at last the text.
  friend std::strong_ordering operator<=>(runtime_version const& a, runtime_version const& b);
  friend bool operator==(runtime_version const& a, runtime_version const& b) noexcept {
    return a.key_ == b.key_;
  }

 private:
  friend class runtime_version_reader;
  runtime_version() = default;

  std::string key_;
  runtime_family family_ = runtime_family::other;
  std::optional<std::uint32_t> major_, feature_;
  std::vector<std::string> flags_;
  std::optional<scala_version> scala_;
};

/// A published release. Views live as long as the program.
struct runtime_release {
  std::string_view runtime;  ///< "7.3", "18"; "Light 2.4".
  std::string_view spark;    ///< "3.0.1".
  bool lts = false;
  std::optional<std::chrono::sys_days> released, end_of_support;
};

/// All releases that this library knows of, oldest first.
[[nodiscard]] std::span<runtime_release const> runtime_releases() noexcept;
/// The release a key belongs to, whatever its flags; null when it is not known or not fixed.
[[nodiscard]] runtime_release const* release_of(runtime_version const& version) noexcept;

/// One line for people: "Databricks Runtime 7.3 LTS ML, CPU; Apache Spark 3.0.1, Scala 2.12;
/// released 2020-09-24, supported until 2022-09-24".
[[nodiscard]] std::string explain(runtime_version const& version);

/// An entry of clusters/spark-versions. Long-term support and beta are told by the name only.
struct runtime_entry {
  std::string_view key;
  std::string_view name;  ///< "7.3 LTS (includes Apache Spark 3.0.1, Scala 2.12)"; may be empty.
};

/// What a runtime must be. A variant (ml, photon, …) that is not asked for is not taken.
struct runtime_wish {
  bool latest = true;  ///< Of several take the newest; false: several are an error.
  bool lts = false;    ///< Long-term support only, extended support included.
  bool beta = false;   ///< Betas, release candidates and snapshots may be taken too.
  bool ml = false;
  bool gpu = false;
  bool photon = false;
  bool aarch64 = false;
  bool genomics = false;          ///< The flag is "hls".
  std::string_view scala = {};    ///< "2.12"; empty: any.
  std::string_view spark = {};    ///< "3", "3.5" or "3.5.0"; empty: any.
  std::string_view runtime = {};  ///< "12" or "12.2"; empty: any.
};

/// Every entry the wish fits, oldest first. Keys that no runtime_version can be made of are passed
/// over, as are aliases, Light, custom and other images.
[[nodiscard]] std::vector<runtime_version> matching(std::span<runtime_entry const> entries,
                                                    runtime_wish const& wish);
/// The entry to take. Fails with errc::not_found when none fits, with errc::conflict when several
/// do and the wish is not `latest`.
[[nodiscard]] result<runtime_version> select(std::span<runtime_entry const> entries,
                                             runtime_wish const& wish);

}  // namespace kiln
