#include "emulator/emulator_core.hpp"
#include "emulator/files_api.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using namespace std::chrono_literals;
using namespace kiln::emulation;

/// The Files API of an emulated workspace, spoken to without a wire.
struct volume : testing::Test {
  static kiln::emulator_options options() {
    kiln::emulator_options out;
    out.token = "secret";
    out.limiter = kiln::limiter_kind::none;
    return out;
  }
  final_reply call(std::string method, std::string const& target, std::string_view body = {},
                   std::string range = {}, std::string unmodified_since = {}) {
    request_head head;
    head.method = std::move(method);
    head.target = "/api/2.0/" + target;
    head.authorization = "Bearer secret";
    head.content_length = body.size();
    head.range = std::move(range);
    head.unmodified_since = std::move(unmodified_since);
    auto request = core.begin(std::move(head), now);
    for (auto const c : body) request.take(std::as_bytes(std::span(&c, 1)));
    return core.finish(request, now);
  }
  final_reply file(std::string method, std::string const& path, std::string_view body = {}) {
    return call(std::move(method), "fs/files/Volumes/main/default/v/" + path, body);
  }
  final_reply directory(std::string method, std::string const& path) {
    return call(std::move(method), "fs/directories/Volumes/main/default/v" + path);
  }
  final_reply get(std::string const& path, std::string range = {}, std::string since = {}) {
    return call("GET", "fs/files/Volumes/main/default/v/" + path, {}, std::move(range),
                std::move(since));
  }

  moment now{kiln::instant(1h), kiln::wall_time(784'111'777s + 250ms)};
  emulator_core core{options()};
};

TEST_F(volume, keeps_what_was_put) {
  EXPECT_EQ(file("PUT", "a/b%20c", "fired clay").status, 204);
  auto const whole = get("a/b%20c");
  EXPECT_EQ(whole.status, 200);
  EXPECT_EQ(whole.body, "fired clay");
  auto const head = file("HEAD", "a/b%20c");
  EXPECT_EQ(head.status, 200);
  EXPECT_NE(head.headers.find("Content-Length: 10\r\n"), std::string::npos) << head.headers;
  EXPECT_NE(head.headers.find("Last-Modified: Sun, 06 Nov 1994 08:49:37 GMT\r\n"),
            std::string::npos)
      << head.headers;
}

TEST_F(volume, replaces_a_file_only_when_told_to) {
  EXPECT_EQ(file("PUT", "x", "one").status, 204);
  auto const refused = file("PUT", "x", "two");
  EXPECT_EQ(refused.status, 409);
  EXPECT_NE(refused.body.find("ALREADY_EXISTS"), std::string::npos) << refused.body;
  EXPECT_EQ(file("PUT", "x?overwrite=true", "three").status, 204);
  EXPECT_EQ(get("x").body, "three");
  EXPECT_EQ(file("PUT", "x?overwrite=perhaps", "four").status, 400);
  EXPECT_EQ(file("PUT", "x/below", "").status, 409) << "a file is no directory";
  EXPECT_EQ(directory("PUT", "/x").status, 409);
  EXPECT_EQ(get("x").body, "three");
}

TEST_F(volume, gives_ranges) {
  file("PUT", "x", "0123456789");
  struct {
    char const* range;
    int status;
    char const* body;
    char const* said;
  } const cases[] = {
      {"bytes=2-4", 206, "234", "bytes 2-4/10"},   {"bytes=8-99", 206, "89", "bytes 8-9/10"},
      {"bytes=9-", 206, "9", "bytes 9-9/10"},      {"bytes=-3", 206, "789", "bytes 7-9/10"},
      {"bytes=4-2", 200, "0123456789", nullptr},   {"lines=1-2", 200, "0123456789", nullptr},
      {"bytes=x-2", 200, "0123456789", nullptr},   {"bytes=12", 200, "0123456789", nullptr},
      {"bytes=10-11", 416, nullptr, "bytes */10"}, {"bytes=-0", 416, nullptr, "bytes */10"},
  };
  for (auto const& c : cases) {
    auto const got = get("x", c.range);
    EXPECT_EQ(got.status, c.status) << c.range;
    if (c.body != nullptr) {
      EXPECT_EQ(got.body, c.body) << c.range;
    }
    auto const said = c.said == nullptr ? std::string("Content-Length: 10\r\n")
                                        : std::string("Content-Range: ") + c.said + "\r\n";
    EXPECT_NE(got.headers.find(said), std::string::npos) << c.range << '\n' << got.headers;
  }
}

TEST_F(volume, sends_what_is_long_in_pieces) {
  std::string const text(files_api::small_bytes_max + 10, 'k');
  file("PUT", "x", text);
  auto const got = get("x");
  ASSERT_EQ(got.file.length, text.size());
  EXPECT_TRUE(got.body.empty());
  std::string piece(20, ' ');
  EXPECT_TRUE(core.read(got.file, text.size() - 20, std::as_writable_bytes(std::span(piece))));
  EXPECT_EQ(piece, text.substr(0, 20));
  file("PUT", "x?overwrite=true", text);
  EXPECT_FALSE(core.read(got.file, 0, std::as_writable_bytes(std::span(piece))))
      << "an answer is not sewn together of two files";
}

TEST_F(volume, notices_that_a_file_was_changed) {
  file("PUT", "x", "one");
  EXPECT_EQ(get("x", {}, "Sun, 06 Nov 1994 08:49:37 GMT").status, 200);
  EXPECT_EQ(get("x", {}, "Sun, 06 Nov 1994 08:49:36 GMT").status, 412);
  EXPECT_EQ(get("x", {}, "never").status, 200) << "no date is no condition";
  now.wall += 1s;
  file("PUT", "x?overwrite=true", "two");
  EXPECT_EQ(get("x", {}, "Sun, 06 Nov 1994 08:49:37 GMT").status, 412);
}

TEST_F(volume, lists_a_level_in_pages) {
  for (char const* name : {"a", "b", "c", "d/e", "f"}) file("PUT", name, name);
  auto const first = directory("GET", "?page_size=2");
  EXPECT_NE(first.body.find(R"("name":"a","is_directory":false,"file_size":1,)"), std::string::npos)
      << first.body;
  EXPECT_EQ(first.body.find(R"("name":"c")"), std::string::npos) << first.body;
  constexpr std::string_view mark = R"("next_page_token":")";
  auto const at = first.body.find(mark);
  ASSERT_NE(at, std::string::npos) << first.body;
  auto const token = first.body.substr(at + mark.size(), first.body.size() - at - mark.size() - 2);
  auto const second = directory("GET", "?page_token=" + token);
  EXPECT_NE(second.body.find(R"({"path":"/Volumes/main/default/v/d","name":"d",)"
                             R"("is_directory":true,"last_modified":784111777250})"),
            std::string::npos)
      << second.body;
  EXPECT_EQ(second.body.find("next_page_token"), std::string::npos) << second.body;
  EXPECT_EQ(directory("GET", "?page_token=*").status, 400);
  EXPECT_EQ(directory("GET", "?page_size=many").status, 400);
  EXPECT_EQ(directory("GET", "").body,
            R"({"contents":[)" + first.body.substr(13, at - 15) + ',' + second.body.substr(13))
      << "both pages are the whole";
}

TEST_F(volume, is_there_before_anything_is_in_it) {
  EXPECT_EQ(directory("GET", "").body, R"({"contents":[]})");
  EXPECT_EQ(directory("HEAD", "").status, 200);
  EXPECT_EQ(call("HEAD", "fs/directories/Volumes/main").status, 200);
  EXPECT_EQ(directory("GET", "/sub").status, 404);
  EXPECT_EQ(directory("HEAD", "/sub").status, 404);
  EXPECT_EQ(directory("PUT", "/sub/deep").status, 204);
  EXPECT_EQ(directory("PUT", "/sub/deep").status, 204);
  EXPECT_EQ(directory("HEAD", "/sub/deep").status, 200);
}

TEST_F(volume, deletes_files_and_empty_directories_each_by_its_own) {
  file("PUT", "d/x", "1");
  EXPECT_EQ(file("DELETE", "d").status, 404) << "no file";
  EXPECT_EQ(directory("DELETE", "/d/x").status, 404) << "no directory";
  auto const full = directory("DELETE", "/d");
  EXPECT_EQ(full.status, 400);
  EXPECT_NE(full.body.find("FILES_API_DIRECTORY_IS_NOT_EMPTY"), std::string::npos) << full.body;
  EXPECT_EQ(file("DELETE", "d/x").status, 204);
  EXPECT_EQ(file("DELETE", "d/x").status, 404);
  EXPECT_EQ(directory("DELETE", "/d").status, 204);
  EXPECT_EQ(directory("DELETE", "/d").status, 404);
}

TEST_F(volume, is_all_that_the_api_changes) {
  for (char const* path : {"Volumes/main/default/v", "Volumes/main", "tmp/x", "Volumes/../etc"}) {
    EXPECT_EQ(call("PUT", std::string("fs/files/") + path, "x").status, 400) << path;
  }
  EXPECT_EQ(call("PUT", "fs/directories/Volumes/main").status, 400);
  EXPECT_EQ(directory("DELETE", "").status, 400);
  EXPECT_EQ(call("GET", "fs/files/tmp/x").status, 400);
  EXPECT_EQ(call("GET", "fs/files/Volumes/main/default/v/%zz").status, 400);
  EXPECT_EQ(call("POST", "fs/files/Volumes/main/default/v/x").status, 405);
  EXPECT_EQ(call("GET", "fs/elsewhere").status, 501);
}

TEST_F(volume, is_out_of_reach_of_dbfs) {
  file("PUT", "x", "1");
  EXPECT_EQ(call("GET", "dbfs/list?path=%2F").body, "{}");
  EXPECT_EQ(call("GET", "dbfs/get-status?path=%2FVolumes%2Fmain").status, 400);
  EXPECT_EQ(call("GET", "dbfs/read?path=dbfs:%2F%2FVolumes%2Fmain%2Fdefault%2Fv%2Fx").status, 400);
  EXPECT_EQ(call("POST", "dbfs/delete", R"({"path":"/Volumes","recursive":true})").status, 400);
  EXPECT_EQ(
      call("POST", "dbfs/move", R"({"source_path":"/a","destination_path":"/Volumes/b"})").status,
      400);
  EXPECT_EQ(call("POST", "dbfs/mkdirs", R"({"path":"/Volumes2"})").status, 200);
}

}  // namespace
