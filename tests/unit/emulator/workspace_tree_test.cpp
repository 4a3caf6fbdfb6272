#include "emulator/workspace_tree_api.hpp"
#include "emulator/workspace_tree_archive.hpp"

#include <gtest/gtest.h>

namespace kiln::emulation {
namespace {

using std::chrono::hours;
using format = document_format;

struct tree : testing::Test {
  workspace_tree_state state{"ann@example.com"};
  moment now{instant(hours(1)), wall_time(hours(1))};

  outcome<void> put(std::string path, std::string content, format as = format::source,
                    std::optional<notebook_language> language = notebook_language::python,
                    bool overwrite = false) {
    return state.import_object({std::move(path), as, language, overwrite, std::move(content)}, now);
  }
  std::string get(std::string_view path, format as = format::source) {
    auto const document = state.export_object(path, as);
    return document ? document->content : document.error().code;
  }
  static std::string code(outcome<void> const& done) { return done ? "" : done.error().code; }
  std::string names(std::string_view path) {
    std::string out;
    for (auto const& each : *state.list(path, {})) {
      (out += each.path.substr(each.path.rfind('/') + 1)) += ' ';
    }
    return out;
  }
};

TEST_F(tree, begins_with_the_folders_of_a_workspace) {
  EXPECT_EQ(names("/"), "Repos Shared Users ");
  EXPECT_EQ(names("/Users"), "ann@example.com ");
  EXPECT_EQ(state.get_status("/Users")->object_type, "DIRECTORY");
  EXPECT_EQ(state.get_status("/x").error().code, "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(state.get_status("x").error().code, "INVALID_PARAMETER_VALUE");
}

TEST_F(tree, a_notebook_is_its_cells) {
  std::string const text =
      "# Databricks notebook source\n# MAGIC %md\n# MAGIC # Title\n# MAGIC\n# MAGIC text\n\n"
      "# COMMAND ----------\n\nprint(1)\nprint(2)";
  ASSERT_EQ(code(put("/Shared/a", text)), "");
  EXPECT_EQ(get("/Shared/a"), text);
  auto const info = *state.get_status("/Shared/a");
  EXPECT_EQ(info.object_type, "NOTEBOOK");
  EXPECT_EQ(info.language, notebook_language::python);
  EXPECT_GT(info.object_id, 0);
  ASSERT_EQ(code(put("/Shared/b", "print(1)\r\nprint(2)\n")), "");
  EXPECT_EQ(get("/Shared/b"), "# Databricks notebook source\nprint(1)\nprint(2)");
}

TEST_F(tree, every_format_brings_back_the_same_cells) {
  std::pair<notebook_language, std::string> const all[] = {
      {notebook_language::python, "#"},
      {notebook_language::r, "#"},
      {notebook_language::scala, "//"},
      {notebook_language::sql, "--"},
  };
  for (auto const& [language, comment] : all) {
    auto const text = comment + " Databricks notebook source\n" + comment + " MAGIC %md\n" +
                      comment + " MAGIC *<b>*\n\n" + comment + " COMMAND ----------\n\nx\n\ny";
    ASSERT_EQ(code(put("/Shared/n", text, format::source, language, true)), "");
    for (auto const as : {format::jupyter, format::html, format::dbc, format::r_markdown}) {
      if (as == format::r_markdown && language != notebook_language::r) continue;
      static_cast<void>(state.remove("/Shared/copy", true));
      ASSERT_EQ(code(put("/Shared/copy", get("/Shared/n", as), as, std::nullopt)), "");
      EXPECT_EQ(get("/Shared/copy"), text) << static_cast<int>(as);
      EXPECT_EQ(state.get_status("/Shared/copy")->language, language) << static_cast<int>(as);
    }
  }
}

TEST_F(tree, jupyter_of_others_is_read) {
  ASSERT_EQ(code(put("/Shared/j",
                     R"({"cells":[{"cell_type":"markdown","source":["# a\n","b"]},)"
                     R"({"cell_type":"code","source":"1+1"},{"cell_type":"code"}],)"
                     R"("metadata":{"language_info":{"name":"scala"}},"nbformat":4})",
                     format::jupyter, std::nullopt)),
            "");
  EXPECT_EQ(state.get_status("/Shared/j")->language, notebook_language::scala);
  EXPECT_EQ(get("/Shared/j"),
            "// Databricks notebook source\n// MAGIC %md\n// MAGIC # a\n// MAGIC b\n\n"
            "// COMMAND ----------\n\n1+1\n\n// COMMAND ----------\n");
}

TEST_F(tree, documents_of_another_format_are_refused) {
  for (auto const as : {format::jupyter, format::html, format::dbc}) {
    for (auto const* text : {"", "x", "{}", "[]", R"({"cells":5})", R"({"cells":[5]})",
                             "__DATABRICKS_NOTEBOOK_MODEL = '*'", "PK\x03\x04"}) {
      EXPECT_EQ(code(put("/Shared/a", text, as)), "INVALID_PARAMETER_VALUE") << text;
    }
  }
  EXPECT_EQ(code(put("/Shared/a", "x", format::source, std::nullopt)), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(names("/Shared"), "");
}

TEST_F(tree, a_folder_goes_as_an_archive_only) {
  static_cast<void>(state.mkdirs("/Shared/p/q/empty", now));
  put("/Shared/p/a", "1");
  put("/Shared/p/q/b", "select 1", format::source, notebook_language::sql);
  EXPECT_EQ(get("/Shared/p"), "INVALID_PARAMETER_VALUE");
  auto const archive = get("/Shared/p", format::dbc);
  EXPECT_TRUE(archive.starts_with("PK\x03\x04"));
  EXPECT_EQ(get("/Shared/p", format::auto_), archive);
  ASSERT_EQ(code(put("/Shared/c", archive, format::dbc)), "");
  EXPECT_EQ(names("/Shared/c"), "a q ");
  EXPECT_EQ(names("/Shared/c/q"), "b empty ");
  EXPECT_EQ(get("/Shared/c/q/b"), get("/Shared/p/q/b"));
  static_cast<void>(state.mkdirs("/Shared/one", now));
  put("/Shared/one/a", "1");
  ASSERT_EQ(code(put("/Shared/two", get("/Shared/one", format::dbc), format::dbc)), "");
  EXPECT_EQ(names("/Shared/two"), "a ") << "a folder of one notebook is a folder";
  EXPECT_EQ(code(put("/Shared/c", archive, format::dbc)), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(code(put("/Shared/d", archive, format::dbc, {}, true)), "INVALID_PARAMETER_VALUE");
  for (std::size_t i = 0; i < archive.size(); ++i) {
    static_cast<void>(put("/Shared/cut", archive.substr(0, i), format::dbc));
    static_cast<void>(state.remove("/Shared/cut", true));
  }
}

TEST(archive, gives_back_its_members_and_notices_damage) {
  archive_member const all[] = {{"a/", ""}, {"a/b.sql", std::string("x\0y", 3)}};
  auto const text = write_archive(all);
  auto const back = read_archive(text);
  ASSERT_TRUE(back.has_value());
  ASSERT_EQ(back->size(), 2U);
  EXPECT_EQ(back->at(0).name, "a/");
  EXPECT_EQ(back->at(1).content, all[1].content);
  auto damaged = text;
  damaged[text.find("x")] = 'z';
  EXPECT_FALSE(read_archive(damaged).has_value());
  auto packed = text;
  packed[8] = 8;
  EXPECT_FALSE(read_archive(packed).has_value());
}

TEST_F(tree, auto_tells_notebooks_from_files) {
  put("/Shared/a.py", "# Databricks notebook source\n1", format::auto_, {});
  put("/Shared/b.py", "1", format::auto_, {});
  put("/Shared/c.ipynb", R"({"cells":[]})", format::auto_, {});
  put("/Shared/d.csv", "a,b\n", format::auto_, {});
  put("/Shared/e.py", "# Databricks notebook source\n1", format::raw, {});
  std::string told;
  for (auto const& each : *state.list("/Shared", {})) (told += each.object_type) += ' ';
  EXPECT_EQ(told, "NOTEBOOK FILE NOTEBOOK FILE FILE ");
  EXPECT_EQ(get("/Shared/d.csv"), "a,b\n");
  EXPECT_EQ(state.get_status("/Shared/d.csv")->size, 4U);
  EXPECT_EQ(state.export_object("/Shared/d.csv", format::auto_)->file_type, "csv");
  EXPECT_EQ(get("/Shared/d.csv", format::html), "INVALID_PARAMETER_VALUE");
}

TEST_F(tree, an_import_needs_its_folder_and_leaves_what_is_there) {
  EXPECT_EQ(code(put("/Shared/x/a", "1")), "RESOURCE_DOES_NOT_EXIST");
  EXPECT_EQ(code(put("/Shared/a", "1")), "");
  EXPECT_EQ(code(put("/Shared/a", "2")), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(code(put("/Shared/a/b", "2")), "RESOURCE_DOES_NOT_EXIST") << "a is no folder";
  auto const before = *state.get_status("/Shared/a");
  now.wall += hours(1);
  EXPECT_EQ(code(put("/Shared/a", "2", format::source, notebook_language::r, true)), "");
  auto const after = *state.get_status("/Shared/a");
  EXPECT_EQ(after.object_id, before.object_id);
  EXPECT_EQ(after.created, before.created);
  EXPECT_EQ(after.modified - before.modified, hours(1));
  EXPECT_EQ(after.language, notebook_language::r);
  EXPECT_EQ(code(put("/Shared/a", "2", format::raw, {}, true)), "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(code(put("/Shared", "2", format::source, notebook_language::r, true)),
            "INVALID_PARAMETER_VALUE");
  EXPECT_EQ(code(put("/", "2")), "RESOURCE_ALREADY_EXISTS");
}

TEST_F(tree, mkdirs_makes_parents_and_stops_at_what_is_no_folder) {
  EXPECT_EQ(code(state.mkdirs("/Shared/a/b/c", now)), "");
  EXPECT_EQ(code(state.mkdirs("/Shared/a/b/c", now)), "");
  put("/Shared/n", "1");
  EXPECT_EQ(code(state.mkdirs("/Shared/n", now)), "RESOURCE_ALREADY_EXISTS");
  EXPECT_EQ(code(state.mkdirs("/Shared/n/x", now)), "RESOURCE_ALREADY_EXISTS");
}

TEST_F(tree, delete_spares_what_is_full_or_protected) {
  static_cast<void>(state.mkdirs("/Shared/a/b", now));
  EXPECT_EQ(code(state.remove("/Shared/a", false)), "DIRECTORY_NOT_EMPTY");
  EXPECT_EQ(code(state.remove("/Shared/a/b", false)), "");
  EXPECT_EQ(code(state.remove("/Shared/a", false)), "");
  EXPECT_EQ(code(state.remove("/Shared/a", true)), "RESOURCE_DOES_NOT_EXIST");
  static_cast<void>(state.mkdirs("/Shared/a/b", now));
  EXPECT_EQ(code(state.remove("/Shared/a", true)), "");
  for (auto const* path : {"/", "/Users", "/Shared", "/Repos"}) {
    EXPECT_EQ(code(state.remove(path, true)), "DIRECTORY_PROTECTED") << path;
  }
}

TEST_F(tree, lists_one_level_and_what_was_modified_since) {
  put("/Shared/old", "1");
  now.wall += hours(1);
  put("/Shared/new", "1");
  put("/Shared/f", "1", format::raw);
  EXPECT_EQ(names("/Shared"), "f new old ");
  EXPECT_EQ(names("/Shared/old"), "old ");
  auto const since = *state.list("/Shared", wall_time(hours(1)));
  ASSERT_EQ(since.size(), 2U);
  EXPECT_EQ(since[1].path, "/Shared/new");
}

TEST_F(tree, ten_megabytes_are_the_limit_both_ways) {
  std::string big(workspace_tree_state::content_bytes_max, 'x');
  EXPECT_EQ(code(put("/Shared/big", big, format::raw)), "");
  EXPECT_EQ(get("/Shared/big").size(), big.size());
  EXPECT_EQ(code(put("/Shared/bigger", big + 'x', format::raw)), "MAX_NOTEBOOK_SIZE_EXCEEDED");
  EXPECT_EQ(code(put("/Shared/n", big)), "");
  EXPECT_EQ(get("/Shared/n"), "MAX_NOTEBOOK_SIZE_EXCEEDED") << "the first line is added";
}

struct tree_api : testing::Test {
  workspace_tree_api api{"ann@example.com"};
  api_reply ask(std::string_view verb, std::string_view name, std::string_view query,
                std::string_view body = {}, std::string_view type = {}) {
    auto const path = "/api/2.0/workspace/" + std::string(name);
    return api.handle({verb, path, query, body, "ann@example.com", type}, moment{});
  }
};

TEST_F(tree_api, imports_and_exports_base64_or_bytes) {
  EXPECT_EQ(
      ask("POST", "import", "", R"({"path":"/Shared/a","language":"SQL","content":"c2VsZWN0IDE="})")
          .status,
      200);
  auto const raw = ask("GET", "export", "path=/Shared/a&direct_download=true");
  EXPECT_EQ(raw.body, "-- Databricks notebook source\nselect 1");
  EXPECT_EQ(raw.content_type, "application/octet-stream");
  auto const html = ask("GET", "export", "path=/Shared/a&direct_download=true&format=HTML");
  EXPECT_EQ(html.content_type, "text/html");
  EXPECT_EQ(ask("GET", "export", "path=/Shared/a").body,
            R"({"content":"LS0gRGF0YWJyaWNrcyBub3RlYm9vayBzb3VyY2UKc2VsZWN0IDE=",)"
            R"("file_type":"sql"})");
}

TEST_F(tree_api, takes_a_form) {
  std::string const type = "multipart/form-data; boundary=b";
  auto const part = [](std::string const& name, std::string const& value) {
    return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n";
  };
  auto const form = part("path", "/Shared/f") + part("language", "R") + part("overwrite", "true") +
                    part("content", "x <- 1") + "--b--\r\n";
  EXPECT_EQ(ask("POST", "import", "", form, type).body, "{}");
  EXPECT_EQ(ask("GET", "export", "path=/Shared/f&direct_download=true").body,
            "# Databricks notebook source\nx <- 1");
  EXPECT_NE(ask("POST", "import", "", form.substr(0, form.size() - 6), type)
                .body.find("MALFORMED_REQUEST"),
            std::string::npos);
  EXPECT_EQ(ask("POST", "import", "", part("path", "") + "--b--\r\n", type).status, 400);
  EXPECT_EQ(
      ask("POST", "import", "", part("path", std::string(9'000, 'x')) + "--b--\r\n", type).status,
      400);
}

TEST_F(tree_api, says_what_is_wrong_with_a_parameter) {
  std::pair<std::string_view, std::string_view> const all[] = {
      {"", "path"},
      {"path=/Shared&format=PDF", "PDF"},
      {"path=/Shared&format=DBC&outputs=SOME", "outputs"},
      {"path=/Shared&format=DBC&direct_download=yes", "direct_download"},
  };
  for (auto const& [query, word] : all) {
    auto const reply = ask("GET", "export", query);
    EXPECT_EQ(reply.status, 400);
    EXPECT_NE(reply.body.find(word), std::string::npos) << reply.body;
  }
  for (char const* body :
       {R"({"path":"/Shared/a","language":"PERL","content":""})",
        R"({"path":"/Shared/a","language":"R","content":"*"})",
        R"({"path":"/Shared/a","language":"R","overwrite":"perhaps"})", R"({"language":"R"})"}) {
    EXPECT_EQ(ask("POST", "import", "", body).status, 400) << body;
  }
}

}  // namespace
}  // namespace kiln::emulation
