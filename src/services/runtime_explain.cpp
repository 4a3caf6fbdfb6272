#include <kiln/runtime_version.hpp>

#include <algorithm>
#include <array>
#include <utility>

namespace kiln {
namespace {

using named_flag = std::pair<std::string_view, std::string_view>;
constexpr std::array<named_flag, 10> flag_words{{{"cpu", "CPU"},
                                                 {"gpu", "GPU"},
                                                 {"ml", "ML"},
                                                 {"hls", "Genomics"},
                                                 {"conda", "Conda"},
                                                 {"photon", "Photon"},
                                                 {"aarch64", "ARM"},
                                                 {"esr", "extended support"},
                                                 {"snapshot", "snapshot"},
                                                 {"rc", "release candidate"}}};

std::string digits(unsigned value, std::size_t width) {
  auto text = std::to_string(value);
  if (text.size() < width) text.insert(0, width - text.size(), '0');
  return text;
}

std::string date(std::chrono::sys_days day) {
  std::chrono::year_month_day const ymd(day);
  return std::to_string(static_cast<int>(ymd.year())) + '-' +
         digits(static_cast<unsigned>(ymd.month()), 2) + '-' +
         digits(static_cast<unsigned>(ymd.day()), 2);
}

/// "7.3", or "7.x" of a branch.
std::string number_text(runtime_version const& v, bool branch_x) {
  auto text = std::to_string(v.major().value_or(0));
  if (v.feature()) return text + '.' + std::to_string(*v.feature());
  return branch_x ? text + ".x" : text;
}

std::string runtime_name(runtime_version const& v) {
  auto const* const release = release_of(v);
  auto out = "Databricks Runtime " + number_text(v, release == nullptr);
  if (release != nullptr && release->lts) out += " LTS";
  return out;
}

std::string subject(runtime_version const& v) {
  std::string_view const key = v.key();
  switch (v.family()) {
    case runtime_family::databricks:
      return runtime_name(v);
    case runtime_family::light:
      return "Databricks Light " + number_text(v, false);
    case runtime_family::legacy:
      return "Databricks image of before Runtime 3";
    case runtime_family::alias: {
      if (key.starts_with("latest-stable")) return "Alias: the latest stable runtime";
      if (key.starts_with("latest-rc")) return "Alias: the latest release candidate";
      if (key.starts_with("latest-experimental")) return "Alias: the latest experimental runtime";
      return "Alias: the next major version of the runtime";
    }
    case runtime_family::custom:
      return v.major() ? "Custom image of " + runtime_name(v) : "Custom image";
    case runtime_family::other:
      if (key.starts_with("client.")) return "Serverless client image";
      if (key.starts_with("dlt:")) return "Image of Delta Live Tables";
  }
  return "Image of a kind that kiln does not know";
}

std::string flag_text(std::string const& flag) {
  auto const* const known = std::find_if(flag_words.begin(), flag_words.end(),
                                         [&](auto const& f) { return f.first == flag; });
  return known != flag_words.end() ? std::string(known->second) : '\'' + flag + '\'';
}

/// Empty when neither the key nor the table of releases says it.
std::string_view spark_of(runtime_version const& v) {
  if (v.family() == runtime_family::legacy) {
    return std::string_view(v.key()).substr(0, v.key().find('-'));
  }
  auto const* const release = release_of(v);
  return release != nullptr ? release->spark : std::string_view();
}

std::string engine_text(runtime_version const& v) {
  std::string out;
  if (auto const spark = spark_of(v); !spark.empty()) (out += "Apache Spark ") += spark;
  if (auto const scala = v.scala()) {
    out += out.empty() ? "" : ", ";
    out += "Scala " + std::to_string(scala->major) + '.' + std::to_string(scala->minor);
  }
  return out;
}

std::string support_text(runtime_version const& v) {
  if (v.is_moving()) return "changes without notice";
  auto const* const release = release_of(v);
  std::string out;
  if (release == nullptr) return out;
  if (release->released) out = "released " + date(*release->released);
  // How long extended support lasts is not published.
  if (!release->end_of_support || v.has("esr")) return out;
  if (!out.empty()) out += ", ";
  return out + "supported until " + date(*release->end_of_support);
}

}  // namespace

runtime_release const* release_of(runtime_version const& version) noexcept {
  bool const light = version.family() == runtime_family::light;
  bool const numbered = version.family() == runtime_family::databricks ||
                        version.family() == runtime_family::custom || light;
  if (!numbered || !version.major() || version.is_moving()) return nullptr;
  auto const releases = runtime_releases();
  auto const name = (light ? "Light " : "") + number_text(version, false);
  auto const found = std::find_if(releases.begin(), releases.end(),
                                  [&](auto const& r) { return r.runtime == name; });
  return found != releases.end() ? &*found : nullptr;
}

std::string explain(runtime_version const& version) {
  auto out = subject(version);
  for (auto const& flag : version.flags()) out += ", " + flag_text(flag);
  for (auto const& part : {engine_text(version), support_text(version)}) {
    if (!part.empty()) out += "; " + part;
  }
  return out;
}

}  // namespace kiln
