#pragma once

#include "core/timers.hpp"
#include "net/byte_stream.hpp"

#include <kiln/options.hpp>

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace kiln::net {

/// The real connector: resolver, race of addresses, tunnel through the proxy, TLS. The proxy is
/// used for every origin that NO_PROXY and loopback do not except, for plain http as well, always
/// by CONNECT.
///
/// Throws std::invalid_argument that names the option when proxy.url or tls.ca_file is of no use.
/// `clock` must outlive the connector, and the connector every connect().
[[nodiscard]] std::unique_ptr<connector> make_connector(
    asio::any_io_executor executor, timers& clock, timeout_options const& timeouts,
    pool_options const& pool, tls_options const& tls, proxy_options const& proxy);

}  // namespace kiln::net
