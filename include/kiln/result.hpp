#pragma once

#include <kiln/error.hpp>

#include <boost/asio/awaitable.hpp>
#include <boost/assert/source_location.hpp>
#include <boost/system/result.hpp>

namespace kiln {

namespace asio = boost::asio;

/// A value or a kiln::error; value() throws kiln::failure.
template <class T>
using result = boost::system::result<T, error>;

/// The currency of the library: await it for a result<T>, or give it to workspace::start().
template <class T>
using task = asio::awaitable<result<T>>;

/// Found by boost::system::result when value() is called on an error.
[[noreturn]] void throw_exception_from_error(error const& e, boost::source_location const& where);

}  // namespace kiln
