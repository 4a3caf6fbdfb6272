#include "orchestrate/csv.hpp"

#include <kiln/matrix.hpp>

#include <gtest/gtest.h>

namespace kiln::orchestrate {
namespace {

using records = std::vector<std::vector<std::string>>;

records read_all(std::string_view text) {
  csv_reader reader(text);
  records out;
  for (;;) {
    auto const step = reader.next();
    if (step == csv_reader::step::end) return out;
    if (step == csv_reader::step::malformed) {
      out.push_back({"line " + std::to_string(reader.line()), reader.fault()});
    } else {
      out.push_back(reader.fields());
    }
  }
}

TEST(csv, reads_records_with_either_line_end_and_without_the_last) {
  EXPECT_EQ(read_all("a,b\r\n1,2\n3,4"), (records{{"a", "b"}, {"1", "2"}, {"3", "4"}}));
  EXPECT_EQ(read_all("a,b\n"), (records{{"a", "b"}}));
  EXPECT_EQ(read_all(""), records{});
}

TEST(csv, keeps_blanks_commas_quotes_and_line_ends_of_quoted_fields) {
  EXPECT_EQ(read_all("\"a,b\",\"say \"\"hi\"\"\",\"two\r\nlines\", x \n"),
            (records{{"a,b", "say \"hi\"", "two\r\nlines", " x "}}));
  EXPECT_EQ(read_all("\"\",,\"\"\n"), (records{{"", "", ""}}));
  EXPECT_EQ(read_all("a,\n"), (records{{"a", ""}}));
  EXPECT_EQ(read_all("a,"), (records{{"a", ""}}));
}

TEST(csv, passes_over_a_byte_order_mark_and_blank_lines) {
  EXPECT_EQ(read_all("\xEF\xBB\xBF"
                     "a\n\n\r\n1\n\n"),
            (records{{"a"}, {"1"}}));
}

TEST(csv, tells_the_line_a_record_begins_on) {
  csv_reader reader("a\n\"x\ny\"\n\nb\n");
  std::vector<std::uint64_t> lines;
  while (reader.next() == csv_reader::step::record) lines.push_back(reader.line());
  EXPECT_EQ(lines, (std::vector<std::uint64_t>{1, 2, 5}));
}

TEST(csv, names_line_and_field_of_what_is_malformed_and_goes_on_behind_it) {
  EXPECT_EQ(read_all("a,b\n1,x\"y\n3,4\n"),
            (records{{"a", "b"},
                     {"line 2",
                      "field 2: a quote inside a field without quotes; it must stand in quotes, as "
                      "\"\""},
                     {"3", "4"}}));
  EXPECT_EQ(
      read_all("\"a\"b,c\nd\n"),
      (records{{"line 1", "field 1: text behind its closing quote; a quote inside is written \"\""},
               {"d"}}));
  EXPECT_EQ(
      read_all("a\rb\nc\n"),
      (records{{"line 1", "field 1: a carriage return inside a field without quotes"}, {"c"}}));
  EXPECT_EQ(read_all("a\nb,\"c\nd\n"),
            (records{{"a"}, {"line 2", "field 2: the quote that opens it is never closed"}}));
}

TEST(csv, bounds_the_fields_of_a_record) {
  std::string const full(matrix::columns_max - 1, ',');
  EXPECT_EQ(read_all(full).at(0).size(), matrix::columns_max);
  EXPECT_EQ(read_all(full + ",\nb"),
            (records{{"line 1", "field 1024: more fields than 1024"}, {"b"}}));
}

TEST(csv, goes_back_to_a_place) {
  csv_reader reader("a\nb\nc\n");
  EXPECT_EQ(reader.next(), csv_reader::step::record);
  auto const place = reader.here();
  EXPECT_EQ(reader.next(), csv_reader::step::record);
  EXPECT_EQ(reader.next(), csv_reader::step::record);
  reader.go_to(place);
  EXPECT_EQ(reader.next(), csv_reader::step::record);
  EXPECT_EQ(reader.fields().at(0), "b");
  EXPECT_EQ(reader.line(), 2U);
}

}  // namespace
}  // namespace kiln::orchestrate
