#pragma once

#include "emulator/service.hpp"
#include "json/read.hpp"
#include "json/write.hpp"

#include <boost/json/serialize.hpp>

#include <utility>

// Typed requests and replies, for services whose structs the library has.
namespace kiln::emulation {

template <class T>
outcome<T> read_body(parameters const& in) {
  auto value = json::read_as<T>(boost::json::serialize(in.body()), "request");
  if (value.has_error()) {
    return api_error{400, "MALFORMED_REQUEST",
                     "Could not parse request object: " + value.error().message()};
  }
  return std::move(*value);
}

template <class T>
api_reply reply_of(T const& value) {
  api_reply out;
  out.body = json::to_json(value);
  return out;
}
inline api_reply reply_of(outcome<void> const& done) {
  return done ? api_reply() : to_reply(done.error());
}

}  // namespace kiln::emulation
