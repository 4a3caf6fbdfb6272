#include "client/paging.hpp"
#include "client/wire.hpp"
#include "core/failed_task.hpp"
#include "core/limits.hpp"
#include "http/date.hpp"
#include "http/url.hpp"
#include "services/files_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/files.hpp>
#include <kiln/workspace.hpp>

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace kiln {

files::service workspace::files() const noexcept { return files::service(core_); }

std::span<operation const> files_operations() {
  static auto const rows = [] {
    using namespace files;
    constexpr std::string_view here = "files";
    auto whole = describe<download>(here, "download");
    whole.raw_response = true;
    auto content = describe<upload>(here, "upload");
    content.raw_request = true;
    return std::array{describe<create_directory>(here, "create_directory"),
                      describe<delete_>(here, "delete"),
                      describe<delete_directory>(here, "delete_directory"),
                      whole,
                      describe<get_directory_metadata>(here, "get_directory_metadata"),
                      describe<get_metadata>(here, "get_metadata"),
                      describe<list_directory_contents>(here, "list_directory_contents"),
                      content};
  }();
  return rows;
}

namespace files {

namespace {

std::optional<timestamp> date_of(std::string_view text) {
  // The year of an HTTP date has four digits; those with two are of the last century.
  constexpr std::chrono::sys_seconds then{};
  auto const at = http::parse_date(text, then);
  if (!at) return std::nullopt;
  return timestamp(*at);
}

std::optional<std::uint64_t> number_of(std::string_view text) noexcept {
  std::uint64_t out = 0;
  auto const [end, code] = std::from_chars(text.data(), text.data() + text.size(), out);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return out;
}

error bad_answer(engine const& e, http::response const& answer, std::string text) {
  return error(errc::malformed_response, std::move(text))
      .with_operation("fs/files")
      .with_where(e.authority())
      .with_http_status(answer.status);
}

file_metadata metadata_of(http::response const& answer) {
  file_metadata out;
  out.content_length = static_cast<std::int64_t>(
      std::min<std::uint64_t>(number_of(answer.find("content-length")).value_or(0), INT64_MAX));
  out.content_type = answer.find("content-type");
  out.last_modified = answer.find("last-modified");
  return out;
}

/// The caller's memory as a sink; what does not fit is an error.
class memory_sink final : public byte_sink {
 public:
  explicit memory_sink(std::span<std::byte> into) noexcept : into_(into) {}
  result<void> restart() override {
    size_ = 0;
    return {};
  }
  result<void> write(std::span<std::byte const> data) override {
    if (data.size() > into_.size() - size_) {
      return error(errc::malformed_response, "the answer has more bytes than were asked for");
    }
    std::copy(data.begin(), data.end(), into_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += data.size();
    return {};
  }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }

 private:
  std::span<std::byte> into_;
  std::size_t size_ = 0;
};

/// "bytes 0-99/1234", or "bytes */1234" where there is nothing.
struct content_range {
  std::uint64_t first = 0;
  std::uint64_t whole = 0;
};
std::optional<content_range> parse_content_range(std::string_view text) noexcept {
  constexpr std::string_view unit = "bytes ";
  if (!text.starts_with(unit)) return std::nullopt;
  text.remove_prefix(unit.size());
  auto const slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto const whole = number_of(text.substr(slash + 1));
  auto const part = text.substr(0, slash);
  auto const first =
      part == "*" ? std::optional<std::uint64_t>(0) : number_of(part.substr(0, part.find('-')));
  if (!whole || !first) return std::nullopt;
  return content_range{*first, *whole};
}

result<range_content> read_range(engine const& e, http::response const& answer,
                                 std::uint64_t offset, std::size_t received) {
  range_content out;
  out.size = received;
  out.last_modified = date_of(answer.find("last-modified"));
  if (answer.status != 206) {
    // The whole file, as a server without ranges gives it: welcome where that was asked for.
    out.file_size = received;
    if (offset == 0) return out;
    return bad_answer(e, answer, "the server gives whole files only, not the range asked for");
  }
  auto const range = parse_content_range(answer.find("content-range"));
  if (!range || range->first != offset) {
    return bad_answer(e, answer, "the answer's Content-Range is not the range asked for");
  }
  out.file_size = range->whole;
  return out;
}

task<range_content> receive_range(std::shared_ptr<engine> core, outgoing_call call,
                                  std::uint64_t offset, std::span<std::byte> into) {
  auto const sink = std::make_shared<memory_sink>(into);
  call.sink = sink;
  auto answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error() && answer.error().http_status() == 416) {
    co_return range_content{0, offset, std::nullopt};  // at or behind the end
  }
  if (answer.has_error()) co_return std::move(answer).error();
  co_return read_range(*core, *answer, offset, sink->size());
}

task<file_metadata> receive_file(std::shared_ptr<engine> core, outgoing_call call,
                                 std::shared_ptr<byte_sink> into) {
  call.sink = std::move(into);
  auto answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  co_return metadata_of(*answer);
}

task<file_metadata> receive_metadata(std::shared_ptr<engine> core, outgoing_call call) {
  auto answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  if (!number_of(answer->find("content-length"))) {
    co_return bad_answer(*core, *answer, "the answer has no Content-Length");
  }
  co_return metadata_of(*answer);
}

error no(std::string_view what) {
  return error(errc::invalid_argument, std::string(what) + " is null").with_operation("fs/files");
}

/// Asked for as it is: of a range nobody could inflate the middle.
outgoing_call encode_file(files::download const& r, call_options const& o) {
  auto call = encode(r, o);
  call.message.headers.push_back({"Accept-Encoding", "identity"});
  call.expects = answer_kind::file;
  return call;
}

}  // namespace

std::optional<timestamp> modified_at(file_metadata const& of) { return date_of(of.last_modified); }

task<void> service::create_directory(files::create_directory const& r,
                                     call_options const& o) const {
  auto call = encode(r, o);
  call.message.body.clear();  // the path says all
  call.message.headers.clear();
  return receive_nothing(core_, std::move(call));
}
task<void> service::delete_(files::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::delete_directory(files::delete_directory const& r,
                                     call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<file_metadata> service::download(files::download const& r, std::shared_ptr<byte_sink> into,
                                      call_options const& o) const {
  if (into == nullptr) return failed_task<file_metadata>(no("into"));
  return receive_file(core_, encode_file(r, o), std::move(into));
}

task<range_content> service::download_range(files::download const& r, files::range const& part,
                                            std::span<std::byte> into,
                                            call_options const& o) const {
  if (into.empty()) return failed_task<range_content>(no("into"));
  auto call = encode_file(r, o);
  auto const last = part.offset + into.size() - 1;
  call.message.headers.push_back(
      {"Range", "bytes=" + std::to_string(part.offset) + '-' + std::to_string(last)});
  constexpr std::chrono::sys_days year_10000 = std::chrono::year(10'000) / 1 / 1;
  if (part.unmodified_since && *part.unmodified_since < year_10000) {
    auto const second = std::chrono::floor<std::chrono::seconds>(*part.unmodified_since);
    call.message.headers.push_back({"If-Unmodified-Since", http::date_text(second)});
  }
  return receive_range(core_, std::move(call), part.offset, into);
}

task<void> service::get_directory_metadata(files::get_directory_metadata const& r,
                                           call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<file_metadata> service::get_metadata(files::get_metadata const& r,
                                          call_options const& o) const {
  return receive_metadata(core_, encode(r, o));
}
task<files::list_directory_contents::response> service::list_directory_contents(
    files::list_directory_contents const& r, call_options const& o) const {
  return receive<files::list_directory_contents::response>(core_, encode(r, o));
}
pages<directory_entry> service::list_directory_contents_pages(
    files::list_directory_contents const& r, std::int64_t limit, call_options const& o) const {
  return paginate<&files::list_directory_contents::response::contents>(
      core_, r, by_token("page_size", limits::files_page_max), limit, o);
}
task<std::vector<directory_entry>> service::list_directory_contents_all(
    files::list_directory_contents const& r, std::int64_t limit, call_options const& o) const {
  return list_directory_contents_pages(r, limit, o).all();
}

task<void> service::upload(files::upload const& r, std::shared_ptr<byte_source> contents,
                           call_options const& o) const {
  if (contents == nullptr) return failed_task<void>(no("contents"));
  std::vector<json::scalar_field> query;
  constexpr std::string_view in_query[] = {"overwrite"};
  auto call = encode(files::upload::at, type_of<files::upload>(), &r, o, in_query, query);
  for (auto const& field : query) {
    http::append_query(call.message.target, field.name, field.text);
  }
  call.message.body.clear();
  call.message.headers.clear();
  call.message.headers.push_back({"Content-Type", "application/octet-stream"});
  call.message.source = std::move(contents);
  return receive_nothing(core_, std::move(call));
}

}  // namespace files
}  // namespace kiln
