#include "client/wire.hpp"
#include "core/failed_task.hpp"
#include "core/limits.hpp"
#include "http/multipart.hpp"
#include "json/base64_member.hpp"
#include "services/dbfs_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/dbfs.hpp>
#include <kiln/workspace.hpp>

#include <algorithm>
#include <array>
#include <optional>
#include <span>
#include <utility>

namespace kiln {

dbfs::service workspace::dbfs() const noexcept { return dbfs::service(core_); }

std::span<operation const> dbfs_operations() {
  static auto const rows = [] {
    constexpr std::string_view here = "dbfs";
    auto form = describe<dbfs::put_multipart>(here, "put_multipart");
    form.form_file = "contents";
    return std::array{describe<dbfs::add_block>(here, "add_block"),
                      describe<dbfs::close>(here, "close"),
                      describe<dbfs::create>(here, "create"),
                      describe<dbfs::delete_>(here, "delete"),
                      describe<dbfs::get_status>(here, "get_status"),
                      describe<dbfs::list>(here, "list"),
                      describe<dbfs::mkdirs>(here, "mkdirs"),
                      describe<dbfs::move>(here, "move"),
                      describe<dbfs::put>(here, "put"),
                      form,
                      describe<dbfs::read>(here, "read")};
  }();
  return rows;
}

namespace dbfs {

namespace {

error bad_answer(engine const& e, std::string const& text) {
  return error(errc::decode_failed, "dbfs/read: " + text)
      .with_operation("dbfs/read")
      .with_where(e.authority());
}
error bad_count(engine const& e, std::int64_t told, std::size_t held) {
  return bad_answer(e, "bytes_read is " + std::to_string(told) + " but data holds " +
                           std::to_string(held) + " bytes");
}

/// Decodes an answer of dbfs/read while it arrives, into memory of its own: a caller may be gone
/// before the call is. What is wrong with it is told at the end, when the connection has been read
/// empty and can be used again.
class range_sink final : public byte_sink {
 public:
  range_sink(bytes&& own, std::size_t room, std::size_t room_max)
      : own_(std::move(own)), room_max_(room_max) {
    own_.resize(room);
    start();
  }

  result<void> restart() override {
    start();
    return {};
  }
  result<void> write(std::span<std::byte const> data) override {
    std::string_view text(reinterpret_cast<char const*>(data.data()), data.size());
    while (!why_ && !text.empty()) {
      auto const used = decoder_.feed(text);
      if (!used) {
        why_ = used.error();
      } else if (*used < text.size() && !widen()) {
        why_ = error(errc::decode_failed, "data: more than the " + std::to_string(own_.size()) +
                                              " bytes that there is room for");
      } else {
        text.remove_prefix(*used);
      }
    }
    return {};
  }

  /// How many bytes came, of the answer that is complete.
  result<std::size_t> finish(engine const& e) {
    if (why_) return bad_answer(e, why_->message());
    auto const found = decoder_.finish();
    if (found.has_error()) return bad_answer(e, found.error().message());
    if (!found->count) return bad_answer(e, "the answer has no bytes_read");
    if (*found->count != static_cast<std::int64_t>(found->size)) {
      return bad_count(e, *found->count, found->size);
    }
    return found->size;
  }
  [[nodiscard]] bytes take() noexcept { return std::move(own_); }

 private:
  void start() {
    why_.reset();
    decoder_.start(own_);
  }
  bool widen() {
    if (own_.size() >= room_max_) return false;
    own_.resize(std::min(room_max_, own_.size() * 2));
    decoder_.widen(own_);
    return true;
  }

  bytes own_;
  std::size_t room_max_;
  json::base64_member decoder_{"data", "bytes_read"};
  std::optional<error> why_;
};

/// An answer that does not say that it is JSON is looked at as a whole: it may be a login page.
task<std::size_t> decode_answer(std::shared_ptr<engine> core, outgoing_call call,
                                std::shared_ptr<range_sink> sink) {
  call.sink = sink;
  call.sink_type = "application/json";
  auto const answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error()) co_return answer.error();
  if (!answer->body.empty()) {
    static_cast<void>(sink->restart());
    static_cast<void>(sink->write(std::as_bytes(std::span(answer->body))));
  }
  co_return sink->finish(*core);
}

task<dbfs::read::response> receive_range(std::shared_ptr<engine> core, outgoing_call call,
                                         std::shared_ptr<range_sink> sink) {
  auto const size = co_await decode_answer(std::move(core), std::move(call), sink);
  if (size.has_error()) co_return size.error();
  dbfs::read::response out;
  out.data = sink->take();
  out.data.resize(*size);
  out.bytes_read = static_cast<std::int64_t>(*size);
  co_return out;
}

task<std::size_t> receive_into(std::shared_ptr<engine> core, outgoing_call call,
                               std::shared_ptr<range_sink> sink, std::span<std::byte> into) {
  auto const size = co_await decode_answer(std::move(core), std::move(call), sink);
  if (size.has_error()) co_return size.error();
  auto const data = sink->take();
  std::copy_n(data.begin(), *size, into.begin());
  co_return *size;
}

/// Of what may be a few bytes nobody keeps a megabyte; more is had as the answer turns out long.
constexpr std::size_t first_room = 64 * 1024;

}  // namespace

task<dbfs::create::response> service::create(dbfs::create const& r, call_options const& o) const {
  return receive<dbfs::create::response>(core_, encode(r, o));
}
task<void> service::add_block(dbfs::add_block const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::close(dbfs::close const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::delete_(dbfs::delete_ const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<file_info> service::get_status(dbfs::get_status const& r, call_options const& o) const {
  return receive<file_info>(core_, encode(r, o));
}
task<dbfs::list::response> service::list(dbfs::list const& r, call_options const& o) const {
  return receive<dbfs::list::response>(core_, encode(r, o));
}
task<void> service::mkdirs(dbfs::mkdirs const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::move(dbfs::move const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<void> service::put(dbfs::put const& r, call_options const& o) const {
  return receive_nothing(core_, encode(r, o));
}
task<dbfs::read::response> service::read(dbfs::read const& r, call_options const& o) const {
  return read(r, bytes(), o);
}

task<dbfs::read::response> service::read(dbfs::read const& r, bytes memory,
                                         call_options const& o) const {
  auto const asked = r.length.value_or(0) > 0 ? static_cast<std::uint64_t>(*r.length) : UINT64_MAX;
  auto const most = std::min<std::uint64_t>(asked, limits::dbfs_block_bytes_max);
  auto const room = std::min(most, std::max<std::uint64_t>(first_room, memory.capacity()));
  auto sink = std::make_shared<range_sink>(std::move(memory), static_cast<std::size_t>(room),
                                           core_->options().response_bytes_max);
  return receive_range(core_, encode(r, o), std::move(sink));
}

task<std::size_t> service::read_into(dbfs::read const& r, std::span<std::byte> into,
                                     call_options const& o) const {
  dbfs::read bounded = r;
  if (!bounded.length) bounded.length = static_cast<std::int64_t>(into.size());
  auto sink = std::make_shared<range_sink>(bytes(), std::min(into.size(), first_room), into.size());
  return receive_into(core_, encode(bounded, o), std::move(sink), into);
}

task<void> service::put_multipart(dbfs::put_multipart const& r,
                                  std::shared_ptr<byte_source> contents,
                                  call_options const& o) const {
  if (contents == nullptr) {
    return failed_task<void>(
        error(errc::invalid_argument, "contents is null").with_operation("dbfs/put"));
  }
  std::string const boundary = "kiln-" + core_->unique_name();
  http::form_field const parts[] = {{"path", r.path},
                                    {"overwrite", r.overwrite ? "true" : "false"}};
  http::form_file file;
  file.name = "contents";
  file.filename = "contents";
  file.content = std::move(contents);
  auto body = http::make_multipart(boundary, parts, file);
  if (!body) return failed_task<void>(body.error().with_operation("dbfs/put"));
  outgoing_call call = prepare(dbfs::put_multipart::at, o);
  call.message.headers.push_back({"Content-Type", http::multipart_content_type(boundary)});
  call.message.source = std::move(*body);
  return receive_nothing(core_, std::move(call));
}

}  // namespace dbfs
}  // namespace kiln
