#pragma once

#include "client/engine.hpp"
#include "json/write.hpp"

#include <kiln/fields.hpp>

#include <span>
#include <string_view>
#include <vector>

// Between typed requests and responses and the engine: the only code that every endpoint shares,
// and none of it is instantiated per endpoint but receive<T>, a dozen lines.
namespace kiln {

struct raw_response;

/// Where a request that may be repeated carries the token that makes it so.
inline constexpr std::string_view token_member = "idempotency_token";
/// The endpoint's class for one request: repeat::token is not_idempotent where there is no token.
[[nodiscard]] repeat repeats_of(endpoint const& at, bool with_token) noexcept;

/// Whether parameters go to a JSON body; with other verbs they go to the query.
[[nodiscard]] bool sends_body(verb method) noexcept;

/// A call to an endpoint with its path as target and no body yet.
[[nodiscard]] outgoing_call prepare(endpoint const& at, call_options const& options);

/// The call an endpoint's request stands for: fields named in the path go there, the rest to the
/// query (GET, DELETE) or the JSON body, or both (body_too). Views in `request` are not kept.
[[nodiscard]] outgoing_call encode(endpoint const& at, type_info const& type, void const* request,
                                   call_options const& options);
/// The same without the members named in `without`; those that are set go to `taken`.
[[nodiscard]] outgoing_call encode(endpoint const& at, type_info const& type, void const* request,
                                   call_options const& options,
                                   std::span<std::string_view const> without,
                                   std::vector<json::scalar_field>& taken);
template <class R>
[[nodiscard]] outgoing_call encode(R const& request, call_options const& options) {
  return encode(R::at, type_of<R>(), &request, options);
}

/// `pattern` with the fields that it names as "{field}" in place, percent-encoded. One without a
/// slash before it, as in "/files{file_path}", is a path, whose slashes stay. These leave
/// `fields`; all names of the pattern are added to `taken`, as views of it.
[[nodiscard]] std::string fill_path(std::string_view pattern,
                                    std::vector<json::scalar_field>& fields,
                                    std::vector<std::string_view>& taken);

/// "dbfs/put" of "/api/2.0/dbfs/put", "fs/files" of "/api/2.0/fs/files{file_path}".
[[nodiscard]] std::string operation_name(std::string_view path);

/// Reads a 2xx body into `into`; an error names the operation and the path in the JSON.
[[nodiscard]] result<void> decode(http::response const& answer, type_info const& type, void* into,
                                  std::string const& operation, std::string const& where);

/// Performs the call and decodes its answer on the awaiting executor.
template <class T>
task<T> receive(std::shared_ptr<engine> core, outgoing_call call) {
  std::string const operation = call.operation;
  auto answer = co_await engine::perform(core, std::move(call));
  if (answer.has_error()) co_return std::move(answer).error();
  T out{};
  auto read = decode(*answer, type_of<T>(), &out, operation, core->authority());
  if (read.has_error()) co_return std::move(read).error();
  co_return out;
}
/// The same for endpoints whose answer says nothing: any 2xx.
task<void> receive_nothing(std::shared_ptr<engine> core, outgoing_call call);
/// The same for endpoints whose answer is a document that is no JSON: its bytes.
task<std::string> receive_body(std::shared_ptr<engine> core, outgoing_call call);
/// The answer as it is.
task<raw_response> receive_raw(std::shared_ptr<engine> core, outgoing_call call);

}  // namespace kiln
