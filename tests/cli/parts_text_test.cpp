#include "cli/api_request.hpp"
#include "cli/exit_code.hpp"
#include "cli/json_text.hpp"
#include "cli/path.hpp"
#include "cli/quantity.hpp"
#include "cli/suggest.hpp"
#include "cli/usage_error.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <vector>

namespace kiln::cli {
namespace {

using std::chrono::milliseconds;

TEST(durations, are_read_with_and_without_a_unit) {
  EXPECT_EQ(parse_duration("50ms"), milliseconds(50));
  EXPECT_EQ(parse_duration("1.5s"), milliseconds(1'500));
  EXPECT_EQ(parse_duration("2m"), milliseconds(120'000));
  EXPECT_EQ(parse_duration("1h"), milliseconds(3'600'000));
  EXPECT_EQ(parse_duration("3"), milliseconds(3'000));
  EXPECT_EQ(parse_duration("0"), milliseconds(0));
}

TEST(durations, that_are_none_are_refused) {
  for (auto const* text : {"", "s", "-1s", "5 parsecs", "1e3s", "nan", "inf", "8000h", "1s2"}) {
    EXPECT_FALSE(parse_duration(text)) << text;
  }
}

TEST(sizes, count_in_1024s_unless_written_as_KB) {
  EXPECT_EQ(parse_size("512"), 512U);
  EXPECT_EQ(parse_size("64KiB"), 65'536U);
  EXPECT_EQ(parse_size("64K"), 65'536U);
  EXPECT_EQ(parse_size("1.5MB"), 1'500'000U);
  EXPECT_EQ(parse_size("2 GiB"), 2'147'483'648U);
}

TEST(sizes, that_are_none_are_refused) {
  for (auto const* text : {"", "MiB", "-1", "1QB", "9000000TiB", "0x10"}) {
    EXPECT_FALSE(parse_size(text)) << text;
  }
}

TEST(sizes, are_shown_in_the_unit_that_keeps_them_below_1024) {
  EXPECT_EQ(human_size(0), "0 B");
  EXPECT_EQ(human_size(1'023), "1023 B");
  EXPECT_EQ(human_size(1'536), "1.5 KiB");
  EXPECT_EQ(human_size((1U << 20) - 1), "1.0 MiB");
  EXPECT_EQ(human_size(~std::uint64_t{0}), "16.0 EiB");
}

TEST(durations, are_shown_in_the_unit_people_would_use) {
  EXPECT_EQ(human_duration(milliseconds(999)), "999 ms");
  EXPECT_EQ(human_duration(milliseconds(1'250)), "1.2 s");
  EXPECT_EQ(human_duration(milliseconds(59'960)), "1 m 00 s");
  EXPECT_EQ(human_duration(milliseconds(184'000)), "3 m 04 s");
  EXPECT_EQ(human_duration(milliseconds(7'500'000)), "2 h 05 m");
}

TEST(numbers, are_grouped_and_counted) {
  EXPECT_EQ(grouped(0), "0");
  EXPECT_EQ(grouped(999), "999");
  EXPECT_EQ(grouped(1'234'567), "1,234,567");
  EXPECT_EQ(counted(1, "directory"), "1 directory");
  EXPECT_EQ(counted(2'000, "directory"), "2,000 directories");
  EXPECT_EQ(counted(0, "file"), "0 files");
}

TEST(edit_distance, counts_a_swap_of_neighbours_once) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("abc", ""), 3U);
  EXPECT_EQ(edit_distance("mkdri", "mkdir"), 1U);
  EXPECT_EQ(edit_distance("--overwite", "--overwrite"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

TEST(nearest, names_what_was_probably_meant_and_nothing_when_all_is_far) {
  std::vector<std::string> const known{"cp", "ls", "cat", "rm", "mkdir", "stat", "du"};
  EXPECT_EQ(nearest("mdkir", known), "mkdir");
  EXPECT_EQ(nearest("sta", known), "stat");
  EXPECT_EQ(nearest("upload", known), "");
  EXPECT_EQ(nearest("", known), "");
  EXPECT_EQ(nearest(std::string(1'000, 'x'), known), "");
}

TEST(remote_path, is_absolute_and_without_doubled_slashes) {
  EXPECT_EQ(remote_path("dbfs:/"), "/");
  EXPECT_EQ(remote_path("dbfs:/a/b/"), "/a/b");
  EXPECT_EQ(remote_path("dbfs://a///b"), "/a/b");
  EXPECT_TRUE(is_remote("dbfs:/x"));
  EXPECT_FALSE(is_remote("./dbfs:/x"));
}

std::string complaint(std::string const& argument) {
  try {
    return remote_path(argument);
  } catch (usage_error const& e) {
    return e.what();
  }
}

TEST(remote_path, says_what_was_probably_meant) {
  EXPECT_NE(complaint("/tmp/x").find("did you mean dbfs:/tmp/x?"), std::string::npos);
  EXPECT_NE(complaint("/dbfs/tmp/x").find("did you mean dbfs:/tmp/x?"), std::string::npos);
  EXPECT_NE(complaint("dbfs:tmp").find("did you mean dbfs:/tmp?"), std::string::npos);
}

TEST(relative_to, cuts_only_whole_components) {
  EXPECT_EQ(relative_to("/tmp/a/b", "/tmp"), "a/b");
  EXPECT_EQ(relative_to("/tmpfile", "/tmp"), "/tmpfile");
  EXPECT_EQ(relative_to("/a", "/"), "a");
  EXPECT_EQ(base_name("/a/b"), "b");
  EXPECT_EQ(base_name("/"), "/");
}

TEST(json_string, escapes_what_json_forbids_and_replaces_what_is_no_utf8) {
  EXPECT_EQ(json_string("a\"b\\c\n\x01"), R"("a\"b\\c\n\u0001")");
  EXPECT_EQ(json_string("gr\xC3\xBC\xC3\x9F\x65"), "\"gr\xC3\xBC\xC3\x9F\x65\"");
  EXPECT_EQ(json_string("\xF0\x9F\x94\xA5"), "\"\xF0\x9F\x94\xA5\"");
  EXPECT_EQ(json_string("\xC3"), "\"\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\xC0\x80"), "\"\xEF\xBF\xBD\xEF\xBF\xBD\"");
  EXPECT_EQ(json_string("\xED\xA0\x80").size(), 2U + 3 * 3U);
}

TEST(json_object, keeps_the_order_and_the_exact_integers) {
  auto const text = json_object()
                        .number("big", ~std::uint64_t{0})
                        .flag("yes", true)
                        .member("list", "[1]")
                        .finish();
  EXPECT_EQ(text, R"({"big":18446744073709551615,"yes":true,"list":[1]})");
}

TEST(api_fields, become_a_body_in_their_order) {
  EXPECT_EQ(body_of({"path=/tmp/x", "overwrite:=true", "note=a=b"}),
            R"({"path":"/tmp/x","overwrite":true,"note":"a=b"})");
  EXPECT_EQ(body_of({}), "{}");
}

TEST(api_fields, become_a_query_with_everything_reserved_encoded) {
  EXPECT_EQ(path_with_query("/api/x", {"path=/a b", "q=\xC3\xA9&"}),
            "/api/x?path=%2Fa%20b&q=%C3%A9%26");
  EXPECT_EQ(path_with_query("/api/x?a=1", {"b=2"}), "/api/x?a=1&b=2");
  EXPECT_EQ(path_with_query("/api/x", {}), "/api/x");
}

TEST(api_fields, that_are_none_are_refused) {
  EXPECT_THROW(static_cast<void>(body_of({"path"})), usage_error);
  EXPECT_THROW(static_cast<void>(body_of({"=x"})), usage_error);
  EXPECT_THROW(static_cast<void>(body_of({":=1"})), usage_error);
  EXPECT_THROW(static_cast<void>(body_of({"a:="})), usage_error);
  EXPECT_THROW(static_cast<void>(body_of({"a=1", "a=2"})), usage_error);
}

TEST(exit_codes, tell_apart_what_a_script_wants_to_tell_apart) {
  EXPECT_EQ(exit_code_of(errc::cancelled), exit_code::interrupted);
  EXPECT_EQ(exit_code_of(errc::invalid_argument), exit_code::usage);
  EXPECT_EQ(exit_code_of(errc::unauthenticated), exit_code::denied);
  EXPECT_EQ(exit_code_of(errc::permission_denied), exit_code::denied);
  EXPECT_EQ(exit_code_of(errc::not_found), exit_code::not_found);
  EXPECT_EQ(exit_code_of(errc::file_not_found), exit_code::not_found);
  EXPECT_EQ(exit_code_of(errc::unavailable), exit_code::temporary);
  EXPECT_EQ(exit_code_of(errc::throttled), exit_code::temporary);
  EXPECT_EQ(exit_code_of(errc::deadline_exceeded), exit_code::own_limit);
  EXPECT_EQ(exit_code_of(errc::queue_full), exit_code::own_limit);
  EXPECT_EQ(exit_code_of(errc::already_exists), exit_code::other);
  EXPECT_EQ(exit_code_of(errc::none), exit_code::ok);
}

TEST(exit_codes, of_a_transfer_are_those_of_its_only_item_or_say_that_some_failed) {
  transfer_report report;
  EXPECT_EQ(exit_code_of(report), exit_code::ok);
  report.failures.push_back({{}, error(errc::not_found, "gone")});
  report.files_failed = 1;
  EXPECT_EQ(exit_code_of(report), exit_code::not_found);
  report.files_done = 1;
  EXPECT_EQ(exit_code_of(report), exit_code::some_failed);
}

}  // namespace
}  // namespace kiln::cli
