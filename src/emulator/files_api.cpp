#include "emulator/files_api.hpp"

#include "core/limits.hpp"
#include "emulator/dbfs_path.hpp"
#include "http/date.hpp"
#include "json/base64.hpp"

#include <algorithm>
#include <charconv>
#include <optional>
#include <utility>

namespace kiln::emulation {

namespace {

constexpr std::string_view files_prefix = "/api/2.0/fs/files";
constexpr std::string_view directories_prefix = "/api/2.0/fs/directories";

/// What follows the prefix, with its slash; nullopt for another path.
std::optional<std::string_view> behind(std::string_view prefix, std::string_view path) noexcept {
  if (!path.starts_with(prefix)) return std::nullopt;
  path.remove_prefix(prefix.size());
  if (!path.starts_with('/')) return std::nullopt;
  return path;
}

/// In a path '+' stands for itself.
outcome<std::string> decoded_path(std::string_view text) {
  std::string plain;
  for (char const c : text) {
    if (c == '+') {
      plain += "%2B";
    } else {
      plain += c;
    }
  }
  auto out = percent_decoded(plain);
  if (!out) return api_error{400, "MALFORMED_REQUEST", "The path cannot be decoded"};
  return std::move(*out);
}

outcome<std::string> query_value(std::string_view query, std::string_view name) {
  auto const all = parse_query(query);
  if (!all) return all.error();
  for (auto const& [key, value] : *all) {
    if (key == name) return value;
  }
  return std::string();
}

api_reply no_content() {
  api_reply out;
  out.status = 204;
  out.body.clear();
  return out;
}
api_reply no_content_of(outcome<void> const& done) {
  return done ? no_content() : to_reply(done.error());
}

/// With what the service says beside the code.
api_reply not_empty(api_error const& e) {
  api_reply out;
  out.status = e.status;
  out.body = R"({"error_code":")" + e.code + R"(","message":)" + json_quoted(e.message) +
             R"(,"details":[{"@type":"type.googleapis.com/google.rpc.ErrorInfo",)"
             R"("reason":"FILES_API_DIRECTORY_IS_NOT_EMPTY",)"
             R"("domain":"filesystem.databricks.com"}]})";
  return out;
}

std::chrono::sys_seconds second_of(std::int64_t ms) {
  return std::chrono::floor<std::chrono::seconds>(
      std::chrono::sys_time<std::chrono::milliseconds>(std::chrono::milliseconds(ms)));
}

struct span_of_file {
  std::uint64_t first = 0;
  std::uint64_t length = 0;
};

std::optional<std::uint64_t> number_of(std::string_view text) noexcept {
  std::uint64_t out = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

/// One range of bytes; nullopt for a header that says anything else, which is as if it were not
/// there. A length of 0 cannot be satisfied.
std::optional<span_of_file> range_of(std::string_view header, std::uint64_t size) {
  constexpr std::string_view unit = "bytes=";
  if (!header.starts_with(unit)) return std::nullopt;
  header.remove_prefix(unit.size());
  auto const dash = header.find('-');
  if (dash == std::string_view::npos) return std::nullopt;
  auto const before = header.substr(0, dash);
  auto const after = header.substr(dash + 1);
  if (before.empty()) {  // the last so many
    auto const count = number_of(after);
    if (!count) return std::nullopt;
    auto const length = std::min(*count, size);
    return span_of_file{size - length, length};
  }
  auto const first = number_of(before);
  auto const last = after.empty() ? std::optional<std::uint64_t>(UINT64_MAX) : number_of(after);
  if (!first || !last || *last < *first) return std::nullopt;
  if (*first >= size) return span_of_file{size, 0};
  return span_of_file{*first, std::min(*last, size - 1) - *first + 1};
}

api_reply content_reply(dbfs_state::range const& from, std::uint64_t size, std::string headers,
                        std::string_view range) {
  auto const part = range_of(range, size);
  api_reply out;
  out.content_type = "application/octet-stream";
  out.headers = std::move(headers);
  if (part && part->length == 0) {
    out = to_reply({416, "INVALID_PARAMETER_VALUE", "The range lies behind the end of the file"});
    out.headers = "Content-Range: bytes */" + std::to_string(size) + "\r\n";
    return out;
  }
  auto const sent = part.value_or(span_of_file{0, size});
  if (part) {
    out.status = 206;
    out.headers += "Content-Range: bytes " + std::to_string(sent.first) + '-' +
                   std::to_string(sent.first + sent.length - 1) + '/' + std::to_string(size) +
                   "\r\n";
  }
  out.headers += "Content-Length: " + std::to_string(sent.length) + "\r\n";
  out.body.clear();
  if (sent.length > files_api::small_bytes_max) {
    out.file = {from.from, from.path, sent.first, sent.length};
    return out;
  }
  out.body.resize(static_cast<std::size_t>(sent.length));
  auto const done =
      from.from->read(from.path, sent.first, std::as_writable_bytes(std::span(out.body)));
  return done ? out : to_reply({500, "INTERNAL_ERROR", done.error().message()});
}

void append_entry(std::string& out, dbfs_info const& info) {
  out += R"({"path":)" + json_quoted(info.path);
  out += R"(,"name":)" + json_quoted(split_last(info.path).second);
  out += info.is_dir ? R"(,"is_directory":true)" : R"(,"is_directory":false)";
  if (!info.is_dir) out += R"(,"file_size":)" + std::to_string(info.file_size);
  out += R"(,"last_modified":)" + std::to_string(info.modified_ms) + '}';
}

std::string token_of(std::string_view name) {
  std::string out;
  kiln::json::append_base64(out, std::as_bytes(std::span(name)));
  return out;
}

outcome<std::string> name_of(std::string_view token) {
  std::string out(kiln::json::base64_decoded_size(token), '\0');
  auto const n = kiln::json::base64_decode(token, std::as_writable_bytes(std::span(out)));
  if (!n) return invalid_parameter("The page_token is not one of this listing");
  out.resize(*n);
  return out;
}

}  // namespace

raw_upload::raw_upload(std::string_view path, std::string_view query,
                       std::shared_ptr<storage> store)
    : path_(path), query_(query) {
  auto fresh = store->create();
  if (fresh) {
    contents_ = std::move(*fresh);
  } else {
    failed_ = {500, "INTERNAL_ERROR", fresh.error().message()};
  }
}

void raw_upload::feed(std::span<std::byte const> data) {
  if (!contents_) return;
  if (contents_->size() + data.size() > limits::files_upload_bytes_max) {
    failed_ = {413, "INVALID_PARAMETER_VALUE", "The file has more than 5 GiB"};
    contents_.reset();
  } else if (auto const done = contents_->append(data); !done) {
    failed_ = {500, "INTERNAL_ERROR", done.error().message()};
    contents_.reset();
  }
}

api_reply raw_upload::finish(dbfs_state& files, moment now) {
  return no_content_of(commit(files, now));
}

outcome<void> raw_upload::commit(dbfs_state& files, moment now) {
  if (failed_.status != 0) return failed_;
  auto const path = decoded_path(behind(files_prefix, path_).value_or(""));
  if (!path) return path.error();
  auto const overwrite = query_value(query_, "overwrite");
  if (!overwrite) return overwrite.error();
  if (!overwrite->empty() && *overwrite != "true" && *overwrite != "false") {
    return invalid_parameter("overwrite is neither true nor false");
  }
  return files_state(files).upload(*path, std::move(contents_), *overwrite == "true", now);
}

bool files_api::takes_content(std::string_view method, std::string_view path) noexcept {
  return method == "PUT" && behind(files_prefix, path);
}

std::string_view files_api::verbs_of(std::string_view path) const noexcept {
  if (behind(files_prefix, path) || behind(directories_prefix, path)) {
    return "DELETE, GET, HEAD, PUT";
  }
  return {};
}

api_reply files_api::handle(api_request const& request, moment now) {
  auto const of_file = behind(files_prefix, request.path);
  auto const of_directory = behind(directories_prefix, request.path);
  auto const path = decoded_path(of_file ? *of_file : of_directory.value_or(""));
  if (!path) return to_reply(path.error());
  return of_file ? file(*path, request) : directory(*path, request, now);
}

api_reply files_api::file(std::string const& path, api_request const& request) {
  if (request.method == "DELETE") return no_content_of(state_.remove_file(path));
  auto const info = state_.file(path);
  if (!info) return to_reply(info.error());
  auto const changed = second_of(info->modified_ms);
  auto const asked = http::parse_date(request.unmodified_since, changed);
  if (asked && changed > *asked) {
    return to_reply({412, "PRECONDITION_FAILED", "The file was modified: " + path});
  }
  std::string headers = "Last-Modified: " + http::date_text(changed) + "\r\n";
  if (request.method == "HEAD") {
    auto out = no_content();
    out.status = 200;
    out.content_type = "application/octet-stream";
    out.headers = headers + "Content-Length: " + std::to_string(info->file_size) + "\r\n";
    return out;
  }
  auto const from = state_.read(path);
  if (!from) return to_reply(from.error());
  return content_reply(*from, info->file_size, std::move(headers), request.range);
}

api_reply files_api::directory(std::string const& path, api_request const& request, moment now) {
  if (request.method == "GET") return list(path, request.query);
  if (request.method == "PUT") return no_content_of(state_.create_directory(path, now));
  if (request.method == "DELETE") {
    auto const done = state_.remove_directory(path);
    return !done && done.error().code == "BAD_REQUEST" ? not_empty(done.error())
                                                       : no_content_of(done);
  }
  auto out = no_content_of(state_.directory(path));
  if (out.status == 204) out.status = 200;
  return out;
}

api_reply files_api::list(std::string const& path, std::string_view query) {
  auto const token = query_value(query, "page_token");
  if (!token) return to_reply(token.error());
  auto const after = name_of(*token);
  if (!after) return to_reply(after.error());
  auto const size = query_value(query, "page_size");
  if (!size) return to_reply(size.error());
  auto const asked = size->empty() ? std::optional<std::uint64_t>(page_max) : number_of(*size);
  if (!asked) return to_reply(invalid_parameter("page_size is not a number"));
  auto const count =
      static_cast<std::size_t>(*asked == 0 ? page_max : std::min<std::uint64_t>(*asked, page_max));
  auto entries = state_.list(path, *after, count + 1);
  if (!entries) return to_reply(entries.error());
  bool const more = entries->size() > count;
  if (more) entries->pop_back();
  api_reply out;
  out.body = R"({"contents":[)";
  for (auto const& entry : *entries) {
    if (&entry != &entries->front()) out.body += ',';
    append_entry(out.body, entry);
  }
  out.body += ']';
  if (more) {
    auto const last = split_last(entries->back().path).second;
    out.body += R"(,"next_page_token":)" + json_quoted(token_of(last));
  }
  out.body += '}';
  return out;
}

}  // namespace kiln::emulation
