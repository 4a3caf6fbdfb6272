#include "emulator/dbfs_api.hpp"

#include "core/limits.hpp"
#include "emulator/dbfs_path.hpp"
#include "json/base64.hpp"

#include <kiln/bytes.hpp>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/value.hpp>

#include <array>
#include <charconv>
#include <cstring>
#include <optional>
#include <utility>

namespace kiln::emulation {

namespace {

namespace bj = boost::json;

constexpr std::string_view dbfs_prefix = "/api/2.0/dbfs/";

struct route {
  std::string_view name;
  std::string_view verb;
};
constexpr std::array<route, 10> routes{{{"create", "POST"},
                                        {"add-block", "POST"},
                                        {"close", "POST"},
                                        {"put", "POST"},
                                        {"delete", "POST"},
                                        {"mkdirs", "POST"},
                                        {"move", "POST"},
                                        {"get-status", "GET"},
                                        {"list", "GET"},
                                        {"read", "GET"}}};

api_error malformed(std::string message) { return {400, "MALFORMED_REQUEST", std::move(message)}; }

std::optional<std::int64_t> parse_int64(std::string_view text) {
  std::int64_t value = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Volumes have an API of their own.
constexpr std::string_view volumes_root = "/Volumes";
bool is_elsewhere(std::string_view path) {
  auto const normal = normal_path(path);
  return normal && is_within(*normal, volumes_root);
}
api_error elsewhere() { return invalid_parameter("No operations allowed on this path"); }

/// The members of a JSON body or of a query, with the leniency of the service: integers and
/// booleans may come as text.
class arguments {
 public:
  static outcome<arguments> of_body(std::string_view body) {
    arguments out;
    if (body.empty()) return out;
    bj::error_code code;
    auto value = bj::parse(bj::string_view(body.data(), body.size()), code);
    if (code) return malformed("The request body is not valid JSON: " + code.message());
    if (!value.is_object()) return malformed("The request body is not a JSON object");
    out.members_ = std::move(value.get_object());
    return out;
  }
  static outcome<arguments> of_query(std::string_view query) {
    auto parameters = parse_query(query);
    if (!parameters) return parameters.error();
    arguments out;
    for (auto const& [name, value] : *parameters) out.members_[name] = value;
    return out;
  }

  outcome<std::string_view> text(std::string_view name) const {
    auto const* value = find(name);
    if (value == nullptr) return missing_field(name);
    if (!value->is_string()) return wrong_type(name, "a string");
    auto const& s = value->get_string();
    return std::string_view(s.data(), s.size());
  }
  outcome<std::string_view> path(std::string_view name = "path") const {
    auto out = text(name);
    if (out && is_elsewhere(*out)) return elsewhere();
    return out;
  }
  outcome<std::string_view> text_or_empty(std::string_view name) const {
    return find(name) == nullptr ? outcome<std::string_view>(std::string_view()) : text(name);
  }
  outcome<std::int64_t> integer(std::string_view name) const {
    auto const* value = find(name);
    if (value == nullptr) return missing_field(name);
    std::optional<std::int64_t> number;
    if (value->is_int64()) number = value->get_int64();
    if (value->is_string())
      number = parse_int64({value->get_string().data(), value->get_string().size()});
    if (!number) return wrong_type(name, "an int64");
    return *number;
  }
  outcome<std::int64_t> integer_or(std::string_view name, std::int64_t missing) const {
    return find(name) == nullptr ? outcome<std::int64_t>(missing) : integer(name);
  }
  outcome<bool> flag(std::string_view name) const {
    auto const* value = find(name);
    if (value == nullptr) return false;
    if (value->is_bool()) return value->get_bool();
    if (value->is_string() && value->get_string() == "true") return true;
    if (value->is_string() && value->get_string() == "false") return false;
    return wrong_type(name, "a bool");
  }

 private:
  bj::value const* find(std::string_view name) const {
    auto const* value = members_.if_contains(bj::string_view(name.data(), name.size()));
    return value == nullptr || value->is_null() ? nullptr : value;
  }
  static api_error wrong_type(std::string_view name, std::string_view what) {
    return malformed("Could not parse request object: the field " + std::string(name) + " is not " +
                     std::string(what));
  }

  bj::object members_;
};

api_reply done_reply(outcome<void> const& done) {
  if (!done) return to_reply(done.error());
  return {};
}

outcome<std::string> decoded_data(std::string_view text) {
  std::string out(kiln::json::base64_decoded_size(text), '\0');
  auto const n = kiln::json::base64_decode(text, std::as_writable_bytes(std::span(out)));
  if (!n) return invalid_parameter("The data is not valid base64");
  out.resize(*n);
  return out;
}

void append_info(std::string& out, dbfs_info const& info) {
  out += R"({"path":)" + json_quoted(info.path);
  out += info.is_dir ? R"(,"is_dir":true)" : R"(,"is_dir":false)";
  out += R"(,"file_size":)" + std::to_string(info.file_size);
  out += R"(,"modification_time":)" + std::to_string(info.modified_ms) + '}';
}

outcome<void> create_or_put(dbfs_state& files, arguments const& in, bool is_create, moment now,
                            std::string& body) {
  auto const path = in.path();
  if (!path) return path.error();
  auto const overwrite = in.flag("overwrite");
  if (!overwrite) return overwrite.error();
  if (is_create) {
    auto const handle = files.create(*path, *overwrite, now);
    if (!handle) return handle.error();
    body = R"({"handle":)" + std::to_string(*handle) + '}';
    return {};
  }
  auto const contents = in.text_or_empty("contents");
  if (!contents) return contents.error();
  auto const data = decoded_data(*contents);
  if (!data) return data.error();
  return files.put(*path, std::as_bytes(std::span(*data)), *overwrite, now);
}

outcome<void> add_block(dbfs_state& files, arguments const& in, moment now) {
  auto const handle = in.integer("handle");
  if (!handle) return handle.error();
  auto const text = in.text("data");
  if (!text) return text.error();
  auto const data = decoded_data(*text);
  if (!data) return data.error();
  return files.add_block(*handle, std::as_bytes(std::span(*data)), now);
}

outcome<void> remove(dbfs_state& files, arguments const& in) {
  auto const path = in.path();
  if (!path) return path.error();
  auto const recursive = in.flag("recursive");
  if (!recursive) return recursive.error();
  return files.remove(*path, *recursive);
}

outcome<void> move(dbfs_state& files, arguments const& in, moment now) {
  auto const from = in.path("source_path");
  if (!from) return from.error();
  auto const to = in.path("destination_path");
  if (!to) return to.error();
  return files.move(*from, *to, now);
}

}  // namespace

std::string_view dbfs_api::verb_of(std::string_view path) noexcept {
  if (!path.starts_with(dbfs_prefix)) return {};
  path.remove_prefix(dbfs_prefix.size());
  for (auto const& r : routes) {
    if (r.name == path) return r.verb;
  }
  return {};
}

bool dbfs_api::takes_form(std::string_view path) noexcept {
  return path.starts_with(dbfs_prefix) && path.substr(dbfs_prefix.size()) == "put";
}

api_reply dbfs_api::handle(api_request const& request, moment now) {
  auto const name = request.path.substr(dbfs_prefix.size());
  if (name == "read") return read(request);
  if (name == "list" || name == "get-status") return list(request);
  auto const in = arguments::of_body(request.body);
  if (!in) return to_reply(in.error());
  if (name == "create" || name == "put") {
    api_reply out;
    auto const done = create_or_put(state_, *in, name == "create", now, out.body);
    return done ? out : to_reply(done.error());
  }
  if (name == "add-block") return done_reply(add_block(state_, *in, now));
  if (name == "move") return done_reply(move(state_, *in, now));
  if (name == "delete") {
    auto out = done_reply(remove(state_, *in));
    if (out.status == 503) out.delay = state_.limits().partial_delete_delay;
    return out;
  }
  if (name == "close") {
    auto const handle = in->integer("handle");
    return handle ? done_reply(state_.close(*handle, now)) : to_reply(handle.error());
  }
  auto const path = in->path();  // mkdirs
  return path ? done_reply(state_.mkdirs(*path, now)) : to_reply(path.error());
}

api_reply dbfs_api::list(api_request const& request) {
  auto const in = arguments::of_query(request.query);
  if (!in) return to_reply(in.error());
  auto const path = in->path();
  if (!path) return to_reply(path.error());
  api_reply out;
  out.body.clear();
  if (request.path.ends_with("get-status")) {
    auto const info = state_.get_status(*path);
    if (!info) return to_reply(info.error());
    append_info(out.body, *info);
    return out;
  }
  auto files = state_.list(*path);
  if (!files) return to_reply(files.error());
  std::erase_if(*files, [](dbfs_info const& info) { return info.path == volumes_root; });
  if (files->empty()) return {};  // the service leaves empty lists out
  out.body = R"({"files":[)";
  for (auto const& info : *files) {
    if (&info != &files->front()) out.body += ',';
    append_info(out.body, info);
  }
  out.body += "]}";
  return out;
}

api_reply dbfs_api::read(api_request const& request) {
  auto const in = arguments::of_query(request.query);
  if (!in) return to_reply(in.error());
  auto const path = in->path();
  if (!path) return to_reply(path.error());
  auto const offset = in->integer_or("offset", 0);
  if (!offset) return to_reply(offset.error());
  auto const length = in->integer_or("length", dbfs_state::read_bytes_default);
  if (!length) return to_reply(length.error());
  auto const range = state_.read(*path, *offset, *length);
  if (!range) return to_reply(range.error());

  api_reply out;
  out.body = R"({"bytes_read":)" + std::to_string(range->bytes) + R"(,"data":")";
  auto const size = static_cast<std::size_t>(range->bytes);
  out.body.reserve(out.body.size() + kiln::json::base64_size(size) + 2);
  if (range->from->zeros() && size % 3 == 0) {
    out.body.append(kiln::json::base64_size(size), 'A');
  } else {
    kiln::bytes data(size);
    if (auto done = range->from->read(range->path, range->offset, data); !done) {
      return to_reply({500, "INTERNAL_ERROR", done.error().message()});
    }
    kiln::json::append_base64(out.body, data);
  }
  out.body += "\"}";
  return out;
}

form_upload::form_upload(std::string_view boundary, std::shared_ptr<storage> store,
                         std::uint64_t bytes_max)
    : reader_(boundary, *this), store_(std::move(store)), bytes_max_(bytes_max) {}

void form_upload::feed(std::span<std::byte const> data) {
  if (failed_.status != 0) return;
  if (!reader_.feed(data) && failed_.status == 0) {
    failed_ = malformed("The body is not a valid multipart/form-data form");
  }
}

bool form_upload::part_begins(std::string const& name) {
  field_ = name == "path" ? &path_ : name == "overwrite" ? &overwrite_ : &ignored_;
  if (name != "contents") {
    field_->clear();
    return true;
  }
  field_ = nullptr;
  auto fresh = store_->create();
  if (!fresh) {
    failed_ = {500, "INTERNAL_ERROR", fresh.error().message()};
    return false;
  }
  contents_ = std::move(*fresh);
  return true;
}

bool form_upload::part_data(std::span<std::byte const> piece) {
  if (field_ != nullptr) {
    if (field_->size() + piece.size() > field_bytes_max) {
      failed_ = malformed("A field of the form is too long");
      return false;
    }
    field_->append(reinterpret_cast<char const*>(piece.data()), piece.size());
    return true;
  }
  if (contents_->size() + piece.size() > bytes_max_) {
    failed_ = {400, "MAX_BLOCK_SIZE_EXCEEDED",
               "The contents have more than " + std::to_string(bytes_max_) + " bytes"};
    contents_.reset();
    return false;
  }
  if (auto done = contents_->append(piece); !done) {
    failed_ = {500, "INTERNAL_ERROR", done.error().message()};
    contents_.reset();
    return false;
  }
  return true;
}

bool form_upload::part_ends() {
  if (field_ == nullptr && contents_) contents_->seal();
  return true;
}

api_reply form_upload::finish(dbfs_state& files, moment now) {
  return done_reply(commit(files, now));
}

outcome<void> form_upload::commit(dbfs_state& files, moment now) {
  if (failed_.status != 0) return failed_;
  if (!reader_.complete()) return malformed("The form ends before its last delimiter");
  if (path_.empty()) return missing_field("path");
  if (is_elsewhere(path_)) return elsewhere();
  if (!overwrite_.empty() && overwrite_ != "true" && overwrite_ != "false") {
    return malformed("The field overwrite is neither true nor false");
  }
  if (!contents_) {
    auto fresh = store_->create();
    if (!fresh) return api_error{500, "INTERNAL_ERROR", fresh.error().message()};
    contents_ = std::move(*fresh);
  }
  return files.adopt(path_, std::move(contents_), overwrite_ == "true", now);
}

}  // namespace kiln::emulation
