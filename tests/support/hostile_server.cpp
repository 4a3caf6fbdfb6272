#include "support/hostile_server.hpp"

#include <openssl/ssl.h>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <condition_variable>
#include <csignal>
#include <cstring>
#include <mutex>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace kiln::test {

namespace {

struct bell {
  std::mutex mutex;
  std::condition_variable changed;
  bool stopped = false;
};

struct tls_deleter {
  void operator()(SSL* p) const noexcept { SSL_free(p); }
  void operator()(SSL_CTX* p) const noexcept { SSL_CTX_free(p); }
};

int open_listener(bool v6, unsigned short& port) {
  int const fd = ::socket(v6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_storage place{};
  socklen_t size = sizeof place;
  if (v6) {
    auto& at = reinterpret_cast<sockaddr_in6&>(place);
    at.sin6_family = AF_INET6;
    at.sin6_addr = in6addr_loopback;
    size = sizeof at;
  } else {
    auto& at = reinterpret_cast<sockaddr_in&>(place);
    at.sin_family = AF_INET;
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    size = sizeof at;
  }
  auto* const address = reinterpret_cast<sockaddr*>(&place);
  bool const ok = fd >= 0 && ::bind(fd, address, size) == 0 && ::listen(fd, 64) == 0 &&
                  ::getsockname(fd, address, &size) == 0;
  if (!ok) {
    if (fd >= 0) ::close(fd);
    return -1;
  }
  port = ntohs(v6 ? reinterpret_cast<sockaddr_in6&>(place).sin6_port
                  : reinterpret_cast<sockaddr_in&>(place).sin_port);
  return fd;
}

// OpenSSL writes with write(2). The signal stays pending for this thread only, so that a client
// that raises it still dies of it.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

}  // namespace

struct hostile_connection::state {
  int fd = -1;
  std::unique_ptr<SSL, tls_deleter> ssl;
  SSL_CTX* ctx = nullptr;
  bell* stop = nullptr;
  std::string unread;

  bool receive() {
    char buffer[16 * 1024];
    long count = 0;
    if (ssl) {
      count = SSL_read(ssl.get(), buffer, sizeof buffer);
    } else {
      count = ::recv(fd, buffer, sizeof buffer, 0);
    }
    if (count <= 0) return false;
    unread.append(buffer, static_cast<std::size_t>(count));
    return true;
  }
  std::string take(std::size_t count) {
    std::string out = unread.substr(0, count);
    unread.erase(0, count);
    return out;
  }
  void close_socket() {
    std::lock_guard const lock(stop->mutex);
    if (fd >= 0) ::close(fd);
    fd = -1;
  }
};

hostile_connection::hostile_connection(std::unique_ptr<state> s) : state_(std::move(s)) {}
hostile_connection::~hostile_connection() { close(); }

std::string hostile_connection::read_until(std::string_view end) {
  while (true) {
    auto const at = state_->unread.find(end);
    if (at != std::string::npos) return state_->take(at + end.size());
    if (!state_->receive()) return {};
  }
}

std::string hostile_connection::read_request() {
  auto out = read_until("\r\n\r\n");
  constexpr std::string_view name = "Content-Length: ";
  auto const at = out.find(name);
  if (at == std::string::npos) return out;
  std::size_t length = 0;
  std::from_chars(out.data() + at + name.size(), out.data() + out.size(), length);
  while (state_->unread.size() < length) {
    if (!state_->receive()) return {};
  }
  return out + state_->take(length);
}

bool hostile_connection::send(std::string_view bytes) {
  while (!bytes.empty()) {
    long count = 0;
    if (state_->ssl) {
      count = SSL_write(state_->ssl.get(), bytes.data(), static_cast<int>(bytes.size()));
    } else {
      count = ::send(state_->fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    }
    if (count <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(count));
  }
  return true;
}

bool hostile_connection::send_slowly(std::string_view bytes, std::chrono::milliseconds between) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (!send(bytes.substr(i, 1)) || !wait(between)) return false;
  }
  return true;
}

bool hostile_connection::wait(std::chrono::milliseconds time) {
  std::unique_lock lock(state_->stop->mutex);
  return !state_->stop->changed.wait_for(lock, time, [this] { return state_->stop->stopped; });
}

void hostile_connection::wait_for_close() {
  while (state_->receive()) state_->unread.clear();
}

bool hostile_connection::start_tls() {
  state_->ssl.reset(SSL_new(state_->ctx));
  SSL_set_fd(state_->ssl.get(), state_->fd);
  return SSL_accept(state_->ssl.get()) == 1;
}

bool hostile_connection::resumed() const {
  return state_->ssl && SSL_session_reused(state_->ssl.get()) == 1;
}

void hostile_connection::close() {
  if (state_->fd >= 0 && state_->ssl) SSL_shutdown(state_->ssl.get());
  cut();
}

void hostile_connection::cut() {
  if (state_->ssl) SSL_set_quiet_shutdown(state_->ssl.get(), 1);
  state_->close_socket();
}

void hostile_connection::reset() {
  linger const at_once{1, 0};
  ::setsockopt(state_->fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
  cut();
}

struct hostile_server::state {
  script run;
  options chosen;
  int listener = -1;
  unsigned short port = 0;
  std::unique_ptr<SSL_CTX, tls_deleter> ctx;
  bell stop;
  std::atomic<int> accepted{0};
  std::vector<hostile_connection*> live;  // under stop.mutex
  std::vector<std::thread> threads;
  std::thread acceptor;

  void accept_all() {
    block_sigpipe();
    while (true) {
      pollfd ready{listener, POLLIN, 0};
      if (::poll(&ready, 1, 20) < 0) return;
      std::lock_guard const lock(stop.mutex);
      if (stop.stopped) return;
      if (ready.revents == 0) continue;
      int const fd = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (fd < 0) continue;
      threads.emplace_back([this, fd, index = accepted++] { serve(fd, index); });
    }
  }

  void serve(int fd, int index) {
    auto s = std::make_unique<hostile_connection::state>();
    s->fd = fd;
    s->ctx = ctx.get();
    s->stop = &stop;
    hostile_connection c(std::move(s));
    {
      std::lock_guard const lock(stop.mutex);
      live.push_back(&c);
      if (stop.stopped) ::shutdown(fd, SHUT_RDWR);
    }
    if (!chosen.tls || c.start_tls()) run(c, index);
    std::lock_guard const lock(stop.mutex);
    live.erase(std::find(live.begin(), live.end(), &c));
  }
};

hostile_server::hostile_server(script s, options o) : state_(std::make_unique<state>()) {
  state_->run = std::move(s);
  state_->chosen = std::move(o);
  state_->listener = open_listener(state_->chosen.v6, state_->port);
  if (state_->listener < 0) throw std::runtime_error("cannot listen on loopback");
  if (auto const& id = state_->chosen.identity) {
    state_->ctx.reset(SSL_CTX_new(TLS_server_method()));
    auto* const ctx = state_->ctx.get();
    if (state_->chosen.tls_version_max != 0) {
      SSL_CTX_set_cipher_list(ctx, "DEFAULT@SECLEVEL=0");
      SSL_CTX_set_min_proto_version(ctx, TLS1_VERSION);
      SSL_CTX_set_max_proto_version(ctx, state_->chosen.tls_version_max);
    }
    bool const ok = SSL_CTX_use_certificate_chain_file(ctx, id->certificate_file.c_str()) == 1 &&
                    SSL_CTX_use_PrivateKey_file(ctx, id->key_file.c_str(), SSL_FILETYPE_PEM) == 1;
    if (!ok) throw std::runtime_error("cannot use the certificate");
  }
  state_->acceptor = std::thread([s2 = state_.get()] { s2->accept_all(); });
}

hostile_server::~hostile_server() {
  {
    std::lock_guard const lock(state_->stop.mutex);
    state_->stop.stopped = true;
    for (auto* const c : state_->live) {
      if (c->state_->fd >= 0) ::shutdown(c->state_->fd, SHUT_RDWR);
    }
  }
  state_->stop.changed.notify_all();
  state_->acceptor.join();
  for (auto& t : state_->threads) t.join();
  ::close(state_->listener);
}

unsigned short hostile_server::port() const noexcept { return state_->port; }
int hostile_server::connections() const noexcept { return state_->accepted; }

unsigned short refused_port() {
  unsigned short port = 0;
  int const fd = open_listener(false, port);
  if (fd >= 0) ::close(fd);
  return port;
}

bool has_loopback_v6() {
  unsigned short port = 0;
  int const fd = open_listener(true, port);
  if (fd >= 0) ::close(fd);
  return fd >= 0;
}

std::string ok_response(std::string_view body, std::string_view more_headers) {
  std::string out = "HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(body.size()) + "\r\n";
  out += more_headers;
  out += "\r\n";
  out += body;
  return out;
}

}  // namespace kiln::test
