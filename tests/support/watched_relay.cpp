#include "support/watched_relay.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <cstddef>
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

constexpr int receive_buffer_bytes = 64 * 1024;

sockaddr_in loopback(unsigned short port) {
  sockaddr_in at{};
  at.sin_family = AF_INET;
  at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  at.sin_port = htons(port);
  return at;
}

bool send_all(int fd, char const* data, std::size_t size) {
  while (size > 0) {
    auto const sent = ::send(fd, data, size, MSG_NOSIGNAL);
    if (sent <= 0) return false;
    data += sent;
    size -= static_cast<std::size_t>(sent);
  }
  return true;
}

}  // namespace

struct watched_relay::state {
  state(unsigned short to, std::uint64_t bytes, std::function<void()> what)
      : to_port(to), after_bytes(bytes), act(std::move(what)) {
    listener = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    ::setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &receive_buffer_bytes,
                 sizeof receive_buffer_bytes);
    auto at = loopback(0);
    socklen_t size = sizeof at;
    auto* const address = reinterpret_cast<sockaddr*>(&at);
    if (::bind(listener, address, size) != 0 || ::listen(listener, 64) != 0 ||
        ::getsockname(listener, address, &size) != 0) {
      throw std::runtime_error("no port for a relay");
    }
    port = ntohs(at.sin_port);
    acceptor = std::thread([this] { accept_all(); });
  }
  ~state() {
    {
      std::lock_guard const lock(mutex);
      stopped = true;
      ::shutdown(listener, SHUT_RDWR);
      for (int const fd : open) ::shutdown(fd, SHUT_RDWR);
    }
    acceptor.join();
    for (auto& t : relays) t.join();
    for (int const fd : open) ::close(fd);
    ::close(listener);
  }

  void accept_all() {
    for (;;) {
      int const near = ::accept4(listener, nullptr, nullptr, SOCK_CLOEXEC);
      if (near < 0) return;
      int const far = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
      auto const at = loopback(to_port);
      bool const connected = ::connect(far, reinterpret_cast<sockaddr const*>(&at), sizeof at) == 0;
      std::lock_guard const lock(mutex);
      open.push_back(near);
      open.push_back(far);
      if (stopped || !connected) {
        ::shutdown(near, SHUT_RDWR);
        continue;
      }
      relays.emplace_back([this, near, far] { relay(near, far); });
    }
  }

  void relay(int near, int far) {
    std::vector<char> buffer(32 * 1024);
    std::uint64_t carried = 0;
    pollfd ends[2] = {{near, POLLIN, 0}, {far, POLLIN, 0}};
    bool alive = true;
    while (alive && ::poll(ends, 2, -1) > 0) {
      for (int i = 0; i < 2 && alive; ++i) {
        if (ends[i].revents == 0) continue;
        auto const got = ::recv(ends[i].fd, buffer.data(), buffer.size(), 0);
        alive = got > 0 && send_all(ends[1 - i].fd, buffer.data(), static_cast<std::size_t>(got));
        if (alive && i == 0) carried += static_cast<std::uint64_t>(got);
      }
      if (carried >= after_bytes && !done.exchange(true)) act();
    }
    ::shutdown(near, SHUT_RDWR);
    ::shutdown(far, SHUT_RDWR);
  }

  unsigned short const to_port;
  std::uint64_t const after_bytes;
  std::function<void()> const act;
  std::atomic<bool> done = false;
  int listener = -1;
  unsigned short port = 0;
  std::mutex mutex;
  bool stopped = false;
  std::vector<int> open;
  std::vector<std::thread> relays;
  std::thread acceptor;
};

watched_relay::watched_relay(unsigned short to_port, std::uint64_t after_bytes,
                             std::function<void()> act)
    : state_(std::make_unique<state>(to_port, after_bytes, std::move(act))) {}
watched_relay::~watched_relay() = default;

std::string watched_relay::url() const {
  return "http://127.0.0.1:" + std::to_string(state_->port);
}
bool watched_relay::acted() const noexcept { return state_->done; }

}  // namespace kiln::test
