#include "client/wire.hpp"
#include "core/limits.hpp"
#include "http/multipart.hpp"
#include "json/base64.hpp"
#include "services/dbfs_fields.hpp"

#include <kiln/services/dbfs.hpp>
#include <kiln/workspace.hpp>

#include <utility>

namespace kiln {

dbfs::service workspace::dbfs() const noexcept { return dbfs::service(core_); }

namespace dbfs {

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
  return receive<dbfs::read::response>(core_, encode(r, o));
}

namespace {

task<void> fail(error why) { co_return why; }

task<std::size_t> receive_into(std::shared_ptr<engine> core, outgoing_call call,
                               std::span<std::byte> into) {
  auto* const e = core.get();
  auto answer = co_await engine::perform(std::move(core), std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  auto found = json::decode_string_member(answer->body, "data", into, "bytes_read");
  auto wrong = [e](std::string text) {
    return error(errc::decode_failed, "dbfs/read: " + text)
        .with_operation("dbfs/read")
        .with_where(e->authority());
  };
  if (found.has_error()) co_return wrong(found.error().message());
  if (!found->count) co_return wrong("the answer has no bytes_read");
  if (*found->count != static_cast<std::int64_t>(found->size)) {
    co_return wrong("bytes_read is " + std::to_string(*found->count) + " but data holds " +
                    std::to_string(found->size) + " bytes");
  }
  co_return found->size;
}

}  // namespace

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
    return fail(error(errc::invalid_argument, "contents is null").with_operation("dbfs/put"));
  }
  std::string const boundary = "kiln-" + core_->unique_name();
  http::form_field const parts[] = {{"path", r.path},
                                    {"overwrite", r.overwrite ? "true" : "false"}};
  http::form_file file;
  file.name = "contents";
  file.filename = "contents";
  file.content = std::move(contents);
  auto body = http::make_multipart(boundary, parts, file);
  if (!body) return fail(body.error().with_operation("dbfs/put"));
  outgoing_call call = prepare(dbfs::put_multipart::at, o);
  call.message.headers.push_back({"Content-Type", http::multipart_content_type(boundary)});
  call.message.source = std::move(*body);
  return receive_nothing(core_, std::move(call));
}

}  // namespace dbfs
}  // namespace kiln
