#include "support/text.hpp"
#include "wire/capture.hpp"

#include <kiln/services/files.hpp>

#include <array>
#include <span>

namespace kiln {
namespace {

using test::bytes_of;
using test::text_of;

struct kept_text final : byte_sink {
  std::string text;
  result<void> restart() override {
    text.clear();
    return {};
  }
  result<void> write(std::span<std::byte const> data) override {
    text += text_of(data);
    return {};
  }
};

struct files_wire : wire_tests::capture {
  files_wire() { replies("HTTP/1.1 204 No Content\r\n\r\n"); }
  [[nodiscard]] files::service volumes() const { return ws.files(); }
  /// The only request of a call, without what every request has.
  template <class T>
  std::string sent(task<T> work) {
    auto out = capture::sent(std::move(work));
    for (std::string_view const name : {"Host: ", "User-Agent: ", "Authorization: "}) {
      auto const from = out.find(name);
      EXPECT_NE(from, std::string::npos) << out;
      if (from != std::string::npos) out.erase(from, out.find("\r\n", from) + 2 - from);
    }
    return out;
  }
};

TEST_F(files_wire, paths_stand_in_the_url_with_their_slashes) {
  EXPECT_EQ(sent(volumes().create_directory({.directory_path = "/Volumes/a/b/c/d e"})),
            "PUT /api/2.0/fs/directories/Volumes/a/b/c/d%20e HTTP/1.1\r\n"
            "Accept-Encoding: gzip\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(sent(volumes().delete_({.file_path = "/Volumes/a/b/c/x"})),
            "DELETE /api/2.0/fs/files/Volumes/a/b/c/x HTTP/1.1\r\n"
            "Accept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(sent(volumes().delete_directory({.directory_path = "/Volumes/a/b/c/d"})),
            "DELETE /api/2.0/fs/directories/Volumes/a/b/c/d HTTP/1.1\r\n"
            "Accept-Encoding: gzip\r\n\r\n");
  EXPECT_EQ(sent(volumes().get_directory_metadata({.directory_path = "/Volumes/a/b/c"})),
            "HEAD /api/2.0/fs/directories/Volumes/a/b/c HTTP/1.1\r\n"
            "Accept-Encoding: gzip\r\n\r\n");
}

TEST_F(files_wire, awkward_names_are_percent_encoded_one_by_one) {
  auto const target = [&](std::string_view path) {
    auto const raw = sent(volumes().delete_({.file_path = path}));
    std::string_view const rest = std::string_view(raw).substr(7 + 17);
    return std::string(rest.substr(0, rest.find(' ')));
  };
  EXPECT_EQ(target("/a?b/c#d/e%f"), "/a%3Fb/c%23d/e%25f");
  EXPECT_EQ(target("/a/../b/./c"), "/a/%2E%2E/b/%2E/c") << "no proxy may resolve them";
  EXPECT_EQ(target("/grün"), "/gr%C3%BCn");
  EXPECT_EQ(target("a"), "/a") << "what has no slash gets one";
  EXPECT_EQ(target("/a\r\nHost: evil"), "/a%0D%0AHost%3A%20evil");
}

TEST_F(files_wire, an_upload_is_the_content_and_nothing_else) {
  EXPECT_EQ(sent(volumes().upload({.file_path = "/Volumes/a/b/c/x"},
                                  make_memory_source(bytes_of("raw\0bytes")))),
            "PUT /api/2.0/fs/files/Volumes/a/b/c/x HTTP/1.1\r\n"
            "Content-Type: application/octet-stream\r\n"
            "Accept-Encoding: gzip\r\nContent-Length: 3\r\n\r\nraw");
  EXPECT_EQ(sent(volumes().upload({.file_path = "/Volumes/a/b/c/x", .overwrite = true},
                                  make_memory_source({}))),
            "PUT /api/2.0/fs/files/Volumes/a/b/c/x?overwrite=true HTTP/1.1\r\n"
            "Content-Type: application/octet-stream\r\n"
            "Accept-Encoding: gzip\r\nContent-Length: 0\r\n\r\n");
  EXPECT_EQ(failed(volumes().upload({.file_path = "/x"}, nullptr)).code(), errc::invalid_argument);
}

TEST_F(files_wire, a_range_says_where_and_of_what) {
  replies(
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 4\r\nContent-Range: bytes 10-13/99\r\n"
      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\nabcd");
  std::array<std::byte, 4> into{};
  files::range part;
  part.offset = 10;
  part.unmodified_since = timestamp(std::chrono::milliseconds(784'111'777'999));
  EXPECT_EQ(sent(volumes().download_range({.file_path = "/Volumes/a/b/c/x"}, part, into)),
            "GET /api/2.0/fs/files/Volumes/a/b/c/x HTTP/1.1\r\nAccept-Encoding: identity\r\n"
            "Range: bytes=10-13\r\nIf-Unmodified-Since: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n");
  auto const got = made(volumes().download_range({.file_path = "/x"}, part, into));
  EXPECT_EQ(text_of(into), "abcd");
  EXPECT_EQ(got.size, 4U);
  EXPECT_EQ(got.file_size, 99U);
  EXPECT_EQ(got.last_modified, timestamp(std::chrono::seconds(784'111'777)));
}

TEST_F(files_wire, behind_the_end_there_is_nothing) {
  replies("HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
  std::array<std::byte, 4> into{};
  EXPECT_EQ(made(volumes().download_range({.file_path = "/x"}, {.offset = 7}, into)).size, 0U);
}

TEST_F(files_wire, a_whole_file_serves_as_its_first_range_only) {
  replies("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab");
  std::array<std::byte, 4> into{};
  auto const got = made(volumes().download_range({.file_path = "/x"}, {}, into));
  EXPECT_EQ(got.size, 2U);
  EXPECT_EQ(got.file_size, 2U);
  auto const why = failed(volumes().download_range({.file_path = "/x"}, {.offset = 2}, into));
  EXPECT_EQ(why.code(), errc::malformed_response);
  EXPECT_NE(why.message().find("whole files only"), std::string::npos) << why;
}

TEST_F(files_wire, an_answer_that_is_not_the_range_is_refused) {
  std::array<std::byte, 4> into{};
  for (char const* range : {"bytes 1-2/9", "bytes 0-1", "items 0-1/9", "bytes 0-1/x", ""}) {
    replies("HTTP/1.1 206 Partial Content\r\nContent-Length: 2\r\nContent-Range: " +
            std::string(range) + "\r\n\r\nab");
    EXPECT_EQ(failed(volumes().download_range({.file_path = "/x"}, {}, into)).code(),
              errc::malformed_response)
        << range;
  }
  replies(
      "HTTP/1.1 206 Partial Content\r\nContent-Length: 5\r\n"
      "Content-Range: bytes 0-4/9\r\n\r\nabcde");
  EXPECT_EQ(failed(volumes().download_range({.file_path = "/x"}, {}, into)).code(),
            errc::malformed_response)
      << "more than the memory holds";
}

TEST_F(files_wire, a_file_may_be_a_page_and_a_login_page_is_no_file) {
  replies(
      "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n"
      "Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n\r\n<html>");
  auto const sink = std::make_shared<kept_text>();
  auto const got = made(volumes().download({.file_path = "/x"}, sink));
  EXPECT_EQ(sink->text, "<html>");
  EXPECT_EQ(got.content_length, 6);
  EXPECT_EQ(got.content_type, "text/html");
  EXPECT_EQ(files::modified_at(got), timestamp(std::chrono::seconds(784'111'777)));
  replies("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<html>");
  EXPECT_EQ(failed(volumes().download({.file_path = "/x"}, sink)).code(), errc::not_databricks);
  EXPECT_EQ(failed(volumes().download({.file_path = "/x"}, nullptr)).code(),
            errc::invalid_argument);
}

TEST_F(files_wire, metadata_is_read_from_headers) {
  replies(
      "HTTP/1.1 200 OK\r\nContent-Type: application/octet-stream\r\n"
      "Content-Length: 9007199254740993\r\nLast-Modified: soon\r\n\r\n");
  EXPECT_EQ(sent(volumes().get_metadata({.file_path = "/Volumes/a/b/c/x"})),
            "HEAD /api/2.0/fs/files/Volumes/a/b/c/x HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n");
  auto const got = made(volumes().get_metadata({.file_path = "/x"}));
  EXPECT_EQ(got.content_length, 9'007'199'254'740'993);
  EXPECT_EQ(got.last_modified, "soon");
  EXPECT_FALSE(files::modified_at(got));
  replies("HTTP/1.1 404 Not Found\r\nContent-Length: 40\r\n\r\n");
  EXPECT_EQ(failed(volumes().get_metadata({.file_path = "/x"})).code(), errc::not_found);
}

TEST_F(files_wire, a_listing_asks_for_pages) {
  std::string const body =
      R"({"contents":[{"path":"/Volumes/a/b/c/x","name":"x","is_directory":false,)"
      R"("file_size":3,"last_modified":1600000000123}],"next_page_token":""})";
  replies("HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: " +
          std::to_string(body.size()) + "\r\n\r\n" + body);
  EXPECT_EQ(sent(volumes().list_directory_contents(
                {.directory_path = "/Volumes/a/b/c", .page_size = 1000, .page_token = "t/1"})),
            "GET /api/2.0/fs/directories/Volumes/a/b/c?page_size=1000&page_token=t%2F1 "
            "HTTP/1.1\r\nAccept-Encoding: gzip\r\n\r\n");
  auto const all = made(volumes().list_directory_contents_all({.directory_path = "/x"}));
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].path, "/Volumes/a/b/c/x");
  EXPECT_EQ(all[0].name, "x");
  EXPECT_EQ(all[0].file_size, 3);
  EXPECT_EQ(all[0].last_modified, timestamp(std::chrono::milliseconds(1'600'000'000'123)));
}

TEST_F(files_wire, errors_name_the_operation) {
  replies(
      "HTTP/1.1 409 Conflict\r\nContent-Type: application/json\r\nContent-Length: 50\r\n\r\n"
      R"({"error_code":"ALREADY_EXISTS","message":"exists"})");
  auto const why = failed(volumes().upload({.file_path = "/x"}, make_memory_source(bytes_of("a"))));
  EXPECT_EQ(why.code(), errc::already_exists);
  EXPECT_EQ(why.operation(), "fs/files");
}

}  // namespace
}  // namespace kiln
