#include "emulator/server_stream.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <array>
#include <system_error>
#include <utility>

namespace kiln::emulation {

namespace {

using tcp = asio::ip::tcp;
using code_type = boost::system::error_code;

constexpr auto as_pair = asio::as_tuple(asio::use_awaitable);
/// What finish() takes at most.
constexpr int farewell_reads_max = 4'096;

error lost(code_type const& code) { return {errc::connection_lost, code.message()}; }

/// All but the handshake and the farewell is the same for both kinds of stream.
template <class Stream>
class stream_over : public server_stream {
 public:
  explicit stream_over(Stream stream) : stream_(std::move(stream)) {}

  asio::awaitable<result<std::size_t>> read_some(std::span<std::byte> into) override {
    auto const buffer = asio::buffer(into.data(), into.size());
    auto const [code, n] = co_await stream_.async_read_some(buffer, as_pair);
    if (code == asio::error::eof) co_return 0U;
    if (code) co_return lost(code);
    co_return n;
  }

  asio::awaitable<result<void>> write(std::span<std::byte const> data) override {
    while (!data.empty()) {
      auto const buffer = asio::buffer(data.data(), data.size());
      auto const [code, n] = co_await stream_.async_write_some(buffer, as_pair);
      if (code) co_return lost(code);
      data = data.subspan(n);
    }
    co_return result<void>();
  }

  bool quiet() noexcept override {
    code_type code;
    auto& socket = stream_.lowest_layer();
    return socket.is_open() && socket.available(code) == 0 && !code;
  }
  void close() noexcept override {
    code_type ignored;
    stream_.lowest_layer().close(ignored);
  }
  void reset() noexcept override {
    code_type ignored;
    stream_.lowest_layer().set_option(asio::socket_base::linger(true, 0), ignored);
    close();
  }

 protected:
  asio::awaitable<void> drain() {
    std::array<std::byte, 4096> rest;
    for (int i = 0; i < farewell_reads_max; ++i) {
      auto const n = co_await read_some(rest);
      if (!n || *n == 0) break;
    }
  }

  Stream stream_;
};

class plain_stream final : public stream_over<tcp::socket> {
 public:
  using stream_over::stream_over;
  asio::awaitable<bool> handshake() override { co_return true; }
  asio::awaitable<void> finish() override {
    code_type ignored;
    stream_.shutdown(tcp::socket::shutdown_send, ignored);
    co_await drain();
    close();
  }
};

class secure_stream final : public stream_over<asio::ssl::stream<tcp::socket>> {
 public:
  using stream_over::stream_over;
  asio::awaitable<bool> handshake() override {
    auto const [code] = co_await stream_.async_handshake(asio::ssl::stream_base::server, as_pair);
    co_return !code;
  }
  asio::awaitable<void> finish() override {
    co_await stream_.async_shutdown(as_pair);
    code_type ignored;
    stream_.next_layer().shutdown(tcp::socket::shutdown_send, ignored);
    co_await drain_below();
    close();
  }

 private:
  asio::awaitable<void> drain_below() {
    std::array<std::byte, 4096> rest;
    for (int i = 0; i < farewell_reads_max; ++i) {
      auto const buffer = asio::buffer(rest);
      auto const [code, n] = co_await stream_.next_layer().async_read_some(buffer, as_pair);
      if (code || n == 0) break;
    }
  }
};

void check(code_type const& code, std::string const& file) {
  if (code) {
    throw std::system_error(code, "emulator: cannot use the PEM file " + file);
  }
}

}  // namespace

struct server_tls::state {
  asio::ssl::context context{asio::ssl::context::tls_server};
};

server_tls::server_tls(std::string const& certificate_file, std::string const& key_file)
    : state_(std::make_unique<state>()) {
  auto& context = state_->context;
  context.set_options(asio::ssl::context::default_workarounds | asio::ssl::context::no_tlsv1 |
                      asio::ssl::context::no_tlsv1_1);
  code_type code;
  context.use_certificate_chain_file(certificate_file, code);
  check(code, certificate_file);
  context.use_private_key_file(key_file, asio::ssl::context::pem, code);
  check(code, key_file);
}

server_tls::~server_tls() = default;

std::unique_ptr<server_stream> make_server_stream(tcp::socket socket, server_tls* tls) {
  code_type ignored;
  socket.set_option(tcp::no_delay(true), ignored);
  if (tls == nullptr) return std::make_unique<plain_stream>(std::move(socket));
  asio::ssl::stream<tcp::socket> secured(std::move(socket), tls->internals().context);
  return std::make_unique<secure_stream>(std::move(secured));
}

}  // namespace kiln::emulation
