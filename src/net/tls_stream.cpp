#include "net/tls_stream.hpp"

#include "net/shortage.hpp"

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/associator.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <deque>
#include <map>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <utility>
#include <vector>

namespace kiln::net {

namespace {

using tcp = asio::ip::tcp;
using boost::system::error_code;

constexpr std::size_t cipher_input_bytes = 64 * 1024;
constexpr std::size_t plain_slice_bytes = 256 * 1024;  // encrypted before it is sent
constexpr std::size_t session_origins_max = 256;
constexpr std::size_t sessions_per_origin_max = 8;
constexpr int user_timeout_ms = 30'000;

error lost(std::string_view operation, std::string reason) {
  return error(errc::connection_lost, std::move(reason)).with_operation(operation);
}

// --- plain TCP ---------------------------------------------------------------------------------

// What a read came to, as byte_stream has it. A handler and no coroutine: every answer comes so.
template <class Handler>
struct read_handler {
  explicit read_handler(Handler h) : handler(std::move(h)) {}
  void operator()(error_code ec, std::size_t count) {
    result<std::size_t> outcome = count;
    if (ec && ec != asio::error::eof) outcome = lost("read", ec.message());
    std::move(handler)(std::move(outcome));
  }
  Handler handler;
};
}  // namespace
}  // namespace kiln::net

template <template <class, class> class Associator, class Handler, class Default>
struct boost::asio::associator<Associator, kiln::net::read_handler<Handler>, Default> {
  using type = typename Associator<Handler, Default>::type;
  static type get(kiln::net::read_handler<Handler> const& h,
                  Default const& otherwise = Default()) noexcept {
    return Associator<Handler, Default>::get(h.handler, otherwise);
  }
};

namespace kiln::net {
namespace {

class tcp_stream final : public byte_stream {
 public:
  explicit tcp_stream(tcp::socket socket) : socket_(std::move(socket)) {}

  asio::awaitable<result<std::size_t>> read_some(std::span<std::byte> into) override {
    auto initiate = [](auto handler, tcp_stream* self, std::span<std::byte> to) {
      self->socket_.async_read_some(asio::buffer(to.data(), to.size()),
                                    read_handler<decltype(handler)>(std::move(handler)));
    };
    return asio::async_initiate<asio::use_awaitable_t<> const, void(result<std::size_t>)>(
        initiate, asio::use_awaitable, this, into);
  }

  result<bool> try_write(std::span<std::byte const>& data) override {
    if (!socket_.is_open()) return false;
    auto const count =
        ::send(socket_.native_handle(), data.data(), data.size(), MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count > 0) {
      taken_ += static_cast<std::size_t>(count);
      data = data.subspan(static_cast<std::size_t>(count));
    }
    return data.empty();  // write() meets the error again, if there is one
  }

  asio::awaitable<result<void>> write(std::span<std::byte const> data) override {
    while (!data.empty()) {
      auto const buffer = asio::buffer(data.data(), data.size());
      auto const [ec, count] =
          co_await socket_.async_write_some(buffer, asio::as_tuple(asio::use_awaitable));
      if (ec) co_return lost("write", ec.message());
      taken_ += count;
      data = data.subspan(count);
    }
    co_return result<void>();
  }

  [[nodiscard]] bool quiet() noexcept override {
    if (!socket_.is_open()) return false;
    char byte = 0;
    auto const got = ::recv(socket_.native_handle(), &byte, 1, MSG_PEEK | MSG_DONTWAIT);
    return got < 0 && (errno == EAGAIN || errno == EWOULDBLOCK);
  }

  void close() noexcept override {
    error_code ignored;
    socket_.close(ignored);
  }

  [[nodiscard]] std::uint64_t taken() const noexcept override { return taken_; }

  [[nodiscard]] tcp::socket& socket() noexcept { return socket_; }

 private:
  tcp::socket socket_;
  std::uint64_t taken_ = 0;
};

void set_socket_options(tcp::socket& socket) {
  error_code ignored;  // none of these is worth a failed connection
  socket.set_option(tcp::no_delay(true), ignored);
  socket.set_option(asio::socket_base::keep_alive(true), ignored);
  auto set = [&socket](int name, int value) {
    (void)::setsockopt(socket.native_handle(), IPPROTO_TCP, name, &value, sizeof value);
  };
  set(TCP_KEEPIDLE, 15);
  set(TCP_KEEPINTVL, 5);
  set(TCP_KEEPCNT, 3);
  set(TCP_USER_TIMEOUT, user_timeout_ms);
}

// --- OpenSSL -----------------------------------------------------------------------------------

struct ssl_deleter {
  void operator()(SSL* p) const noexcept { SSL_free(p); }
  void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
  void operator()(SSL_SESSION* p) const noexcept { SSL_SESSION_free(p); }
  void operator()(BIO_METHOD* p) const noexcept { BIO_meth_free(p); }
};
template <class T>
using ssl_ptr = std::unique_ptr<T, ssl_deleter>;

// The newest of the queued reasons, in words.
std::string openssl_reason() {
  unsigned long const code = ERR_peek_last_error();
  ERR_clear_error();
  if (code == 0) return "the connection ended";
  if (char const* reason = ERR_reason_error_string(code)) return reason;
  char text[160];
  ERR_error_string_n(code, text, sizeof text);
  return text;
}

// Before each call whose outcome SSL_get_error is to tell. Clearing an empty queue costs as much as
// half the call; looking whether it is empty costs nothing.
void forget_errors() noexcept {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

// What OpenSSL reads from and writes to: memory on both sides, so that whole batches of records
// cost one system call and the socket stays Asio's.
struct cipher_ends {
  std::vector<std::byte> input = std::vector<std::byte>(cipher_input_bytes);
  std::size_t begin = 0;  // of what is unread in `input`
  std::size_t end = 0;
  bool eof = false;
  std::vector<std::byte> output;
};

int bio_read(BIO* bio, char* into, int size) {
  auto& ends = *static_cast<cipher_ends*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  std::size_t const count = std::min(static_cast<std::size_t>(size), ends.end - ends.begin);
  if (count == 0) {
    if (!ends.eof) BIO_set_retry_read(bio);
    return ends.eof ? 0 : -1;
  }
  std::memcpy(into, ends.input.data() + ends.begin, count);
  ends.begin += count;
  return static_cast<int>(count);
}

int bio_write(BIO* bio, char const* from, int size) {
  auto& ends = *static_cast<cipher_ends*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  auto const* const bytes = reinterpret_cast<std::byte const*>(from);
  ends.output.insert(ends.output.end(), bytes, bytes + size);
  return size;
}

long bio_ctrl(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_EOF) {
    auto const& ends = *static_cast<cipher_ends*>(BIO_get_data(bio));
    return ends.eof && ends.begin == ends.end;
  }
  return command == BIO_CTRL_FLUSH || command == BIO_CTRL_DUP;
}

ssl_ptr<BIO_METHOD> make_bio_method() {
  ssl_ptr<BIO_METHOD> method(BIO_meth_new(BIO_TYPE_SOURCE_SINK, "kiln"));
  BIO_meth_set_read(method.get(), bio_read);
  BIO_meth_set_write(method.get(), bio_write);
  BIO_meth_set_ctrl(method.get(), bio_ctrl);
  return method;
}

// A session of TLS 1.3 is used once (RFC 8446, appendix C.4), an older one as long as it works.
class session_store {
 public:
  void put(std::string const& key, ssl_ptr<SSL_SESSION> session) {
    auto at = sessions_.find(key);
    if (at == sessions_.end()) {
      if (sessions_.size() >= session_origins_max) sessions_.erase(sessions_.begin());
      at = sessions_.try_emplace(key).first;
    }
    if (at->second.size() >= sessions_per_origin_max) at->second.pop_front();
    at->second.push_back(std::move(session));
  }
  ssl_ptr<SSL_SESSION> take(std::string const& key) {
    auto const at = sessions_.find(key);
    if (at == sessions_.end() || at->second.empty()) return nullptr;
    auto out = std::move(at->second.back());
    at->second.pop_back();
    return out;
  }
  void forget(std::string const& key) { sessions_.erase(key); }

 private:
  std::map<std::string, std::deque<ssl_ptr<SSL_SESSION>>> sessions_;
};

}  // namespace

struct tls_client::state {
  ssl_ptr<BIO_METHOD> bio_method = make_bio_method();
  ssl_ptr<SSL_CTX> ctx{SSL_CTX_new(TLS_client_method())};
  session_store sessions;
  bool trusts_system = false;

  // The system's store takes tens of milliseconds to read: not for those who never use TLS.
  ssl_ptr<SSL> new_connection() {
    if (!std::exchange(trusts_system, true)) {
      SSL_CTX_set_default_verify_paths(ctx.get());
      ERR_clear_error();  // a system without a store: every server then fails with its own reason
    }
    return ssl_ptr<SSL>(SSL_new(ctx.get()));
  }
};

namespace {

// --- TLS over TCP ------------------------------------------------------------------------------

class tls_stream final : public byte_stream {
 public:
  tls_stream(std::unique_ptr<byte_stream>& tcp_owner, tls_client& client, origin to)
      : tcp_owner_(&tcp_owner),
        socket_(&static_cast<tcp_stream&>(*tcp_owner).socket()),
        client_(client.internals()),
        to_(std::move(to)),
        key_(to_string(to_)),
        ssl_(client_.new_connection()) {
    BIO* const bio = BIO_new(client_.bio_method.get());
    BIO_set_data(bio, &ends_);
    BIO_set_init(bio, 1);
    SSL_set_bio(ssl_.get(), bio, bio);
    SSL_set_app_data(ssl_.get(), this);
    SSL_set_connect_state(ssl_.get());
    expect_host();
    if (auto session = client_.sessions.take(key_)) {
      SSL_set_session(ssl_.get(), session.get());
      if (SSL_SESSION_get_protocol_version(session.get()) < TLS1_3_VERSION) {
        client_.sessions.put(key_, std::move(session));
      }
    }
  }
  ~tls_stream() override { close(); }

  asio::awaitable<result<void>> handshake() {
    while (true) {
      forget_errors();
      int const done = SSL_do_handshake(ssl_.get());
      int const why = SSL_get_error(ssl_.get(), done);
      auto const wrote = co_await flush();
      if (done == 1 && !wrote) co_return failed_handshake(wrote.error().message());
      if (done == 1) break;
      if (why != SSL_ERROR_WANT_READ) co_return failed_handshake(handshake_reason(why));
      if (closed_) co_return failed_handshake("the connection is closed");
      auto const [ec, count] = co_await more_input();
      if (auto const broken = take_in(ec, count)) co_return failed_handshake(broken.message());
    }
    tcp_ = std::move(*tcp_owner_);
    co_return result<void>();
  }

  asio::awaitable<result<std::size_t>> read_some(std::span<std::byte> into) override {
    bool starved = nothing_buffered();
    while (true) {
      if (starved) {
        if (closed_) co_return broken_read();
        auto const [ec, got] = co_await more_input();
        if (auto const broken = take_in(ec, got)) co_return lost("read", broken.message());
      }
      forget_errors();
      std::size_t count = 0;
      int const done = SSL_read_ex(ssl_.get(), into.data(), into.size(), &count);
      send_now();
      if (done == 1) co_return count;
      int const why = SSL_get_error(ssl_.get(), done);
      if (why == SSL_ERROR_ZERO_RETURN) co_return std::size_t{0};
      if (why != SSL_ERROR_WANT_READ) co_return broken_read();
      starved = true;
    }
  }

  result<bool> try_write(std::span<std::byte const>& data) override {
    if (auto const done = encrypt(data); !done) return done.error();
    send_now();
    return data.empty() && ends_.output.empty();
  }

  asio::awaitable<result<void>> write(std::span<std::byte const> data) override {
    bool more = true;
    while (more) {
      auto const done = encrypt(data);
      if (!done) co_return done.error();
      auto const wrote = co_await flush();
      if (!wrote) co_return wrote.error();
      more = !data.empty();
    }
    co_return result<void>();
  }

  // Session tickets and key updates are records too: only what OpenSSL shows to the application,
  // or an end, counts.
  [[nodiscard]] bool quiet() noexcept override {
    if (closed_ || ends_.eof) return false;
    receive_now();
    if (nothing_buffered()) return !broken_;
    forget_errors();
    char byte = 0;
    int const done = SSL_peek(ssl_.get(), &byte, 1);
    bool const nothing = done <= 0 && SSL_get_error(ssl_.get(), done) == SSL_ERROR_WANT_READ;
    forget_errors();
    return nothing && !broken_ && !ends_.eof;
  }

  // A close_notify is sent when that costs no waiting; OpenSSL would not resume the session of a
  // connection that it thinks was cut.
  void close() noexcept override {
    if (closed_) return;
    closed_ = true;
    if (SSL_is_init_finished(ssl_.get()) == 1) {
      forget_errors();
      (void)SSL_shutdown(ssl_.get());
      send_now();
      forget_errors();
    }
    SSL_set_shutdown(ssl_.get(), SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);
    SSL_set_app_data(ssl_.get(), nullptr);
    if (tcp_) tcp_->close();
  }

  [[nodiscard]] std::uint64_t taken() const noexcept override { return taken_; }

  [[nodiscard]] bool resumed() const noexcept { return SSL_session_reused(ssl_.get()) == 1; }
  void keep_session(ssl_ptr<SSL_SESSION> session) {
    client_.sessions.put(key_, std::move(session));
  }

 private:
  void expect_host() {
    std::string host = to_.host;
    if (host.ends_with('.')) host.pop_back();
    X509_VERIFY_PARAM* const rules = SSL_get0_param(ssl_.get());
    if (X509_VERIFY_PARAM_set1_ip_asc(rules, host.c_str()) == 1) return;
    forget_errors();
    X509_VERIFY_PARAM_set_hostflags(
        rules, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT);
    X509_VERIFY_PARAM_set1_host(rules, host.c_str(), host.size());
    SSL_set_tlsext_host_name(ssl_.get(), host.c_str());
  }

  std::string handshake_reason(int why) const {
    long const verdict = SSL_get_verify_result(ssl_.get());
    if (verdict == X509_V_OK) {
      if (why == SSL_ERROR_SYSCALL || ends_.eof) {
        forget_errors();
        return "the server closed the connection during the handshake";
      }
      bool const no_tls = ERR_GET_REASON(ERR_peek_last_error()) == SSL_R_WRONG_VERSION_NUMBER;
      std::string reason = "the TLS handshake failed: " + openssl_reason();
      if (no_tls) reason += "; the server may not speak TLS on this port";
      return reason;
    }
    forget_errors();
    std::string out = "the certificate was refused: ";
    out += X509_verify_cert_error_string(verdict);
    if (verdict == X509_V_ERR_HOSTNAME_MISMATCH || verdict == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      out += ", it is not made out to " + to_.host;
    } else if (verdict != X509_V_ERR_CERT_HAS_EXPIRED && verdict != X509_V_ERR_CERT_NOT_YET_VALID) {
      out += " (tls.ca_file names further authorities to trust)";
    }
    return out;
  }

  error failed_handshake(std::string reason) {
    client_.sessions.forget(key_);
    return error(errc::tls_failed, std::move(reason))
        .with_operation("tls handshake")
        .with_where(key_);
  }

  error broken_read() {
    broken_ = true;
    if (ends_.eof) {
      forget_errors();
      return lost("read", "the server cut the TLS connection without closing it");
    }
    return lost("read", closed_ ? "the connection is closed" : openssl_reason());
  }

  // Everything OpenSSL has written so far. One caller at a time: the handshake or the writer.
  asio::awaitable<result<void>> flush() {
    while (!ends_.output.empty()) {
      sending_.clear();
      sending_.swap(ends_.output);
      sent_ = 0;
      while (sent_ < sending_.size()) {
        auto const buffer = asio::buffer(sending_.data() + sent_, sending_.size() - sent_);
        auto const [ec, count] =
            co_await socket_->async_write_some(buffer, asio::as_tuple(asio::use_awaitable));
        if (ec) co_return lost("write", ec.message());
        sent_ += count;
        taken_ += count;
      }
    }
    co_return result<void>();
  }

  // Records go out if nobody is sending others and the kernel takes them; the next flush has the
  // rest. For what the reading side makes OpenSSL write (alerts), and for short requests.
  void send_now() noexcept {
    if (sent_ < sending_.size() || ends_.output.empty() || !socket_->is_open()) return;
    auto const count = ::send(socket_->native_handle(), ends_.output.data(), ends_.output.size(),
                              MSG_DONTWAIT | MSG_NOSIGNAL);
    if (count <= 0) return;
    taken_ += static_cast<std::size_t>(count);
    ends_.output.erase(ends_.output.begin(), ends_.output.begin() + count);
  }

  // OpenSSL would find nothing to do. At the end of the stream it does.
  [[nodiscard]] bool nothing_buffered() const noexcept {
    return ends_.begin == ends_.end && !ends_.eof && SSL_has_pending(ssl_.get()) == 0;
  }

  void receive_now() noexcept {
    if (ends_.begin != ends_.end || !socket_->is_open()) return;
    auto const count =
        ::recv(socket_->native_handle(), ends_.input.data(), ends_.input.size(), MSG_DONTWAIT);
    ends_.begin = 0;
    ends_.end = count > 0 ? static_cast<std::size_t>(count) : 0;
    if (count == 0) ends_.eof = true;
    if (count < 0 && errno != EAGAIN && errno != EWOULDBLOCK) broken_ = true;
  }

  // One slice off the front of `data`, into records that wait to be sent.
  result<void> encrypt(std::span<std::byte const>& data) {
    auto const slice = data.first(std::min(data.size(), plain_slice_bytes));
    data = data.subspan(slice.size());
    forget_errors();
    std::size_t count = 0;
    if (closed_) return lost("write", "the connection is closed");
    if (slice.empty()) return {};
    if (SSL_write_ex(ssl_.get(), slice.data(), slice.size(), &count) == 1) return {};
    return lost("write", openssl_reason());
  }

  // Awaited when OpenSSL has used all of the input; take_in() follows.
  asio::awaitable<std::tuple<error_code, std::size_t>> more_input() {
    auto const buffer = asio::buffer(ends_.input.data(), ends_.input.size());
    return socket_->async_read_some(buffer, asio::as_tuple(asio::use_awaitable));
  }
  // An end of the stream is no error here: OpenSSL knows whether it was announced.
  error_code take_in(error_code ec, std::size_t count) {
    ends_.begin = 0;
    ends_.end = count;
    if (ec != asio::error::eof) return ec;
    ends_.eof = true;
    return {};
  }

  std::unique_ptr<byte_stream>* tcp_owner_;  // until the handshake has succeeded
  std::unique_ptr<byte_stream> tcp_;
  tcp::socket* socket_;
  tls_client::state& client_;
  origin to_;
  std::string key_;
  cipher_ends ends_;
  std::vector<std::byte> sending_;
  std::size_t sent_ = 0;
  std::uint64_t taken_ = 0;
  bool broken_ = false;
  bool closed_ = false;
  ssl_ptr<SSL> ssl_;  // last: its BIO points to ends_
};

int on_new_session(SSL* ssl, SSL_SESSION* session) {
  auto* const stream = static_cast<tls_stream*>(SSL_get_app_data(ssl));
  if (stream == nullptr || SSL_SESSION_is_resumable(session) != 1) return 0;
  stream->keep_session(ssl_ptr<SSL_SESSION>(session));
  return 1;  // the reference is ours now
}

}  // namespace

tls_client::tls_client(std::unique_ptr<state> s) : state_(std::move(s)) {}
tls_client::~tls_client() = default;

result<std::unique_ptr<tls_client>> tls_client::make(tls_options const& options) {
  ERR_clear_error();
  auto s = std::make_unique<state>();
  SSL_CTX* const ctx = s->ctx.get();
  SSL_CTX_set_min_proto_version(ctx, TLS1_2_VERSION);
  SSL_CTX_set_options(ctx,
                      SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CLEANSE_PLAINTEXT);
  SSL_CTX_set_verify(ctx, SSL_VERIFY_PEER, nullptr);
  SSL_CTX_set_session_cache_mode(ctx, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(ctx, on_new_session);
  if (!options.ca_file.empty() && SSL_CTX_load_verify_file(ctx, options.ca_file.c_str()) != 1) {
    unsigned long const first = ERR_peek_error();
    std::string const reason =
        ERR_SYSTEM_ERROR(first) != 0
            ? error_code(ERR_GET_REASON(first), boost::system::system_category()).message()
            : openssl_reason();
    ERR_clear_error();
    return error(errc::tls_failed, "cannot be read as PEM certificates: " + reason)
        .with_operation("load certificates")
        .with_where(options.ca_file);
  }
  return std::unique_ptr<tls_client>(new tls_client(std::move(s)));
}

asio::awaitable<result<std::unique_ptr<byte_stream>>> connect_tcp(asio::any_io_executor executor,
                                                                  std::string address,
                                                                  unsigned short port) {
  auto refuse = [&](error_code ec) {
    origin at;
    at.host = address;
    at.port = port;
    return error(is_shortage(ec) ? errc::out_of_resources : errc::connect_failed, ec.message())
        .with_operation("connect")
        .with_where(to_string(at));
  };
  error_code parse;
  auto const numeric = asio::ip::make_address(address, parse);
  if (parse) co_return refuse(parse);
  tcp::socket socket(executor);
  auto const [ec] = co_await socket.async_connect(tcp::endpoint(numeric, port),
                                                  asio::as_tuple(asio::use_awaitable));
  if (ec) co_return refuse(ec);
  set_socket_options(socket);
  std::unique_ptr<byte_stream> out = std::make_unique<tcp_stream>(std::move(socket));
  co_return std::move(out);
}

asio::awaitable<result<std::unique_ptr<byte_stream>>> start_tls(std::unique_ptr<byte_stream>& tcp,
                                                                tls_client& client, origin to) {
  auto stream = std::make_unique<tls_stream>(tcp, client, std::move(to));
  auto const shaken = co_await stream->handshake();
  if (!shaken) co_return shaken.error();
  std::unique_ptr<byte_stream> out = std::move(stream);
  co_return std::move(out);
}

bool resumed_session(byte_stream const& stream) {
  return static_cast<tls_stream const&>(stream).resumed();
}

}  // namespace kiln::net
