#include "http/multipart.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace kiln::http {
namespace {

std::shared_ptr<byte_source> source_of(std::string_view text) {
  return make_memory_source(std::as_bytes(std::span(text.data(), text.size())));
}

std::string read(byte_source& source, std::uint64_t offset, std::size_t size) {
  std::string out(size, '?');
  auto const got = source.read(offset, std::as_writable_bytes(std::span(out)));
  EXPECT_TRUE(got);
  out.resize(got.value());
  return out;
}

std::string const expected =
    "--b0undary\r\nContent-Disposition: form-data; name=\"path\"\r\n\r\n/tmp/x\r\n"
    "--b0undary\r\nContent-Disposition: form-data; name=\"overwrite\"\r\n\r\ntrue\r\n"
    "--b0undary\r\nContent-Disposition: form-data; name=\"contents\"; filename=\"x\"\r\n"
    "Content-Type: application/octet-stream\r\n\r\nthe file\r\n--b0undary--\r\n";

std::shared_ptr<byte_source> sample(std::shared_ptr<byte_source> content) {
  std::vector<form_field> const fields{{"path", "/tmp/x"}, {"overwrite", "true"}};
  form_file file;
  file.name = "contents";
  file.filename = "x";
  file.content = std::move(content);
  return make_multipart("b0undary", fields, file).value();
}

TEST(multipart, has_the_exact_bytes_and_the_exact_size) {
  auto const body = sample(source_of("the file"));
  EXPECT_EQ(body->size(), expected.size());
  EXPECT_EQ(read(*body, 0, 10'000), expected);
}

TEST(multipart, reads_any_range_across_its_borders) {
  auto const body = sample(source_of("the file"));
  for (std::size_t offset = 0; offset <= expected.size() + 2; ++offset) {
    for (std::size_t const size : {0U, 1U, 2U, 9U, 64U, 500U}) {
      auto const want = offset < expected.size() ? expected.substr(offset, size) : "";
      ASSERT_EQ(read(*body, offset, size), want) << offset << " " << size;
    }
  }
}

TEST(multipart, takes_an_empty_file) {
  auto const body = sample(source_of(""));
  auto const text = read(*body, 0, 10'000);
  EXPECT_EQ(text.size(), body->size());
  EXPECT_TRUE(text.ends_with("octet-stream\r\n\r\n\r\n--b0undary--\r\n"));
}

/// Says 8 bytes and ends, or fails, after 3.
class bad_source final : public byte_source {
 public:
  explicit bad_source(bool fails) : fails_(fails) {}
  [[nodiscard]] std::uint64_t size() const noexcept override { return 8; }
  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
    if (offset + into.size() <= 3) return into.size();
    if (fails_) return error(errc::file_failed, "bad disk");
    return static_cast<std::size_t>(offset < 3 ? 3 - offset : 0);
  }

 private:
  bool fails_;
};

TEST(multipart, ends_early_where_its_file_does) {
  auto const body = sample(std::make_shared<bad_source>(false));
  auto const got = read(*body, 0, 10'000);
  EXPECT_EQ(got.size(), expected.find("the file") + 3);
}

TEST(multipart, fails_as_its_file_does) {
  auto const body = sample(std::make_shared<bad_source>(true));
  std::vector<std::byte> buffer(10'000);
  auto const got = body->read(0, buffer);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code(), errc::file_failed);
}

TEST(multipart, escapes_names_so_that_they_cannot_end_the_line) {
  std::vector<form_field> const fields{{"a\"b\r\nX: y", "v"}};
  form_file file;
  file.name = "f";
  file.filename = std::string_view("d\xc3\xa4\"\0.bin", 9);
  file.content = source_of("");
  auto const text = read(*make_multipart("b", fields, file).value(), 0, 10'000);
  EXPECT_NE(text.find("name=\"a%22b%0D%0AX: y\"\r\n"), std::string::npos) << text;
  EXPECT_NE(text.find("filename=\"d\xc3\xa4%22%00.bin\"\r\n"), std::string::npos) << text;
}

TEST(multipart, refuses_what_would_break_its_framing) {
  form_file file;
  file.name = "f";
  file.content = source_of("x");
  for (auto const& bad :
       std::vector<std::string>{"", "a b", "a\r\n", "a\"b", std::string(71, 'a')}) {
    EXPECT_FALSE(make_multipart(bad, {}, file)) << bad;
  }
  EXPECT_TRUE(make_multipart(std::string(70, 'a'), {}, file));
  std::vector<form_field> const fields{{"a", "x\r\n--bound--"}};
  EXPECT_FALSE(make_multipart("bound", fields, file));
  auto typed = file;
  typed.content_type = "text/plain\r\nX: y";
  EXPECT_FALSE(make_multipart("bound", {}, typed));
  auto empty = file;
  empty.content = nullptr;
  EXPECT_FALSE(make_multipart("bound", {}, empty));
}

TEST(multipart, quotes_the_boundary_only_where_it_must) {
  EXPECT_EQ(multipart_content_type("ab12"), "multipart/form-data; boundary=ab12");
  EXPECT_EQ(multipart_content_type("a:b"), "multipart/form-data; boundary=\"a:b\"");
}

}  // namespace
}  // namespace kiln::http
