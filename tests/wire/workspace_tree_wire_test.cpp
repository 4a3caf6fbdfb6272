#include "support/text.hpp"
#include "wire/expected_request.hpp"

#include <kiln/services/workspace_tree.hpp>

#include <span>

namespace kiln {
namespace {

using test::bytes_of;
using workspace_tree::file_format;
using workspace_tree::language;

struct text_sink final : byte_sink {
  std::string text;
  int restarts = 0;
  result<void> restart() override {
    text.clear();
    ++restarts;
    return {};
  }
  result<void> write(std::span<std::byte const> data) override {
    text.append(reinterpret_cast<char const*>(data.data()), data.size());
    return {};
  }
};

struct workspace_tree_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] workspace_tree::service tree() const { return ws.workspace_tree(); }
  [[nodiscard]] std::string get(std::string_view target) const {
    return expect.bare("GET /api/2.0/workspace/" + std::string(target));
  }
  [[nodiscard]] std::string post(std::string_view name, std::string_view body) const {
    return expect.with("POST /api/2.0/workspace/" + std::string(name), body);
  }
};

TEST_F(workspace_tree_wire, questions_ask_in_the_query) {
  EXPECT_EQ(sent(tree().get_status({.path = "/Users/ann@example.com/a b"})),
            get("get-status?path=%2FUsers%2Fann%40example.com%2Fa%20b"));
  EXPECT_EQ(sent(tree().list({.path = "/"})), get("list?path=%2F"));
  EXPECT_EQ(sent(tree().list({.path = "/",
                              .notebooks_modified_after =
                                  timestamp(std::chrono::milliseconds(1'600'000'000'123))})),
            get("list?path=%2F&notebooks_modified_after=1600000000123"));
}

TEST_F(workspace_tree_wire, changes_name_their_path) {
  EXPECT_EQ(sent(tree().mkdirs({.path = "/a/b"})), post("mkdirs", R"({"path":"/a/b"})"));
  EXPECT_EQ(sent(tree().delete_({.path = "/a"})),
            post("delete", R"({"path":"/a","recursive":false})"));
  EXPECT_EQ(sent(tree().delete_({.path = "/a", .recursive = true})),
            post("delete", R"({"path":"/a","recursive":true})"));
}

TEST_F(workspace_tree_wire, an_export_asks_for_any_format) {
  EXPECT_EQ(sent(tree().export_({.path = "/a"})), get("export?path=%2Fa"));
  EXPECT_EQ(sent(tree().export_({.path = "/a",
                                 .format = file_format::jupyter,
                                 .outputs = workspace_tree::export_outputs::none})),
            get("export?path=%2Fa&format=JUPYTER&outputs=NONE"));
  std::pair<file_format, std::string_view> const all[] = {
      {file_format::auto_, "AUTO"},    {file_format::dbc, "DBC"},
      {file_format::html, "HTML"},     {file_format::jupyter, "JUPYTER"},
      {file_format::raw, "RAW"},       {file_format::r_markdown, "R_MARKDOWN"},
      {file_format::source, "SOURCE"},
  };
  for (auto const& [format, word] : all) {
    EXPECT_EQ(sent(tree().export_({.path = "/a", .format = format})),
              get("export?path=%2Fa&format=" + std::string(word)));
  }
}

TEST_F(workspace_tree_wire, an_import_sends_base64) {
  EXPECT_EQ(sent(tree().import_({.path = "/a", .content = {}})),
            post("import", R"({"path":"/a","overwrite":false})"));
  EXPECT_EQ(sent(tree().import_({.path = "/a",
                                 .format = file_format::source,
                                 .language = language::scala,
                                 .content = bytes_of("hello"),
                                 .overwrite = true})),
            post("import", R"({"path":"/a","format":"SOURCE","language":"SCALA",)"
                           R"("content":"aGVsbG8=","overwrite":true})"));
}

TEST_F(workspace_tree_wire, a_multipart_import_is_a_form_with_a_file) {
  auto raw = sent(tree().import_multipart(
      {.path = "/a", .format = file_format::source, .language = language::sql, .overwrite = true},
      make_memory_source(bytes_of("select\r\n1"))));
  auto const at = raw.find("boundary=") + 9;
  auto const boundary = raw.substr(at, raw.find("\r\n", at) - at);
  std::string const field = "--{b}\r\nContent-Disposition: form-data; name=";
  std::string const body =
      field + "\"path\"\r\n\r\n/a\r\n" + field + "\"format\"\r\n\r\nSOURCE\r\n" + field +
      "\"language\"\r\n\r\nSQL\r\n" + field + "\"overwrite\"\r\n\r\ntrue\r\n" + field +
      "\"content\"; filename=\"content\"\r\n"
      "Content-Type: application/octet-stream\r\n\r\nselect\r\n1\r\n--{b}--\r\n";
  auto const length = body.size() + 6 * (boundary.size() - 3);
  wire_tests::replace_all(raw, boundary, "{b}");
  auto const head =
      expect.head("POST /api/2.0/workspace/import", "multipart/form-data; boundary={b}");
  EXPECT_EQ(raw, head + "Content-Length: " + std::to_string(length) + "\r\n\r\n" + body);
}

TEST_F(workspace_tree_wire, a_short_multipart_import_says_only_what_it_must) {
  auto const raw = sent(tree().import_multipart({.path = "/a"}, make_memory_source({})));
  EXPECT_NE(raw.find("name=\"overwrite\"\r\n\r\nfalse\r\n"), std::string::npos) << raw;
  EXPECT_EQ(raw.find("name=\"format\""), std::string::npos) << raw;
  EXPECT_EQ(raw.find("name=\"language\""), std::string::npos) << raw;
}

TEST_F(workspace_tree_wire, a_direct_download_gives_the_bytes_as_they_are) {
  answer = "# Databricks notebook source\n{\"not\": json\n";
  EXPECT_EQ(made(tree().export_direct_download({.path = "/a"})), answer);
  auto const sink = std::make_shared<text_sink>();
  made(tree().export_direct_download({.path = "/a"}, sink));
  EXPECT_EQ(sink->text, answer);
  EXPECT_EQ(sink->restarts, 1);
  seen.clear();
  EXPECT_EQ(sent(tree().export_direct_download({.path = "/a", .format = file_format::dbc})),
            get("export?path=%2Fa&direct_download=true&format=DBC"));
  EXPECT_EQ(sent(tree().export_direct_download({.path = "/a"}, sink)),
            get("export?path=%2Fa&direct_download=true"));
}

TEST_F(workspace_tree_wire, nowhere_to_read_from_or_write_to_is_told) {
  auto const no_source = failed(tree().import_multipart({.path = "/a"}, nullptr));
  EXPECT_EQ(no_source.code(), errc::invalid_argument);
  EXPECT_NE(no_source.message().find("content"), std::string::npos);
  auto const no_sink =
      failed(tree().export_direct_download({.path = "/a"}, std::shared_ptr<byte_sink>()));
  EXPECT_EQ(no_sink.code(), errc::invalid_argument);
  EXPECT_NE(no_sink.message().find("into"), std::string::npos);
  EXPECT_TRUE(seen.empty());
}

constexpr auto full_object =
    R"({"path":"/a","object_type":"NOTEBOOK","language":"PYTHON","object_id":9007199254740993,)"
    R"("resource_id":"r1","created_at":1600000000123,"modified_at":"1600000000124","size":12,)"
    R"("directory_info":{"is_git_folder":true},"later":[]})";

TEST_F(workspace_tree_wire, an_object_is_read_whole_and_bare) {
  answers(full_object);
  auto const full = made(tree().get_status({.path = "/a"}));
  EXPECT_EQ(full.path, "/a");
  EXPECT_EQ(full.object_type, workspace_tree::object_type::notebook);
  EXPECT_EQ(full.language, language::python);
  EXPECT_EQ(full.object_id, 9'007'199'254'740'993);
  EXPECT_EQ(full.resource_id, "r1");
  EXPECT_EQ(to_string(full.created_at.value()), "2020-09-13T12:26:40.123Z");
  EXPECT_EQ(to_string(full.modified_at.value()), "2020-09-13T12:26:40.124Z");
  EXPECT_EQ(full.size, 12);
  EXPECT_EQ(full.directory_info.value().is_git_folder, true);
  answers(R"({"path":"/b","object_type":"VOLUME"})");
  auto const bare = made(tree().get_status({.path = "/b"}));
  EXPECT_EQ(bare.object_type.raw(), "VOLUME") << "kept though not known";
  EXPECT_TRUE(bare.language.empty());
  EXPECT_EQ(bare.object_id, 0);
  EXPECT_FALSE(bare.size || bare.created_at || bare.modified_at || bare.directory_info);
}

TEST_F(workspace_tree_wire, lists_and_exports_are_read_whole_and_bare) {
  answers(R"({"objects":[)" + std::string(full_object) + R"(,{"path":"/b"}]})");
  auto const objects = made(tree().list({.path = "/"})).objects;
  ASSERT_EQ(objects.size(), 2U);
  EXPECT_EQ(objects[0].object_id, 9'007'199'254'740'993);
  EXPECT_EQ(objects[1].path, "/b");
  answers(R"({"content":"aGVsbG8=","file_type":"py"})");
  auto const file = made(tree().export_({.path = "/a"}));
  EXPECT_EQ(std::string(reinterpret_cast<char const*>(file.content.data()), file.content.size()),
            "hello");
  EXPECT_EQ(file.file_type, "py");
  answers("{}");
  EXPECT_TRUE(made(tree().list({.path = "/"})).objects.empty());
  EXPECT_TRUE(made(tree().export_({.path = "/a"})).content.empty());
}

TEST_F(workspace_tree_wire, a_wrong_type_is_named_with_its_path) {
  answers(R"({"objects":[{"object_id":1.5}]})");
  auto const why = failed(tree().list({.path = "/"}));
  EXPECT_EQ(why.code(), errc::decode_failed);
  EXPECT_NE(why.message().find("workspace/list.objects[0].object_id"), std::string::npos) << why;
  answers(R"({"content":"a*"})");
  EXPECT_EQ(failed(tree().export_({.path = "/a"})).code(), errc::decode_failed);
}

TEST_F(workspace_tree_wire, changes_take_any_success) {
  for (char const* body : {"{}", "", R"({"later":1})"}) {
    answers(body);
    made(tree().mkdirs({.path = "/a"}));
    made(tree().delete_({.path = "/a"}));
    made(tree().import_({.path = "/a", .content = {}}));
    made(tree().import_multipart({.path = "/a"}, make_memory_source({})));
  }
}

}  // namespace
}  // namespace kiln
