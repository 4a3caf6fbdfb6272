#include "client/wire.hpp"
#include "core/failed_task.hpp"
#include "core/limits.hpp"
#include "http/multipart.hpp"
#include "json/base64.hpp"
#include "services/dbfs_fields.hpp"
#include "services/operations.hpp"

#include <kiln/services/dbfs.hpp>
#include <kiln/workspace.hpp>

#include <array>
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

result<std::size_t> decode_range(engine const& e, std::string_view body,
                                 std::span<std::byte> into) {
  auto const found = json::decode_string_member(body, "data", into, "bytes_read");
  if (found.has_error()) return bad_answer(e, found.error().message());
  if (!found->count) return bad_answer(e, "the answer has no bytes_read");
  if (*found->count != static_cast<std::int64_t>(found->size)) {
    return bad_count(e, *found->count, found->size);
  }
  return found->size;
}

// Its memory is had only now that the answer is here: of many reads under way few hold any.
task<dbfs::read::response> receive_range(std::shared_ptr<engine> core, outgoing_call call) {
  auto answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error()) co_return answer.error();
  dbfs::read::response out;
  out.data.resize(answer->body.size() / 4 * 3);
  auto const size = decode_range(*core, answer->body, out.data);
  if (size.has_error()) co_return size.error();
  out.data.resize(*size);
  out.bytes_read = static_cast<std::int64_t>(*size);
  co_return out;
}

task<std::size_t> receive_into(std::shared_ptr<engine> core, outgoing_call call,
                               std::span<std::byte> into) {
  auto answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error()) co_return answer.error();
  co_return decode_range(*core, answer->body, into);
}

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
  return receive_range(core_, encode(r, o));
}

task<std::size_t> service::read_into(dbfs::read const& r, std::span<std::byte> into,
                                     call_options const& o) const {
  dbfs::read bounded = r;
  if (!bounded.length) bounded.length = static_cast<std::int64_t>(into.size());
  return receive_into(core_, encode(bounded, o), into);
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
