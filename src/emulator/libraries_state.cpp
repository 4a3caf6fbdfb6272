#include "emulator/libraries_state.hpp"

#include "emulator/service.hpp"
#include "json/write.hpp"
#include "services/libraries_fields.hpp"

#include <kiln/runtime_version.hpp>

#include <algorithm>
#include <utility>

namespace kiln::emulation {

namespace {

using status = libraries::install_status;

outcome<void> check(compute::library const& l) {
  int const kinds = int(l.cran.has_value()) + int(!l.egg.empty()) + int(!l.jar.empty()) +
                    int(l.maven.has_value()) + int(l.pypi.has_value()) +
                    int(!l.requirements.empty()) + int(!l.whl.empty());
  if (kinds != 1) {
    return invalid_parameter(
        "A library is exactly one of jar, egg, whl, requirements, pypi, maven and cran");
  }
  if ((l.cran && l.cran->package.empty()) || (l.pypi && l.pypi->package.empty())) {
    return invalid_parameter("Missing required field: package");
  }
  if (l.maven && l.maven->coordinates.empty()) {
    return invalid_parameter("Missing required field: coordinates");
  }
  return {};
}

/// "2.11" of "org.x:y_2.11:1.0"; empty when no Scala version is named.
std::string scala_of(compute::library const& l) {
  auto const& name = l.maven ? l.maven->coordinates : l.jar;
  for (auto const* const version : {"2.10", "2.11", "2.12", "2.13"}) {
    if (name.find("_" + std::string(version)) != std::string::npos) return version;
  }
  return {};
}

/// "2.12" of "7.3.x-scala2.12".
std::string scala_of(compute::cluster_spec const& spec) {
  auto const& key = spec.spark_version;
  auto const at = key.rfind("scala");
  return at == std::string::npos ? std::string() : key.substr(at + 5);
}

}  // namespace

libraries::library_status libraries_state::told(entry const& e, emulated_cluster const& c,
                                                wall_time now) const {
  libraries::library_status out;
  out.library = e.library;
  out.is_library_for_all_clusters = false;
  auto const since = now - std::max(e.asked, c.running_at);
  if (e.leaves) {
    out.status = status::uninstall_on_restart;
  } else if (!c.is_up()) {
    out.status = status::pending;
  } else if (since < installing_ / 4) {
    out.status = status::resolving;
  } else if (since < installing_) {
    out.status = status::installing;
  } else if (e.text.find("no-such") != std::string::npos) {
    out.status = status::failed;
    out.messages = {"Library resolution failed. Cause: " + e.text + " was not found."};
  } else if (auto const scala = scala_of(e.library); !scala.empty() && scala != scala_of(*c.spec)) {
    out.status = status::skipped;
    out.messages = {"Library is for Scala " + scala + ", the cluster has Scala " +
                    scala_of(*c.spec) + "; it was not installed."};
  } else {
    out.status = status::installed;
  }
  return out;
}

/// What was uninstalled in an earlier launch is gone.
void libraries_state::forget(std::string const& cluster, std::uint64_t launches) {
  auto const at = installed_.find(cluster);
  if (at == installed_.end()) return;
  std::erase_if(at->second,
                [launches](entry const& e) { return e.leaves && e.leaves_after < launches; });
  if (at->second.empty()) installed_.erase(at);
}

outcome<void> libraries_state::install(std::string const& cluster,
                                       std::vector<compute::library> wanted, moment now) {
  auto const found = clusters_.find(cluster, now);
  if (!found) return found.error();
  if (!(*found)->is_alive()) {
    return api_error{400, "INVALID_STATE",
                     "Cluster " + cluster + " is terminated; start it to install libraries"};
  }
  for (auto const& l : wanted) {
    if (auto good = check(l); !good) return good;
  }
  forget(cluster, (*found)->launches);
  auto& there = installed_[cluster];
  if (there.size() + wanted.size() > libraries_max) {
    return api_error{400, "QUOTA_EXCEEDED", "A cluster has at most 1000 libraries"};
  }
  for (auto& l : wanted) {
    auto text = json::to_json(l);
    auto const same = std::find_if(there.begin(), there.end(),
                                   [&text](entry const& e) { return e.text == text; });
    if (same != there.end()) {
      same->leaves = false;
      continue;
    }
    entry e;
    e.library = std::move(l);
    e.text = std::move(text);
    e.asked = now.wall;
    there.push_back(std::move(e));
  }
  return {};
}

outcome<void> libraries_state::uninstall(std::string const& cluster,
                                         std::vector<compute::library> const& unwanted,
                                         moment now) {
  auto const found = clusters_.find(cluster, now);
  if (!found) return found.error();
  for (auto const& l : unwanted) {
    if (auto good = check(l); !good) return good;
  }
  forget(cluster, (*found)->launches);
  auto const at = installed_.find(cluster);
  if (at == installed_.end()) return {};
  for (auto const& l : unwanted) {
    for (auto& e : at->second) {
      if (e.text != json::to_json(l)) continue;
      e.leaves = true;
      e.leaves_after = (*found)->launches;
    }
  }
  // Nothing is to be restarted where nothing runs.
  if (!(*found)->is_alive()) std::erase_if(at->second, [](entry const& e) { return e.leaves; });
  return {};
}

outcome<libraries::cluster_libraries> libraries_state::status(std::string const& cluster,
                                                              moment now) {
  auto const found = clusters_.find(cluster, now);
  if (!found) return found.error();
  forget(cluster, (*found)->launches);
  libraries::cluster_libraries out;
  out.cluster_id = cluster;
  if (auto const at = installed_.find(cluster); at != installed_.end()) {
    for (auto const& e : at->second) out.library_statuses.push_back(told(e, **found, now.wall));
  }
  return out;
}

std::vector<libraries::cluster_libraries> libraries_state::all(moment now) {
  std::vector<std::string> ids;
  for (auto const& [id, entries] : installed_) ids.push_back(id);
  std::vector<libraries::cluster_libraries> out;
  for (auto const& id : ids) {
    auto one = status(id, now);
    if (!one) {
      installed_.erase(id);
    } else if (!one->library_statuses.empty()) {
      out.push_back(std::move(*one));
    }
  }
  return out;
}

void libraries_state::clone(std::string const& cluster, std::string const& source, moment now) {
  auto const at = installed_.find(source);
  if (at == installed_.end()) return;
  auto copies = at->second;
  std::erase_if(copies, [](entry const& e) { return e.leaves; });
  for (auto& e : copies) e.asked = now.wall;
  installed_[cluster] = std::move(copies);
}

}  // namespace kiln::emulation
