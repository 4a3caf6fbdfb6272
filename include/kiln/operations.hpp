#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/fields.hpp>

#include <span>
#include <string_view>
#include <type_traits>

namespace kiln {

/// One row of the API reference, for programs that treat endpoints as data: listings, generated
/// command lines, proxies. Calls made from code need none of it: the services are typed.
struct operation {
  std::string_view service;  ///< "clusters"
  std::string_view name;     ///< "list"; unique within a service and the version of its path.
  endpoint at;
  type_function request = nullptr;
  type_function response = nullptr;  ///< Null: any 2xx, and nothing is said in it.
  /// Sent as multipart/form-data whose file part has this name; empty: as JSON or as a query.
  std::string_view form_file{};
  /// The body of the request is the raw content of a file, and its fields are in path and query.
  bool raw_request = false;
  /// The response is the raw content of a file, not JSON.
  bool raw_response = false;
};

/// A row made from a request struct.
template <class R>
constexpr operation describe(std::string_view service, std::string_view name) {
  operation out;
  out.service = service;
  out.name = name;
  out.at = R::at;
  out.request = &type_of<R>;
  if constexpr (!std::is_void_v<typename R::response>) {
    out.response = &type_of<typename R::response>;
  }
  return out;
}

/// Every typed operation of the library, in the order of the services' names. Static storage;
/// thread safe. A program that does not call it does not link what it names.
std::span<operation const> operations();

}  // namespace kiln
