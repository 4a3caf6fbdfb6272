// The endpoints of the service against the manifest, which holds what the documentation says.
#include "services/dbfs_fields.hpp"
#include "wire/capture.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

namespace kiln {
namespace {

namespace bj = boost::json;
using names = std::map<std::string, std::string>;

std::string spelled(type_info const& type) {
  switch (type.kind) {
    case value_kind::boolean:
      return "bool";
    case value_kind::integer:
      return type.size == 8 ? "int64" : "int32";
    case value_kind::milliseconds:
      return "int64";
    case value_kind::string:
    case value_kind::string_view:
      return "string";
    case value_kind::blob:
    case value_kind::blob_view:
      return "string:base64";
    case value_kind::optional:
      return spelled(type.element());
    case value_kind::list:
      return "array<" + spelled(type.element()) + ">";
    case value_kind::object:
      return &type == &type_of<dbfs::file_info>() ? "FileInfo" : "object";
    default:
      return "?";
  }
}

names fields_of(type_info const& type) {
  names out;
  for (auto const& f : type.fields) out[std::string(f.name)] = spelled(f.type());
  return out;
}

std::set<std::string> optionals_of(type_info const& type) {
  std::set<std::string> out;
  for (auto const& f : type.fields) {
    if (f.type().kind == value_kind::optional) out.emplace(f.name);
  }
  return out;
}

struct row {
  endpoint at;
  names params;
  std::set<std::string> absent_by_default;
  names answer;
};

template <class R>
row row_of() {
  row out{R::at, fields_of(type_of<R>()), optionals_of(type_of<R>()), {}};
  if constexpr (!std::is_void_v<typename R::response>) {
    out.answer = fields_of(type_of<typename R::response>());
  }
  return out;
}

std::map<std::string, row> implemented() {
  std::map<std::string, row> out;
  out["add_block"] = row_of<dbfs::add_block>();
  out["close"] = row_of<dbfs::close>();
  out["create"] = row_of<dbfs::create>();
  out["delete"] = row_of<dbfs::delete_>();
  out["get_status"] = row_of<dbfs::get_status>();
  out["list"] = row_of<dbfs::list>();
  out["mkdirs"] = row_of<dbfs::mkdirs>();
  out["move"] = row_of<dbfs::move>();
  out["put"] = row_of<dbfs::put>();
  out["read"] = row_of<dbfs::read>();
  // Written as a form, not from fields: its parts are compared as they are sent.
  out["put_multipart"] = {
      dbfs::put_multipart::at,
      {{"path", "string"}, {"overwrite", "bool"}, {"contents", "binary_stream"}},
      {},
      {}};
  return out;
}

std::string text_of(bj::object const& o, char const* key) {
  return std::string(o.at(key).as_string());
}

names names_of(bj::object const& o, char const* key) {
  names out;
  for (auto const& [name, type] : o.at(key).as_object()) {
    out[std::string(name)] = std::string(type.as_string());
  }
  return out;
}

std::map<std::string, bj::object> manifest() {
  std::map<std::string, bj::object> out;
  std::ifstream in(std::filesystem::path(KILN_SOURCE_DIR) / "tests/wire/manifest/dbfs.jsonl");
  for (std::string line; std::getline(in, line);) {
    auto o = bj::parse(line).as_object();
    auto const name = text_of(o, "operation");
    EXPECT_TRUE(out.emplace(name, std::move(o)).second) << name << " stands twice";
  }
  return out;
}

std::string spelled(repeat r) {
  switch (r) {
    case repeat::safe:
      return "safe";
    case repeat::idempotent:
      return "idempotent";
    case repeat::token:
      return "token";
    case repeat::not_idempotent:
      return "not_idempotent";
  }
  return "?";
}

std::string spelled(lane l) {
  constexpr char const* all[] = {"interactive", "normal", "bulk", "poll"};
  return all[static_cast<int>(l)];
}

TEST(dbfs_manifest, names_the_operations_there_are) {
  std::set<std::string> written;
  auto const rows = manifest();
  for (auto const& [name, o] : rows) written.insert(name);
  std::set<std::string> built;
  for (auto const& [name, r] : implemented()) built.insert(name);
  EXPECT_EQ(built, written);
  EXPECT_EQ(built.size(), 11U);
}

TEST(dbfs_manifest, knows_every_endpoint_of_the_header) {
  auto const root = std::filesystem::path(KILN_SOURCE_DIR);
  std::ifstream in(root / "include" / "kiln" / "services" / "dbfs.hpp");
  std::stringstream text;
  text << in.rdbuf();
  std::size_t endpoints = 0;
  std::string const header = text.str();
  constexpr std::string_view mark = "static constexpr endpoint at{";
  for (auto at = header.find(mark); at != std::string::npos; at = header.find(mark, at + 1)) {
    ++endpoints;
  }
  EXPECT_EQ(endpoints, implemented().size());
}

TEST(dbfs_manifest, agrees_on_verbs_paths_repeats_and_lanes) {
  auto const built = implemented();
  for (auto const& [name, o] : manifest()) {
    ASSERT_TRUE(built.contains(name)) << name;
    auto const& at = built.at(name).at;
    EXPECT_EQ(to_string(at.method), text_of(o, "method")) << name;
    EXPECT_EQ(at.path, text_of(o, "path")) << name;
    EXPECT_EQ(spelled(at.repeats), text_of(o, "repeat")) << name;
    EXPECT_EQ(spelled(at.lane), text_of(o, "lane")) << name;
    EXPECT_TRUE(at.bucket.empty()) << name;
    EXPECT_EQ(text_of(o, "in") == "query", at.method == verb::get) << name;
  }
}

TEST(dbfs_manifest, is_never_bolder_with_repeats_than_the_documentation) {
  for (auto const& [name, o] : manifest()) {
    auto const documented = text_of(o, "documented_repeat");
    auto const chosen = text_of(o, "repeat");
    if (documented == "idempotent_conflict_reply") {
      EXPECT_TRUE(chosen == "idempotent" || chosen == "not_idempotent") << name;
    } else {
      EXPECT_EQ(chosen, documented) << name;
    }
  }
}

TEST(dbfs_manifest, agrees_on_parameters_and_answers) {
  auto const built = implemented();
  for (auto const& [name, o] : manifest()) {
    ASSERT_TRUE(built.contains(name)) << name;
    auto const& r = built.at(name);
    auto const required = names_of(o, "required");
    auto all = required;
    all.merge(names_of(o, "optional"));
    EXPECT_EQ(r.params, all) << name;
    EXPECT_EQ(r.answer, names_of(o, "answer")) << name;
    for (auto const& field : r.absent_by_default) EXPECT_FALSE(required.contains(field)) << field;
  }
}

struct dbfs_form : wire_tests::capture {};

TEST_F(dbfs_form, has_the_parts_of_the_manifest) {
  auto const raw = sent(ws.dbfs().put_multipart({.path = "/a"}, make_memory_source({})));
  std::set<std::string> parts;
  constexpr std::string_view mark = "form-data; name=\"";
  for (auto at = raw.find(mark); at != std::string::npos; at = raw.find(mark, at + 1)) {
    auto const begin = at + mark.size();
    parts.insert(raw.substr(begin, raw.find('"', begin) - begin));
  }
  std::set<std::string> written;
  auto const form = implemented().at("put_multipart");
  for (auto const& [name, type] : form.params) written.insert(name);
  EXPECT_EQ(parts, written);
}

}  // namespace
}  // namespace kiln
