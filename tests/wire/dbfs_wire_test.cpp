// What every DBFS operation puts on the wire, byte by byte, and what it makes of answers.
#include "support/text.hpp"
#include "wire/expected_request.hpp"

#include <array>
#include <cstring>
#include <limits>
#include <regex>

namespace kiln {
namespace {

using test::bytes_of;
using wire_tests::above_doubles;

struct dbfs_wire : wire_tests::capture {
  wire_tests::expected_request expect;
  [[nodiscard]] dbfs::service files() const { return ws.dbfs(); }

  [[nodiscard]] std::string get(std::string_view target) const {
    return expect.bare("GET /api/2.0/dbfs/" + std::string(target));
  }
  [[nodiscard]] std::string post(std::string_view operation, std::string const& body) const {
    return expect.with("POST /api/2.0/dbfs/" + std::string(operation), body);
  }
  /// The path of a body or a query as it is sent.
  std::string path_in_query(std::string_view path) {
    auto const raw = sent(files().get_status({.path = path}));
    auto const begin = raw.find("?path=") + 6;
    return raw.substr(begin, raw.find(' ', begin) - begin);
  }
};

constexpr std::int64_t largest = std::numeric_limits<std::int64_t>::max();

TEST_F(dbfs_wire, create_sends_path_and_overwrite) {
  EXPECT_EQ(sent(files().create({.path = "/tmp/a"})),
            post("create", R"({"path":"/tmp/a","overwrite":false})"));
  EXPECT_EQ(sent(files().create({.path = "/tmp/a", .overwrite = true})),
            post("create", R"({"path":"/tmp/a","overwrite":true})"));
}

TEST_F(dbfs_wire, add_block_sends_the_handle_exactly_and_the_data_as_base64) {
  EXPECT_EQ(sent(files().add_block({.handle = above_doubles, .data = bytes_of("hello")})),
            post("add-block", R"({"handle":9007199254740993,"data":"aGVsbG8="})"));
  EXPECT_EQ(sent(files().add_block({.handle = largest, .data = bytes_of("a")})),
            post("add-block", R"({"handle":9223372036854775807,"data":"YQ=="})"));
  std::array<unsigned char, 6> const high{0xfb, 0xff, 0xfe, 0x00, 0x3f, 0xbf};
  EXPECT_EQ(sent(files().add_block({.handle = -1, .data = std::as_bytes(std::span(high))})),
            post("add-block", R"({"handle":-1,"data":"+//+AD+/"})"));
}

TEST_F(dbfs_wire, a_block_of_a_mebibyte_goes_in_one_request) {
  std::string const block(1 << 20, 'x');
  auto const raw = sent(files().add_block({.handle = 1, .data = bytes_of(block)}));
  std::string text;
  for (std::size_t i = 0; i < block.size() / 3; ++i) text += "eHh4";
  EXPECT_EQ(raw, post("add-block", R"({"handle":1,"data":")" + text + R"(eA=="})"));
}

TEST_F(dbfs_wire, close_sends_the_handle) {
  EXPECT_EQ(sent(files().close({.handle = above_doubles})),
            post("close", R"({"handle":9007199254740993})"));
}

TEST_F(dbfs_wire, delete_sends_path_and_recursive) {
  EXPECT_EQ(sent(files().delete_({.path = "/a"})),
            post("delete", R"({"path":"/a","recursive":false})"));
  EXPECT_EQ(sent(files().delete_({.path = "/a", .recursive = true})),
            post("delete", R"({"path":"/a","recursive":true})"));
}

TEST_F(dbfs_wire, get_status_and_list_ask_in_the_query) {
  EXPECT_EQ(sent(files().get_status({.path = "/tmp/a"})), get("get-status?path=%2Ftmp%2Fa"));
  EXPECT_EQ(sent(files().list({.path = "/"})), get("list?path=%2F"));
}

TEST_F(dbfs_wire, mkdirs_and_move_send_their_paths) {
  EXPECT_EQ(sent(files().mkdirs({.path = "/a/b"})), post("mkdirs", R"({"path":"/a/b"})"));
  EXPECT_EQ(sent(files().move({.source_path = "/a", .destination_path = "/b"})),
            post("move", R"({"source_path":"/a","destination_path":"/b"})"));
}

TEST_F(dbfs_wire, put_sends_base64_and_leaves_contents_out_of_an_empty_file) {
  EXPECT_EQ(
      sent(files().put({.path = "/a", .contents = bytes_of("hello world"), .overwrite = true})),
      post("put", R"({"path":"/a","contents":"aGVsbG8gd29ybGQ=","overwrite":true})"));
  EXPECT_EQ(sent(files().put({.path = "/a", .contents = {}})),
            post("put", R"({"path":"/a","overwrite":false})"));
}

TEST_F(dbfs_wire, read_asks_for_a_range_only_when_told_to) {
  EXPECT_EQ(sent(files().read({.path = "/a"})), get("read?path=%2Fa"));
  EXPECT_EQ(sent(files().read({.path = "/a", .offset = 0})), get("read?path=%2Fa&offset=0"));
  EXPECT_EQ(sent(files().read({.path = "/a", .length = 1 << 20})),
            get("read?path=%2Fa&length=1048576"));
  EXPECT_EQ(sent(files().read({.path = "/a", .offset = above_doubles, .length = 1})),
            get("read?path=%2Fa&offset=9007199254740993&length=1"));
  std::array<std::byte, 512> into{};
  EXPECT_EQ(sent(files().read_into({.path = "/a", .offset = 7}, into)),
            get("read?path=%2Fa&offset=7&length=512"));
}

TEST_F(dbfs_wire, a_multipart_put_is_a_form_of_path_overwrite_and_contents) {
  std::string contents = "two\r\nlines and a NUL: ";
  contents += '\0';
  for (bool const overwrite : {false, true}) {
    auto source = make_memory_source(bytes_of(contents));
    auto raw = sent(files().put_multipart({.path = "/tmp/a b", .overwrite = overwrite}, source));
    std::smatch found;
    ASSERT_TRUE(std::regex_search(raw, found, std::regex("boundary=(kiln-[0-9a-f]{16})\r\n")))
        << raw;
    std::string const boundary = found[1];
    std::string body =
        "--{b}\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/tmp/a b\r\n"
        "--{b}\r\nContent-Disposition: form-data; name=\"overwrite\"\r\n\r\n" +
        std::string(overwrite ? "true" : "false") +
        "\r\n--{b}\r\nContent-Disposition: form-data; name=\"contents\"; filename=\"contents\"\r\n"
        "Content-Type: application/octet-stream\r\n\r\n" +
        contents + "\r\n--{b}--\r\n";
    auto const length = body.size() + 4 * (boundary.size() - 3);
    wire_tests::replace_all(raw, boundary, "{b}");
    EXPECT_EQ(raw, expect.head("POST /api/2.0/dbfs/put", "multipart/form-data; boundary={b}") +
                       "Content-Length: " + std::to_string(length) + "\r\n\r\n" + body);
  }
}

TEST_F(dbfs_wire, boundaries_differ_from_form_to_form) {
  std::array<std::string, 2> heads;
  for (auto& h : heads) {
    auto const raw = sent(files().put_multipart({.path = "/a"}, make_memory_source({})));
    h = raw.substr(raw.find("boundary="), 30);
  }
  EXPECT_NE(heads[0], heads[1]);
}

TEST_F(dbfs_wire, awkward_paths_are_percent_encoded_in_queries) {
  EXPECT_EQ(path_in_query("/a b"), "%2Fa%20b");
  EXPECT_EQ(path_in_query("/a+b&c=d"), "%2Fa%2Bb%26c%3Dd");
  EXPECT_EQ(path_in_query("/100%#1?x;y"), "%2F100%25%231%3Fx%3By");
  EXPECT_EQ(path_in_query("/%2F"), "%2F%252F") << "what looks encoded is not decoded";
  EXPECT_EQ(path_in_query("/grün/日本"), "%2Fgr%C3%BCn%2F%E6%97%A5%E6%9C%AC");
  EXPECT_EQ(path_in_query("dbfs:/x"), "dbfs%3A%2Fx");
  EXPECT_EQ(path_in_query("/a\r\nHost: evil"), "%2Fa%0D%0AHost%3A%20evil");
  EXPECT_EQ(path_in_query("/Az09-._~"), "%2FAz09-._~") << "unreserved characters stay";
}

TEST_F(dbfs_wire, awkward_paths_are_escaped_in_json_as_little_as_needed) {
  EXPECT_EQ(sent(files().mkdirs({.path = "/a b+c&d%#\"\\"})),
            post("mkdirs", R"({"path":"/a b+c&d%#\"\\"})"));
  EXPECT_EQ(sent(files().mkdirs({.path = "/grün/日本"})),
            post("mkdirs", R"({"path":"/grün/日本"})"));
  EXPECT_EQ(sent(files().mkdirs({.path = "/a\nb\tc\x01"})),
            post("mkdirs", R"({"path":"/a\nb\tc\u0001"})"));
}

TEST_F(dbfs_wire, a_product_of_the_user_stands_before_kiln) {
  auto o = options();
  o.user_agent = "mover/1.2";
  workspace const named(loop, std::move(o));
  named.start(named.dbfs().list({.path = "/"})).wait();
  std::lock_guard const lock(mutex);
  ASSERT_EQ(seen.size(), 1U);
  EXPECT_NE(
      without_version(seen[0]).find("\r\nUser-Agent: mover/1.2 kiln/{version} cpp/20 os/linux\r\n"),
      std::string::npos)
      << seen[0];
}

TEST_F(dbfs_wire, a_handle_survives_as_number_and_as_text) {
  for (char const* body : {R"({"handle":9007199254740993})", R"({"handle":"9007199254740993"})",
                           R"({"later":[{"a":1}],"handle":9007199254740993,"new":null})"}) {
    answers(body);
    EXPECT_EQ(made(files().create({.path = "/a"})).handle, above_doubles) << body;
  }
  answers("{}");
  EXPECT_EQ(made(files().create({.path = "/a"})).handle, 0);
}

TEST_F(dbfs_wire, a_status_is_read_whole_and_bare) {
  answers(R"({"path":"/a","is_dir":true,"file_size":9007199254740993,)"
          R"("modification_time":1600000000123})");
  auto const full = made(files().get_status({.path = "/a"}));
  EXPECT_EQ(full.path, "/a");
  EXPECT_TRUE(full.is_dir);
  EXPECT_EQ(full.file_size, above_doubles);
  ASSERT_TRUE(full.modification_time);
  EXPECT_EQ(to_string(*full.modification_time), "2020-09-13T12:26:40.123Z");
  answers(R"({"path":"/a"})");
  auto const bare = made(files().get_status({.path = "/a"}));
  EXPECT_EQ(bare.path, "/a");
  EXPECT_FALSE(bare.is_dir);
  EXPECT_EQ(bare.file_size, 0);
  EXPECT_FALSE(bare.modification_time);
}

TEST_F(dbfs_wire, a_list_is_read_whole_and_bare) {
  answers(R"({"files":[{"path":"/d/x","is_dir":false,"file_size":3,"modification_time":5},)"
          R"({"path":"/d/y","is_dir":true}]})");
  auto const full = made(files().list({.path = "/d"})).files;
  ASSERT_EQ(full.size(), 2U);
  EXPECT_EQ(full[0].path, "/d/x");
  EXPECT_EQ(full[0].file_size, 3);
  EXPECT_FALSE(full[0].is_dir);
  EXPECT_EQ(full[1].path, "/d/y");
  EXPECT_TRUE(full[1].is_dir);
  for (char const* body : {"{}", R"({"files":[]})", R"({"files":null})"}) {
    answers(body);
    EXPECT_TRUE(made(files().list({.path = "/d"})).files.empty()) << body;
  }
}

TEST_F(dbfs_wire, a_read_is_decoded_whole_and_bare) {
  std::array<std::byte, 8> into{};
  answers(R"({"bytes_read":5,"data":"aGVsbG8="})");
  auto const full = made(files().read({.path = "/a"}));
  EXPECT_EQ(full.bytes_read, 5);
  EXPECT_EQ(std::string(reinterpret_cast<char const*>(full.data.data()), full.data.size()),
            "hello");
  EXPECT_EQ(made(files().read_into({.path = "/a"}, into)), 5U);
  EXPECT_EQ(std::memcmp(into.data(), "hello", 5), 0);
  answers(R"({"bytes_read":0})");
  auto const bare = made(files().read({.path = "/a"}));
  EXPECT_EQ(bare.bytes_read, 0);
  EXPECT_TRUE(bare.data.empty());
  EXPECT_EQ(made(files().read_into({.path = "/a"}, into)), 0U);
}

TEST_F(dbfs_wire, a_read_that_contradicts_itself_is_refused) {
  std::array<std::byte, 4> into{};
  for (char const* body :
       {R"({"bytes_read":5,"data":"YQ=="})", R"({"bytes_read":5,"data":"aGVsbG8="})",
        R"({"bytes_read":1,"data":"Y*=="})", R"({"data":"YQ=="})", R"({"bytes_read":1})"}) {
    answers(body);
    auto const why = failed(files().read_into({.path = "/a"}, into));
    EXPECT_EQ(why.code(), errc::decode_failed) << body << ": " << why;
    EXPECT_NE(why.message().find("dbfs/read"), std::string::npos) << why;
    EXPECT_EQ(why.where(), host);
  }
}

TEST_F(dbfs_wire, reads_in_a_row_use_the_same_memory) {
  answers(R"({"bytes_read":5,"data":"aGVsbG8="})");
  bytes memory(3, std::byte{7});
  memory.reserve(100);
  auto const* const place = memory.data();
  auto const got = made(files().read({.path = "/a", .length = 100}, std::move(memory)));
  EXPECT_EQ(got.bytes_read, 5);
  ASSERT_EQ(got.data.size(), 5U);
  EXPECT_EQ(std::memcmp(got.data.data(), "hello", 5), 0);
  EXPECT_EQ(got.data.data(), place);
  EXPECT_LT(made(files().read({.path = "/a"})).data.capacity(), 100'000U);
}

TEST_F(dbfs_wire, a_read_has_room_for_whatever_comes) {
  bytes const block(1U << 20, std::byte{'k'});
  std::string json = R"({"bytes_read":1048576,"data":")";
  for (std::size_t i = 0; i < block.size() / 3; ++i) json += "a2tr";
  json += R"(aw=="})";
  answers(json);
  EXPECT_TRUE(made(files().read({.path = "/a"})).data == block);
  EXPECT_TRUE(made(files().read({.path = "/a", .length = 1 << 20})).data == block);
}

TEST_F(dbfs_wire, a_read_that_gives_more_than_was_asked_for_is_shown_whole) {
  answers(R"({"bytes_read":5,"data":"aGVsbG8="})");
  EXPECT_EQ(made(files().read({.path = "/a", .length = 1})).data.size(), 5U);
  EXPECT_EQ(made(files().read({.path = "/a", .length = -1})).data.size(), 5U);
  std::array<std::byte, 4> into{};
  EXPECT_EQ(failed(files().read_into({.path = "/a"}, into)).message(),
            "dbfs/read: data: more than the 4 bytes that there is room for");
}

TEST_F(dbfs_wire, a_read_knows_a_login_page_and_json_that_does_not_say_so) {
  std::string_view const json = R"({"bytes_read":2,"data":"aGk="})";
  replies(test::ok_response(json));
  EXPECT_EQ(made(files().read({.path = "/a"})).bytes_read, 2);
  replies(test::ok_response("<html>Sign in"));
  EXPECT_EQ(failed(files().read({.path = "/a"})).code(), errc::not_databricks);
  replies(test::ok_response("Sign in", "Content-Type: text/html\r\n"));
  EXPECT_EQ(failed(files().read({.path = "/a"})).code(), errc::not_databricks);
  replies(test::ok_response("<html>", "Content-Type: application/json\r\n"));
  EXPECT_EQ(failed(files().read({.path = "/a"})).code(), errc::decode_failed);
  replies(test::ok_response(json, "Content-Type: application/json\r\n"));
  auto const before = ws.stats().bytes_received;
  EXPECT_EQ(made(files().read({.path = "/a"})).bytes_read, 2);
  EXPECT_EQ(ws.stats().bytes_received, before + json.size());
}

TEST_F(dbfs_wire, operations_without_an_answer_take_any_success) {
  std::string_view const any = "x";
  for (char const* body : {"{}", "", R"({"later":[1,2]})"}) {
    answers(body);
    made(files().add_block({.handle = 1, .data = bytes_of(any)}));
    made(files().close({.handle = 1}));
    made(files().delete_({.path = "/a"}));
    made(files().mkdirs({.path = "/a"}));
    made(files().move({.source_path = "/a", .destination_path = "/b"}));
    made(files().put({.path = "/a", .contents = bytes_of(any)}));
    made(files().put_multipart({.path = "/a"}, make_memory_source(bytes_of(any))));
  }
  EXPECT_EQ(seen.size(), 21U);
}

}  // namespace
}  // namespace kiln
