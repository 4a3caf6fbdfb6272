// The workspace tree by typed calls through the whole engine.
#include "loopback/engine_support.hpp"

#include <kiln/services/workspace_tree.hpp>

namespace kiln {
namespace {

using engine_tests::bytes_of;
using workspace_tree::file_format;
using workspace_tree::language;

struct counting_sink final : byte_sink {
  std::string text;
  result<void> restart() override {
    text.clear();
    return {};
  }
  result<void> write(std::span<std::byte const> data) override {
    text.append(reinterpret_cast<char const*>(data.data()), data.size());
    return {};
  }
};

struct workspace_tree_calls : engine_tests::emulated {
  workspace_tree_calls() {
    serve();
    open();
  }
  [[nodiscard]] workspace_tree::service tree() const { return ws->workspace_tree(); }
};

TEST_F(workspace_tree_calls, a_notebook_goes_in_and_out_in_every_way) {
  constexpr std::string_view text = "-- Databricks notebook source\nselect 1";
  ASSERT_TRUE(wait(tree().mkdirs({.path = "/Shared/etl"})).has_value());
  ASSERT_TRUE(wait(tree().import_({.path = "/Shared/etl/a",
                                   .format = file_format::source,
                                   .language = language::sql,
                                   .content = bytes_of(text)}))
                  .has_value());
  auto const held = wait(tree().export_({.path = "/Shared/etl/a"})).value();
  EXPECT_EQ(engine_tests::text_of(held.content), text);
  EXPECT_EQ(held.file_type, "sql");
  EXPECT_EQ(wait(tree().export_direct_download({.path = "/Shared/etl/a"})).value(), text);
  auto const sink = std::make_shared<counting_sink>();
  ASSERT_TRUE(wait(tree().export_direct_download({.path = "/Shared/etl/a"}, sink)).has_value());
  EXPECT_EQ(sink->text, text);

  auto const archive =
      wait(tree().export_direct_download({.path = "/Shared/etl", .format = file_format::dbc}));
  ASSERT_TRUE(archive.has_value()) << archive.error();
  ASSERT_TRUE(wait(tree().import_multipart({.path = "/Shared/copy", .format = file_format::dbc},
                                           make_memory_source(bytes_of(*archive))))
                  .has_value());
  auto const objects = wait(tree().list({.path = "/Shared/copy"})).value().objects;
  ASSERT_EQ(objects.size(), 1U);
  EXPECT_EQ(objects[0].path, "/Shared/copy/a");
  EXPECT_EQ(objects[0].object_type, workspace_tree::object_type::notebook);
  EXPECT_EQ(objects[0].language, language::sql);
  EXPECT_TRUE(objects[0].modified_at.has_value());
}

TEST_F(workspace_tree_calls, a_document_may_look_like_a_page_and_a_login_page_is_none) {
  constexpr std::string_view text = "<p>a file that begins as a page does</p>";
  ASSERT_TRUE(
      wait(tree().import_(
               {.path = "/Shared/page.xml", .format = file_format::raw, .content = bytes_of(text)}))
          .has_value());
  EXPECT_EQ(wait(tree().export_direct_download({.path = "/Shared/page.xml"})).value(), text);
  ASSERT_TRUE(wait(tree().import_({.path = "/Shared/n",
                                   .format = file_format::source,
                                   .language = language::r,
                                   .content = bytes_of("1")}))
                  .has_value());
  auto const page =
      wait(tree().export_direct_download({.path = "/Shared/n", .format = file_format::html}));
  ASSERT_TRUE(page.has_value()) << page.error();
  EXPECT_NE(page->find("<html"), std::string::npos);
  emulator_fault login;
  login.route = "/api/2.0/workspace/export";
  login.status = 200;
  login.headers = "Content-Type: text/html\r\n";
  login.body = "<html><title>Log in</title></html>";
  emu->add_fault(login);
  auto const refused = wait(tree().export_direct_download({.path = "/Shared/n"}));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code(), errc::not_databricks);
}

TEST_F(workspace_tree_calls, what_cannot_be_done_is_told) {
  EXPECT_EQ(wait(tree().get_status({.path = "/none"})).error().code(), errc::not_found);
  ASSERT_TRUE(wait(tree().mkdirs({.path = "/Shared/a/b"})).has_value());
  auto const full = wait(tree().delete_({.path = "/Shared/a"})).error();
  EXPECT_EQ(full.error_code(), "DIRECTORY_NOT_EMPTY");
  EXPECT_EQ(full.code(), errc::conflict);
  EXPECT_TRUE(wait(tree().delete_({.path = "/Shared/a", .recursive = true})).has_value());
  std::string const big(10 * 1024 * 1024 + 1, 'x');
  auto const large = wait(tree().import_({.path = "/Shared/big",
                                          .format = file_format::raw,
                                          .content = bytes_of(big),
                                          .overwrite = true}))
                         .error();
  EXPECT_EQ(large.error_code(), "MAX_NOTEBOOK_SIZE_EXCEEDED") << large;
}

TEST_F(workspace_tree_calls, a_lost_answer_is_followed_up_only_when_overwriting) {
  emulator_fault lost;
  lost.route = "/api/2.0/workspace/import";
  lost.what = emulator_fault::kind::close;
  lost.after_handler = true;
  for (bool const overwrite : {false, true}) {
    emu->add_fault(lost);
    auto const done = wait(tree().import_({.path = "/Shared/n",
                                           .format = file_format::source,
                                           .language = language::r,
                                           .content = bytes_of("1"),
                                           .overwrite = overwrite}));
    EXPECT_EQ(done.has_value(), overwrite);
    if (overwrite) continue;
    EXPECT_TRUE(done.error().may_have_been_applied());
    EXPECT_EQ(done.error().attempts(), 1) << done.error();
  }
}

}  // namespace
}  // namespace kiln
