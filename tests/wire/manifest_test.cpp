// Every endpoint of the library against the manifest, which holds what the documentation says.
#include "wire/manifest.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace kiln {
namespace {

using wire_tests::manifest_row;

std::string version_of(std::string_view path) {
  constexpr std::string_view prefix = "/api/";
  return std::string(path.substr(prefix.size(), path.find('/', prefix.size()) - prefix.size()));
}

std::string id_of(operation const& o) {
  return std::string(o.service) + '.' + std::string(o.name) + '@' + version_of(o.at.path);
}

/// What is called for a row: the operation of that version, or one that call_options::api_version
/// sends there.
operation const* built_for(manifest_row const& row) {
  operation const* other_version = nullptr;
  for (auto const& o : operations()) {
    if (o.service != row.service || o.name != row.name) continue;
    if (version_of(o.at.path) == row.version) return &o;
    other_version = &o;
  }
  return other_version;
}

std::string_view spelled(repeat r) {
  constexpr std::string_view all[] = {"safe", "idempotent", "token", "not_idempotent"};
  return all[static_cast<int>(r)];
}

std::string_view spelled(lane l) {
  constexpr std::string_view all[] = {"interactive", "normal", "bulk", "poll"};
  return all[static_cast<int>(l)];
}

struct manifest_test : testing::Test {
  static wire_tests::manifest const& said() {
    static auto const all = wire_tests::read_manifest();
    return all;
  }
};

TEST_F(manifest_test, names_the_operations_there_are) {
  std::set<std::string> built;
  for (auto const& o : operations()) {
    EXPECT_TRUE(built.insert(id_of(o)).second) << id_of(o) << " stands twice";
  }
  std::set<std::string> written;
  for (auto const& row : said().rows) {
    EXPECT_TRUE(written.insert(row.id()).second) << row.id() << " stands twice";
    EXPECT_NE(built_for(row), nullptr) << row.id() << " is not there";
  }
  for (auto const& id : built) EXPECT_TRUE(written.contains(id)) << id << " is not in the manifest";
}

TEST_F(manifest_test, knows_every_endpoint_of_the_headers) {
  std::size_t endpoints = 0;
  auto const folder = std::filesystem::path(KILN_SOURCE_DIR) / "include" / "kiln" / "services";
  for (auto const& file : std::filesystem::directory_iterator(folder)) {
    std::ifstream in(file.path());
    std::stringstream all;
    all << in.rdbuf();
    auto const text = all.str();
    constexpr std::string_view mark = "static constexpr endpoint at{";
    for (auto at = text.find(mark); at != std::string::npos; at = text.find(mark, at + 1)) {
      ++endpoints;
    }
  }
  EXPECT_EQ(endpoints, operations().size());
}

TEST_F(manifest_test, agrees_on_verbs_paths_lanes_and_buckets) {
  for (auto const& row : said().rows) {
    auto const* const o = built_for(row);
    ASSERT_NE(o, nullptr) << row.id();
    std::string path(o->at.path);
    path.replace(5, path.find('/', 5) - 5, row.version);
    EXPECT_EQ(path, row.path) << row.id();
    EXPECT_EQ(to_string(o->at.method), row.method) << row.id();
    EXPECT_EQ(spelled(o->at.lane), row.lane) << row.id();
    EXPECT_EQ(o->at.bucket, row.bucket) << row.id();
  }
}

TEST_F(manifest_test, is_never_bolder_with_repeats_than_the_documentation) {
  for (auto const& row : said().rows) {
    auto const* const o = built_for(row);
    ASSERT_NE(o, nullptr) << row.id();
    // An operation's row is of its own version; for others its service rules (clusters/create).
    if (version_of(o->at.path) == row.version) {
      EXPECT_EQ(spelled(o->at.repeats), row.repeat) << row.id();
    }
    if (row.documented_repeat == "idempotent_conflict_reply") {
      EXPECT_TRUE(row.repeat == "idempotent" || row.repeat == "not_idempotent") << row.id();
    } else if (row.repeat != "not_idempotent") {
      EXPECT_EQ(row.repeat, row.documented_repeat) << row.id();
    }
  }
}

TEST_F(manifest_test, agrees_on_every_parameter_field_and_enum) {
  wire_tests::shape_comparison shapes(said());
  for (auto const& row : said().rows) {
    auto const* const o = built_for(row);
    ASSERT_NE(o, nullptr) << row.id();
    auto in = row.required;
    in.insert(row.optional.begin(), row.optional.end());
    EXPECT_EQ(
        o->form_file.empty() && !o->raw_request ? 0U : 1U,
        std::count_if(in.begin(), in.end(), [](auto& p) { return p.second == "binary_stream"; }))
        << row.id();
    in.erase(o->raw_request ? "*" : std::string(o->form_file));
    shapes.fields(o->request(), in, row.id());
    EXPECT_EQ(o->raw_response, row.raw_answer) << row.id();
    if (o->response != nullptr) {
      shapes.fields(o->response(), row.answer, row.id() + " answer");
    } else {
      EXPECT_TRUE(row.answer.empty()) << row.id() << " has an answer";
    }
  }
  shapes.nothing_besides();
  for (auto const& problem : shapes.problems()) ADD_FAILURE() << problem;
}

TEST_F(manifest_test, what_is_required_is_never_left_out) {
  for (auto const& row : said().rows) {
    auto const* const o = built_for(row);
    ASSERT_NE(o, nullptr) << row.id();
    for (auto const& [name, type] : row.required) {
      auto const* const field = o->request().find(name);
      if (field == nullptr) continue;  // reported by the comparison of shapes
      EXPECT_NE(field->type().kind, value_kind::optional) << row.id() << '.' << name;
    }
  }
}

TEST_F(manifest_test, a_comparison_sees_what_differs) {
  auto const& dbfs_list = *std::find_if(operations().begin(), operations().end(), [](auto& o) {
    return o.service == "dbfs" && o.name == "list";
  });
  wire_tests::shape_comparison shapes(said());
  shapes.fields(dbfs_list.request(), {{"path", "int64"}, {"depth", "int32"}}, "x");
  shapes.fields(dbfs_list.response(), {}, "y");
  shapes.nothing_besides();
  EXPECT_EQ(shapes.problems().size(), 3U);
}

}  // namespace
}  // namespace kiln
