// Every DBFS operation through a workspace on real sockets, with its error codes, plain and by TLS.
#include "loopback/engine_support.hpp"
#include "support/test_certificates.hpp"

#include <array>
#include <vector>

namespace kiln {
namespace {

using engine_tests::bytes_of;
using engine_tests::text_of;

struct engine_operations : engine_tests::emulated {
  engine_operations() {
    serve();
    open();
  }
  void put(std::string_view path, std::string_view text) {
    auto const done = wait(files().put({.path = path, .contents = bytes_of(text)}));
    ASSERT_TRUE(done) << done.error();
  }
  /// The outcome must be this refusal of the server, told in full.
  template <class T>
  void refused(result<T> const& got, errc code, int status, std::string_view spelling,
               std::string_view operation) {
    ASSERT_TRUE(got.has_error()) << operation;
    auto const& e = got.error();
    EXPECT_EQ(e.code(), code) << e;
    EXPECT_EQ(e.http_status(), status) << e;
    EXPECT_EQ(e.error_code(), spelling) << e;
    EXPECT_EQ(e.operation(), operation) << e;
    EXPECT_EQ("http://" + e.where(), emu->url()) << e;
    EXPECT_EQ(e.attempts(), 1) << e;
    EXPECT_FALSE(e.may_have_been_applied()) << e;
    EXPECT_FALSE(e.message().empty());
  }
};

TEST_F(engine_operations, a_stream_is_created_filled_and_closed) {
  auto const opened = wait(files().create({.path = "/s/a"}));
  ASSERT_TRUE(opened) << opened.error();
  for (char const* block : {"one ", "two ", "three"}) {
    auto const done = wait(files().add_block({.handle = opened->handle, .data = bytes_of(block)}));
    ASSERT_TRUE(done) << done.error();
  }
  ASSERT_TRUE(wait(files().close({.handle = opened->handle})));
  auto const back = wait(files().read({.path = "/s/a"}));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(text_of(back->data), "one two three");
  EXPECT_EQ(back->bytes_read, 13);
}

TEST_F(engine_operations, small_and_large_files_come_back) {
  put("/a", "small");
  std::string large(3'000'000, '\0');
  for (std::size_t i = 0; i < large.size(); ++i) large[i] = static_cast<char>(i * i >> 3);
  auto const done =
      wait(files().put_multipart({.path = "/b"}, make_memory_source(bytes_of(large))));
  ASSERT_TRUE(done) << done.error();
  std::string back;
  std::vector<std::byte> part(1 << 20);
  while (back.size() < large.size()) {
    auto const offset = static_cast<std::int64_t>(back.size());
    auto const got = wait(files().read_into({.path = "/b", .offset = offset}, part));
    ASSERT_TRUE(got) << got.error();
    ASSERT_GT(*got, 0U);
    back.append(reinterpret_cast<char const*>(part.data()), *got);
  }
  EXPECT_EQ(back, large);
  auto const past = wait(files().read_into({.path = "/b", .offset = 3'000'000}, part));
  ASSERT_TRUE(past) << past.error();
  EXPECT_EQ(*past, 0U);
}

TEST_F(engine_operations, folders_are_made_listed_moved_and_deleted) {
  ASSERT_TRUE(wait(files().mkdirs({.path = "/d/e"})));
  put("/d/grün & 100%+#1", "x");
  auto listed = wait(files().list({.path = "/d"}));
  ASSERT_TRUE(listed) << listed.error();
  ASSERT_EQ(listed->files.size(), 2U);
  EXPECT_EQ(listed->files[0].path, "/d/e");
  EXPECT_TRUE(listed->files[0].is_dir);
  EXPECT_EQ(listed->files[1].path, "/d/grün & 100%+#1");
  EXPECT_EQ(listed->files[1].file_size, 1);
  auto const status = wait(files().get_status({.path = listed->files[1].path}));
  ASSERT_TRUE(status) << status.error();
  EXPECT_FALSE(status->is_dir);
  EXPECT_TRUE(status->modification_time);
  ASSERT_TRUE(wait(files().move({.source_path = "/d", .destination_path = "/moved"})));
  ASSERT_TRUE(wait(files().delete_({.path = "/moved", .recursive = true})));
  ASSERT_TRUE(wait(files().delete_({.path = "/moved"}))) << "an absent path is a success";
  listed = wait(files().list({.path = "/"}));
  ASSERT_TRUE(listed) << listed.error();
  EXPECT_TRUE(listed->files.empty());
}

TEST_F(engine_operations, what_is_missing_is_not_found) {
  constexpr std::string_view spelling = "RESOURCE_DOES_NOT_EXIST";
  auto const code = errc::not_found;
  refused(wait(files().get_status({.path = "/no"})), code, 404, spelling, "dbfs/get-status");
  refused(wait(files().list({.path = "/no"})), code, 404, spelling, "dbfs/list");
  refused(wait(files().read({.path = "/no"})), code, 404, spelling, "dbfs/read");
  refused(wait(files().move({.source_path = "/no", .destination_path = "/x"})), code, 404, spelling,
          "dbfs/move");
  refused(wait(files().close({.handle = 99})), code, 404, spelling, "dbfs/close");
  refused(wait(files().add_block({.handle = 99, .data = bytes_of("x")})), code, 404, spelling,
          "dbfs/add-block");
}

TEST_F(engine_operations, what_exists_is_not_overwritten_unasked) {
  put("/a", "first");
  put("/b", "second");
  constexpr std::string_view spelling = "RESOURCE_ALREADY_EXISTS";
  auto const code = errc::already_exists;
  refused(wait(files().create({.path = "/a"})), code, 400, spelling, "dbfs/create");
  refused(wait(files().put({.path = "/a", .contents = {}})), code, 400, spelling, "dbfs/put");
  refused(wait(files().put_multipart({.path = "/a"}, make_memory_source({}))), code, 400, spelling,
          "dbfs/put");
  refused(wait(files().mkdirs({.path = "/a/below"})), code, 400, spelling, "dbfs/mkdirs");
  refused(wait(files().move({.source_path = "/a", .destination_path = "/b"})), code, 400, spelling,
          "dbfs/move");
  auto const done =
      wait(files().put({.path = "/a", .contents = bytes_of("third"), .overwrite = true}));
  ASSERT_TRUE(done) << done.error();
  EXPECT_EQ(text_of(wait(files().read({.path = "/a"}))->data), "third");
}

TEST_F(engine_operations, limits_of_the_service_are_told_as_it_spells_them) {
  put("/a", "x");
  std::string const over((1 << 20) + 1, 'x');
  auto const handle = wait(files().create({.path = "/s"}))->handle;
  auto const code = errc::invalid_request;
  refused(wait(files().add_block({.handle = handle, .data = bytes_of(over)})), code, 400,
          "MAX_BLOCK_SIZE_EXCEEDED", "dbfs/add-block");
  refused(wait(files().put({.path = "/p", .contents = bytes_of(over)})), code, 400,
          "MAX_BLOCK_SIZE_EXCEEDED", "dbfs/put");
  refused(wait(files().read({.path = "/a", .length = (1 << 20) + 1})), code, 400,
          "MAX_READ_SIZE_EXCEEDED", "dbfs/read");
  refused(wait(files().read({.path = "/a", .offset = -1})), code, 400, "INVALID_PARAMETER_VALUE",
          "dbfs/read");
  refused(wait(files().read({.path = "/"})), code, 400, "INVALID_PARAMETER_VALUE", "dbfs/read");
  refused(wait(files().list({.path = "relative"})), code, 400, "INVALID_PARAMETER_VALUE",
          "dbfs/list");
  refused(wait(files().mkdirs({.path = ""})), code, 400, "INVALID_PARAMETER_VALUE", "dbfs/mkdirs");
}

TEST_F(engine_operations, a_folder_that_is_not_empty_needs_recursive) {
  put("/d/a", "x");
  refused(wait(files().delete_({.path = "/d"})), errc::conflict, 400, "IO_ERROR", "dbfs/delete");
}

TEST_F(engine_operations, a_source_that_is_null_is_refused_before_anything_is_sent) {
  auto const before = emu->stats().requests;
  auto const got = wait(files().put_multipart({.path = "/a"}, nullptr));
  ASSERT_TRUE(got.has_error());
  EXPECT_EQ(got.error().code(), errc::invalid_argument);
  EXPECT_EQ(emu->stats().requests, before);
}

TEST_F(engine_operations, raw_reaches_any_endpoint) {
  put("/a", "x");
  auto const got = wait(ws->raw(verb::get, "/api/2.0/dbfs/get-status?path=%2Fa"));
  ASSERT_TRUE(got) << got.error();
  EXPECT_EQ(got->status, 200);
  EXPECT_NE(got->body.find(R"("file_size":1)"), std::string::npos) << got->body;
  auto const unknown = wait(ws->raw(verb::get, "/api/2.0/no/such"));
  ASSERT_TRUE(unknown.has_error());
  EXPECT_EQ(unknown.error().code(), errc::not_implemented) << unknown.error();
  EXPECT_EQ(unknown.error().operation(), "no/such");
}

TEST_F(engine_operations, a_large_delete_goes_on_until_all_is_gone) {
  auto limited = unlimited();
  limited.delete_entries_max = 4;
  serve(std::move(limited));
  open();
  for (int i = 0; i < 7; ++i) put("/d/" + std::to_string(i), "x");
  auto const done = wait(files().delete_({.path = "/d", .recursive = true}));
  ASSERT_TRUE(done) << done.error();
  EXPECT_TRUE(wait(files().list({.path = "/"}))->files.empty());
  EXPECT_EQ(ws->stats().retries, 1U);
}

TEST_F(engine_operations, compressed_answers_are_the_same_answers) {
  auto squeezed = unlimited();
  squeezed.gzip = true;
  serve(std::move(squeezed));
  open();
  std::string const text(500'000, 'k');
  put("/a", text);
  EXPECT_EQ(text_of(wait(files().read({.path = "/a", .length = 500'000}))->data), text);
  EXPECT_EQ(ws->stats().requests, 2U);
}

TEST(engine_over_tls, works_end_to_end_with_a_ca_file_and_not_without) {
  test::test_certificates certificates;
  auto const id = certificates.right();
  runtime server_loop;
  runtime loop;
  emulator_options secure;
  secure.limiter = limiter_kind::none;
  secure.certificate_file = id.certificate_file;
  secure.key_file = id.key_file;
  emulator const emu(server_loop, secure);
  ASSERT_TRUE(emu.url().starts_with("https://")) << emu.url();

  auto o = engine_tests::quick_options(emu.url(), emu.token());
  o.tls.ca_file = certificates.ca_file();
  workspace const ws(loop, o);
  std::string const text(300'000, 't');
  auto const put = engine_tests::wait(
      ws, ws.dbfs().put_multipart({.path = "/t"}, make_memory_source(bytes_of(text))));
  ASSERT_TRUE(put) << put.error();
  auto const back = engine_tests::wait(ws, ws.dbfs().read({.path = "/t"}));
  ASSERT_TRUE(back) << back.error();
  EXPECT_EQ(text_of(back->data), text);
  EXPECT_EQ(emu.stats().connections, 1U) << "the connection is kept";

  o.tls.ca_file.clear();
  workspace const trusting_nobody_else(loop, o);
  auto const refused =
      engine_tests::wait(trusting_nobody_else, trusting_nobody_else.dbfs().list({.path = "/"}));
  ASSERT_TRUE(refused.has_error());
  EXPECT_EQ(refused.error().code(), errc::tls_failed) << refused.error();
}

}  // namespace
}  // namespace kiln
