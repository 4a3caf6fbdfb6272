// The README's table of services is what the manifest holds.
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <string>

namespace kiln {
namespace {

namespace fs = std::filesystem;

std::string content(fs::path const& path) {
  std::ifstream in(path);
  std::stringstream out;
  out << in.rdbuf();
  return out.str();
}

/// Operations of each service by the version of their path.
std::map<std::string, std::map<std::string, int>> manifest() {
  std::map<std::string, std::map<std::string, int>> out;
  for (auto const& entry :
       fs::directory_iterator(fs::path(KILN_SOURCE_DIR) / "tests/wire/manifest")) {
    auto const name = entry.path().filename().string();
    if (!name.ends_with(".jsonl") || name.ends_with(".types.jsonl")) continue;
    std::istringstream in(content(entry.path()));
    for (std::string line; std::getline(in, line);) {
      auto const row = boost::json::parse(line).as_object();
      ++out[std::string(row.at("service").as_string())][std::string(row.at("version").as_string())];
    }
  }
  return out;
}

std::string table() {
  std::string out = "| service | operations | versions of the API |\n|---|---|---|\n";
  int total = 0;
  for (auto const& [service, versions] : manifest()) {
    int count = 0;
    std::string parts;
    for (auto const& [version, operations] : versions) {
      count += operations;
      parts += parts.empty() ? "" : ", ";
      parts += versions.size() == 1 ? version : version + ": " + std::to_string(operations);
    }
    out += "| " + service + " | " + std::to_string(count) + " | " + parts + " |\n";
    total += count;
  }
  return out + "| **all** | **" + std::to_string(total) + "** | |\n";
}

TEST(readme, counts_the_operations_of_every_service_as_the_manifest_does) {
  EXPECT_GT(manifest().size(), 10U);
  auto const text = content(fs::path(KILN_SOURCE_DIR) / "README.md");
  EXPECT_NE(text.find(table()), std::string::npos) << "README.md should hold:\n" << table();
}

}  // namespace
}  // namespace kiln
