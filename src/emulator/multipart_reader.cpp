#include "emulator/multipart_reader.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <cstring>

namespace kiln::emulation {

namespace {

constexpr std::size_t boundary_bytes_max = 70;  // RFC 2046

/// The value of `name=` in "kind; name=value; other=\"quoted\"".
std::optional<std::string> parameter(std::string_view header, std::string_view name) {
  std::size_t at = header.find(';');
  while (at < header.size()) {
    auto const equals = header.find('=', ++at);
    if (equals == header.npos) break;
    auto const key = ascii::trim(header.substr(at, equals - at));
    std::string value;
    at = equals + 1;
    if (at < header.size() && header[at] == '"') {
      for (++at; at < header.size() && header[at] != '"'; ++at) {
        if (header[at] == '\\' && at + 1 < header.size()) ++at;
        value += header[at];
      }
      if (at == header.size()) return std::nullopt;
      at = header.find(';', at);
    } else {
      auto const end = std::min(header.find(';', at), header.size());
      value = ascii::trim(header.substr(at, end - at));
      at = end;
    }
    if (ascii::equal_ignoring_case(key, name)) return value;
  }
  return std::nullopt;
}

std::string_view as_text(std::span<std::byte const> data) noexcept {
  return {reinterpret_cast<char const*>(data.data()), data.size()};
}

}  // namespace

std::optional<std::string> form_boundary(std::string_view content_type) {
  auto const kind = ascii::trim(content_type.substr(0, content_type.find(';')));
  if (!ascii::equal_ignoring_case(kind, "multipart/form-data")) return std::nullopt;
  auto boundary = parameter(content_type, "boundary");
  if (!boundary || boundary->empty() || boundary->size() > boundary_bytes_max) return std::nullopt;
  return boundary;
}

multipart_reader::multipart_reader(std::string_view boundary, form_receiver& into)
    : delimiter_("\r\n--" + std::string(boundary)), into_(into) {}

bool multipart_reader::feed(std::span<std::byte const> data) {
  auto text = as_text(data);
  while (!text.empty() && state_ != state::done && state_ != state::broken) {
    bool const in_content = state_ == state::preamble || state_ == state::content;
    text.remove_prefix(in_content ? search(text) : gather(text));
  }
  return state_ != state::broken;
}

bool multipart_reader::content_before(std::string_view text) {
  if (state_ == state::preamble || text.empty()) return true;
  if (into_.part_data(std::as_bytes(std::span(text)))) return true;
  state_ = state::broken;
  return false;
}

/// Looks for the delimiter; gives how much of `data` is dealt with.
std::size_t multipart_reader::search(std::string_view data) {
  auto const edge = delimiter_.size() - 1;  // so many bytes cannot hold a whole delimiter
  auto const found = [this](std::size_t used) {
    if (state_ == state::content && !into_.part_ends()) {
      state_ = state::broken;
    } else {
      state_ = state::after_delimiter;
    }
    text_.clear();
    held_.clear();
    return used;
  };
  if (!held_.empty()) {
    auto const taken = std::min(edge, data.size());
    auto const before = held_.size();
    held_ += data.substr(0, taken);
    auto const at = held_.find(delimiter_);
    if (at != held_.npos) {
      if (!content_before(std::string_view(held_).substr(0, at))) return data.size();
      return found(at + delimiter_.size() - before);
    }
    if (data.size() > edge) {  // whatever starts in what was held has ended
      held_.resize(before);
      if (!content_before(held_)) return data.size();
      held_.clear();
    } else {
      auto const keep = std::min(edge, held_.size());
      if (!content_before(std::string_view(held_).substr(0, held_.size() - keep))) {
        return data.size();
      }
      held_.erase(0, held_.size() - keep);
      return data.size();
    }
  }
  void const* hit = ::memmem(data.data(), data.size(), delimiter_.data(), delimiter_.size());
  if (hit != nullptr) {
    auto const at = static_cast<std::size_t>(static_cast<char const*>(hit) - data.data());
    if (!content_before(data.substr(0, at))) return data.size();
    return found(at + delimiter_.size());
  }
  auto const keep = std::min(edge, data.size());
  if (content_before(data.substr(0, data.size() - keep))) held_ = data.substr(data.size() - keep);
  return data.size();
}

/// Collects a delimiter's line, then a part's head.
std::size_t multipart_reader::gather(std::string_view data) {
  std::size_t used = 0;
  while (used < data.size() && (state_ == state::after_delimiter || state_ == state::head)) {
    text_ += data[used++];
    if (text_.size() > part_head_bytes_max) state_ = state::broken;
    if (state_ == state::after_delimiter) {
      auto const line = ascii::trim(text_);
      if (line == "--") {
        state_ = state::done;
      } else if (line == "\r\n") {
        state_ = state::head;
        text_.clear();
      } else if (line != "-" && line != "\r" && !line.empty()) {
        state_ = state::broken;
      }
    } else if (state_ == state::head && (text_ == "\r\n" || text_.ends_with("\r\n\r\n"))) {
      if (!begin_part()) state_ = state::broken;
    }
  }
  return used;
}

bool multipart_reader::begin_part() {
  if (++parts_ > parts_max) return false;
  std::string_view rest = text_;
  std::optional<std::string> name;
  while (!rest.empty()) {
    auto const end = rest.find("\r\n");
    auto const line = rest.substr(0, end);
    rest.remove_prefix(end + 2);
    auto const colon = line.find(':');
    if (colon == line.npos) continue;
    if (ascii::equal_ignoring_case(line.substr(0, colon), "content-disposition")) {
      name = parameter(line.substr(colon + 1), "name");
    }
  }
  if (!name || !into_.part_begins(*name)) return false;
  state_ = state::content;
  return true;
}

}  // namespace kiln::emulation
