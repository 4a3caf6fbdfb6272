#include "fuzz/emulator_target.hpp"

#include "emulator/multipart_reader.hpp"
#include "emulator/request_reader.hpp"

#include <algorithm>
#include <optional>
#include <span>
#include <string>

namespace kiln::fuzz {
namespace {

using namespace kiln::emulation;

std::span<std::byte const> bytes_of(std::string_view text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}
std::string_view text_of(std::span<std::byte const> data) {
  return {reinterpret_cast<char const*>(data.data()), data.size()};
}

struct body {
  std::string content;
  int refused = 0;
  bool done = false;
  bool operator==(body const&) const = default;
};

// `piece`: how much comes at a time.
std::optional<body> read_body(request_head const& head, std::string_view text, std::size_t piece) {
  body out;
  body_framing framing(head);
  while (!text.empty() && !framing.done()) {
    auto part = bytes_of(text.substr(0, piece));
    auto const step = framing.next(part);
    if (!step) {
      out.refused = step.error().status;
      break;
    }
    bool const inside = step->content.empty() ||
                        (step->content.data() >= part.data() &&
                         step->content.data() + step->content.size() <= part.data() + part.size());
    if (!inside || step->used > part.size() || step->used == 0) return std::nullopt;
    out.content += text_of(step->content);
    text.remove_prefix(step->used);
  }
  out.done = framing.done();
  return out;
}

// A form as one text: what follows a zero is a part's name, what follows a one its content.
class form_text final : public form_receiver {
 public:
  bool part_begins(std::string const& name) override {
    if (open_) return false;
    open_ = true;
    (out += '\0') += name + '\1';
    return true;
  }
  bool part_data(std::span<std::byte const> piece) override {
    out += text_of(piece);
    return open_;
  }
  bool part_ends() override {
    bool const was = open_;
    open_ = false;
    return was;
  }
  std::string out;

 private:
  bool open_ = false;
};

struct form {
  std::string parts;
  bool good = true;
  bool complete = false;
  bool operator==(form const&) const = default;
};

form read_form(std::string_view boundary, std::string_view text, std::size_t piece) {
  form_text heard;
  multipart_reader reader(boundary, heard);
  form out;
  for (; out.good && !text.empty(); text.remove_prefix(std::min(piece, text.size()))) {
    out.good = reader.feed(bytes_of(text.substr(0, piece)));
  }
  out.complete = reader.complete();
  // Of a broken one it depends on the cut how much had been handed on.
  if (out.good) out.parts = heard.out;
  return out;
}

}  // namespace

std::string_view fuzz_emulated_request(std::string_view text) {
  request_head head;
  auto const size = read_head(text, head);
  if (!size) {
    auto const status = size.error().status;
    return status >= 400 && status <= 599 && !size.error().message.empty() ? ""
                                                                           : "a refusal says why";
  }
  if (*size == 0) return text.size() < request_head_bytes_max ? "" : "a head has an end";
  if (*size > text.size()) return "a head lies in what came";
  for (std::size_t cut = 0; cut < *size; cut += 1 + *size / 40) {
    request_head unused;
    auto const early = read_head(text.substr(0, cut), unused);
    if (!early || *early != 0) return "a part of a head is no head";
  }
  text.remove_prefix(*size);
  auto const whole = read_body(head, text, text.size() + 1);
  if (!whole) return "what is used lies in what came";
  if (head.content_length && !head.chunked && whole->content.size() > *head.content_length) {
    return "a body is as long as its head says";
  }
  if (!head.has_body() && !whole->content.empty()) return "no body has no content";
  for (std::size_t const piece : {1U, 2U, 7U}) {
    if (read_body(head, text, piece) != whole) return "a body is the same in pieces";
  }
  auto const boundary = form_boundary(head.content_type);
  if (!boundary || boundary->empty()) return {};
  auto const parts = read_form(*boundary, whole->content, whole->content.size() + 1);
  for (std::size_t const piece : {1U, 2U, 7U}) {
    if (read_form(*boundary, whole->content, piece) != parts) return "a form is the same in pieces";
  }
  return {};
}

}  // namespace kiln::fuzz
