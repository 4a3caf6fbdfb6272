#include "http/multipart.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>

namespace kiln::http {
namespace {

constexpr std::size_t boundary_bytes_max = 70;  // RFC 2046, 5.1.1

/// Text, a source, text: as one sequence of bytes.
class framed_source final : public byte_source {
 public:
  framed_source(std::string before, std::shared_ptr<byte_source> content, std::string after)
      : before_(std::move(before)), content_(std::move(content)), after_(std::move(after)) {}

  [[nodiscard]] std::uint64_t size() const noexcept override {
    return before_.size() + content_size_ + after_.size();
  }

  result<std::size_t> read(std::uint64_t offset, std::span<std::byte> into) override {
    std::size_t done = copy(before_, offset, into);
    auto const content_begin = std::uint64_t{before_.size()};
    auto const content_end = content_begin + content_size_;
    auto at = offset + done;
    if (done < into.size() && at >= content_begin && at < content_end) {
      auto const wanted =
          static_cast<std::size_t>(std::min<std::uint64_t>(into.size() - done, content_end - at));
      auto const got = content_->read(at - content_begin, into.subspan(done, wanted));
      if (!got) return got.error();
      done += *got;
      if (*got < wanted) return done;  // it ended early: what follows would be out of place
      at += *got;
    }
    if (at >= content_end) done += copy(after_, at - content_end, into.subspan(done));
    return done;
  }

 private:
  static std::size_t copy(std::string const& text, std::uint64_t offset,
                          std::span<std::byte> into) noexcept {
    if (offset >= text.size() || into.empty()) return 0;
    auto const begin = static_cast<std::size_t>(offset);
    auto const count = std::min(into.size(), text.size() - begin);
    std::memcpy(into.data(), text.data() + begin, count);
    return count;
  }

  std::string before_;
  std::shared_ptr<byte_source> content_;
  std::uint64_t content_size_ = content_->size();
  std::string after_;
};

bool is_boundary(std::string_view text) noexcept {
  constexpr std::string_view others = "'()+_,-./:=?";
  return !text.empty() && text.size() <= boundary_bytes_max &&
         std::ranges::all_of(text, [&](char c) {
           return ascii::is_alpha(c) || ascii::is_digit(c) ||
                  others.find(c) != std::string_view::npos;
         });
}

/// As browsers write names: a quote and control characters percent-encoded, the rest as it is.
void append_quoted(std::string& out, std::string_view text) {
  constexpr std::string_view digits = "0123456789ABCDEF";
  out += '"';
  for (char const c : text) {
    if (c != '"' && !ascii::is_control(c)) {
      out += c;
      continue;
    }
    auto const byte = static_cast<unsigned char>(c);
    out += '%';
    out += digits[byte >> 4];
    out += digits[byte & 15U];
  }
  out += '"';
}

void append_part_head(std::string& out, std::string_view boundary, std::string_view name) {
  out.append("--").append(boundary).append("\r\nContent-Disposition: form-data; name=");
  append_quoted(out, name);
}

}  // namespace

result<std::shared_ptr<byte_source>> make_multipart(std::string_view boundary,
                                                    std::span<form_field const> fields,
                                                    form_file const& file) {
  if (!is_boundary(boundary)) {
    return error(errc::invalid_argument, "a multipart boundary is 1 to " +
                                             std::to_string(boundary_bytes_max) +
                                             " letters, digits and marks");
  }
  if (!file.content) return error(errc::invalid_argument, "a multipart body needs a file source");
  if (file.content_type.empty() || std::ranges::any_of(file.content_type, ascii::is_control)) {
    return error(errc::invalid_argument, "the content type of a part must be one line");
  }
  std::string before;
  for (auto const& f : fields) {
    if (f.value.find(boundary) != std::string_view::npos) {
      return error(errc::invalid_argument, "a form field holds the multipart boundary");
    }
    append_part_head(before, boundary, f.name);
    before.append("\r\n\r\n").append(f.value).append("\r\n");
  }
  append_part_head(before, boundary, file.name);
  before += "; filename=";
  append_quoted(before, file.filename);
  before.append("\r\nContent-Type: ").append(file.content_type).append("\r\n\r\n");
  auto after = "\r\n--" + std::string(boundary) + "--\r\n";
  return std::make_shared<framed_source>(std::move(before), file.content, std::move(after));
}

std::string multipart_content_type(std::string_view boundary) {
  // Not every server knows quoted parameters, so quotes only where they are needed.
  std::string_view const quote = std::ranges::all_of(boundary, ascii::is_token) ? "" : "\"";
  return std::string("multipart/form-data; boundary=").append(quote).append(boundary).append(quote);
}

}  // namespace kiln::http
