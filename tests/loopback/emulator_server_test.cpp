#include "support/test_certificates.hpp"

#include <kiln/emulator.hpp>
#include <kiln/runtime.hpp>

#include <boost/asio/io_context.hpp>
#include <gtest/gtest.h>
#include <openssl/ssl.h>

#include <arpa/inet.h>
#include <atomic>
#include <chrono>
#include <fstream>
#include <future>
#include <netinet/in.h>
#include <string>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <vector>

namespace {

// A sanitizer keeps what is freed, so the size of the process says nothing of the program's own.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr bool memory_is_its_own = false;
#elif defined(__has_feature)
constexpr bool memory_is_its_own =
    !__has_feature(address_sanitizer) && !__has_feature(thread_sanitizer);
#else
constexpr bool memory_is_its_own = true;
#endif

using namespace std::chrono_literals;
using kiln::emulator;
using kiln::emulator_fault;
using kiln::emulator_options;

/// A blocking connection that knows no more of HTTP than a test needs. Gives up after ten seconds.
class raw_client {
 public:
  explicit raw_client(unsigned short port, bool tls = false) {
    fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    timeval const patience{10, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in to{};
    to.sin_family = AF_INET;
    to.sin_port = htons(port);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(fd_, reinterpret_cast<sockaddr*>(&to), sizeof to) == 0;
    if (!tls || !connected_) return;
    context_ = SSL_CTX_new(TLS_client_method());
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, fd_);
    connected_ = SSL_connect(ssl_) == 1;
  }
  raw_client(raw_client const&) = delete;
  raw_client& operator=(raw_client const&) = delete;
  ~raw_client() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
    ::close(fd_);
  }

  [[nodiscard]] bool connected() const { return connected_; }
  bool send(std::string_view data) {
    while (!data.empty()) {
      auto const n = ssl_ != nullptr
                         ? SSL_write(ssl_, data.data(), static_cast<int>(data.size()))
                         : static_cast<int>(::send(fd_, data.data(), data.size(), MSG_NOSIGNAL));
      if (n <= 0) return false;
      data.remove_prefix(static_cast<std::size_t>(n));
    }
    return true;
  }
  /// One answer with its body; what came before the connection ended if it was cut.
  std::string answer() {
    std::size_t head = std::string::npos;
    while ((head = unread_.find("\r\n\r\n")) == std::string::npos) {
      if (!more()) return std::exchange(unread_, "");
    }
    std::size_t size = head + 4;
    auto const length = unread_.find("Content-Length: ");
    if (length < head) size += std::stoul(unread_.substr(length + 16));
    while (unread_.size() < size) {
      if (!more()) return std::exchange(unread_, "");
    }
    auto out = unread_.substr(0, size);
    unread_.erase(0, size);
    return out;
  }
  /// After an answer: the server has ended the connection, in good order.
  bool ended() { return unread_.empty() && !more() && last_ == 0; }
  [[nodiscard]] bool lost() const { return last_ < 0 && last_errno_ == ECONNRESET; }

 private:
  bool more() {
    char data[65536];
    last_ = ssl_ != nullptr ? SSL_read(ssl_, data, sizeof data)
                            : static_cast<int>(::recv(fd_, data, sizeof data, 0));
    last_errno_ = errno;
    if (last_ > 0) unread_.append(data, static_cast<std::size_t>(last_));
    return last_ > 0;
  }

  int fd_ = -1;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
  int last_ = 1;
  int last_errno_ = 0;
  std::string unread_;
};

std::string request(emulator const& e, std::string const& method, std::string const& target,
                    std::string const& body = "", std::string const& headers = "") {
  return method + ' ' + target + " HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + e.token() +
         "\r\n" + headers + "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

emulator_options unlimited() {
  emulator_options out;
  out.limiter = kiln::limiter_kind::none;
  return out;
}

emulator_fault fault_of_list(emulator_fault::kind what) {
  emulator_fault out;
  out.route = "/api/2.0/dbfs/list";
  out.what = what;
  return out;
}

std::string const list_target = "/api/2.0/dbfs/list?path=/";

class emulator_server : public testing::Test {
 protected:
  kiln::runtime loop;
};

TEST_F(emulator_server, serves_requests_on_one_connection_one_after_another) {
  emulator e(loop, unlimited());
  raw_client c(e.port());
  ASSERT_TRUE(c.connected());
  for (int i = 0; i < 20; ++i) {
    c.send(
        request(e, "POST", "/api/2.0/dbfs/mkdirs", R"({"path":"/d)" + std::to_string(i) + "\"}"));
    EXPECT_EQ(c.answer().substr(0, 15), "HTTP/1.1 200 OK");
  }
  c.send(request(e, "GET", list_target));
  EXPECT_NE(c.answer().find("/d19"), std::string::npos);
  EXPECT_EQ(e.stats().requests, 21U);
  EXPECT_EQ(e.stats().connections, 1U);
  EXPECT_EQ(e.url(), "http://127.0.0.1:" + std::to_string(e.port()));
}

TEST_F(emulator_server, answers_requests_sent_ahead_in_order) {
  emulator e(loop, unlimited());
  raw_client c(e.port());
  c.send(request(e, "POST", "/api/2.0/dbfs/mkdirs", R"({"path":"/d"})") +
         request(e, "GET", list_target) + request(e, "GET", "/nope"));
  EXPECT_NE(c.answer().find("{}"), std::string::npos);
  EXPECT_NE(c.answer().find("/d"), std::string::npos);
  EXPECT_NE(c.answer().find("501"), std::string::npos);
}

TEST_F(emulator_server, takes_a_request_byte_by_byte_and_in_chunks) {
  emulator e(loop, unlimited());
  raw_client c(e.port());
  auto const text = request(e, "GET", list_target);
  for (char const b : text) c.send(std::string_view(&b, 1));
  EXPECT_NE(c.answer().find("200 OK"), std::string::npos);
  c.send("POST /api/2.0/dbfs/mkdirs HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + e.token() +
         "\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n{\"pa\r\n9\r\nth\":\"/c\"}\r\n0\r\n\r\n");
  EXPECT_NE(c.answer().find("200 OK"), std::string::npos);
  c.send(request(e, "GET", list_target));
  EXPECT_NE(c.answer().find("\"/c\""), std::string::npos);
}

TEST_F(emulator_server, asks_for_a_body_that_waits_to_be_asked_for) {
  emulator e(loop, unlimited());
  raw_client c(e.port());
  std::string const body = R"({"path":"/d"})";
  auto const whole = request(e, "POST", "/api/2.0/dbfs/mkdirs", body, "Expect: 100-continue\r\n");
  c.send(whole.substr(0, whole.size() - body.size()));
  EXPECT_EQ(c.answer(), "HTTP/1.1 100 Continue\r\n\r\n");
  c.send(body);
  EXPECT_NE(c.answer().find("200 OK"), std::string::npos);
}

TEST_F(emulator_server, refuses_a_body_that_waits_without_asking_for_it) {
  emulator e(loop, unlimited());
  raw_client c(e.port());
  c.send(
      "POST /api/2.0/dbfs/put HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\n"
      "Content-Length: 5000\r\n\r\n");
  EXPECT_NE(c.answer().find("HTTP/1.1 401"), std::string::npos);
  EXPECT_TRUE(c.ended());
}

TEST_F(emulator_server, ends_the_connection_after_a_broken_request) {
  emulator e(loop, unlimited());
  raw_client c(e.port());
  c.send("nonsense\r\n\r\n");
  auto const reply = c.answer();
  EXPECT_NE(reply.find("HTTP/1.1 400"), std::string::npos);
  EXPECT_NE(reply.find("Connection: close"), std::string::npos);
  EXPECT_TRUE(c.ended());
}

TEST_F(emulator_server, serves_no_request_that_is_hidden_in_anothers_body) {
  emulator e(loop, unlimited());
  auto const hidden = request(e, "POST", "/api/2.0/dbfs/mkdirs", R"({"path":"/hidden"})");
  auto const outer = "POST /api/2.0/dbfs/mkdirs HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " +
                     e.token() + "\r\n";
  std::string const framings[] = {
      "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
      "Content-Length: 0\r\nContent-Length: " + std::to_string(hidden.size()) + "\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\n1 0\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n0\n\r\n"};
  for (auto const& framing : framings) {
    raw_client c(e.port());
    c.send(outer + framing + hidden);
    EXPECT_NE(c.answer().find("HTTP/1.1 400"), std::string::npos) << framing;
    EXPECT_EQ(c.answer(), "") << framing;
  }
  raw_client c(e.port());
  std::string endless = "GET / HTTP/1.1\r\nHost: h\r\nX: ";
  endless.resize(std::size_t{32} * 1024, 'x');  // no more, or what is unread resets the connection
  c.send(endless);
  EXPECT_NE(c.answer().find("HTTP/1.1 431"), std::string::npos);
  raw_client looks(e.port());
  looks.send(request(e, "GET", list_target));
  EXPECT_NE(looks.answer().find("\r\n\r\n{}"), std::string::npos) << "nothing was made";
}

TEST_F(emulator_server, performs_the_faults_of_the_wire) {
  emulator e(loop, unlimited());
  auto const ask = [&e](raw_client& c) {
    c.send(request(e, "GET", list_target));
    return c.answer();
  };
  e.add_fault(fault_of_list(emulator_fault::kind::close));
  raw_client closed(e.port());
  EXPECT_EQ(ask(closed), "");
  EXPECT_FALSE(closed.lost());

  e.add_fault(fault_of_list(emulator_fault::kind::reset));
  raw_client reset(e.port());
  EXPECT_EQ(ask(reset), "");
  EXPECT_TRUE(reset.lost());

  e.add_fault(fault_of_list(emulator_fault::kind::truncate));
  raw_client cut(e.port());
  auto const half = ask(cut);
  EXPECT_TRUE(half.starts_with("HTTP/1.1 200 OK"));
  EXPECT_FALSE(half.ends_with("{}"));
  EXPECT_TRUE(cut.ended());
  EXPECT_EQ(e.stats().faults_fired, 3U);

  raw_client after(e.port());
  EXPECT_NE(ask(after).find("200 OK"), std::string::npos);
}

TEST_F(emulator_server, closes_after_as_many_requests_as_told) {
  auto options = unlimited();
  options.connection_requests_max = 2;
  emulator e(loop, options);
  raw_client c(e.port());
  c.send(request(e, "GET", list_target));
  EXPECT_EQ(c.answer().find("Connection: close"), std::string::npos);
  c.send(request(e, "GET", list_target));
  EXPECT_NE(c.answer().find("Connection: close"), std::string::npos);
  EXPECT_TRUE(c.ended());
}

TEST_F(emulator_server, closes_an_idle_connection_when_told_to) {
  auto options = unlimited();
  options.idle_close = 20ms;
  emulator e(loop, options);
  raw_client c(e.port());
  EXPECT_TRUE(c.ended());
}

TEST_F(emulator_server, speaks_tls) {
  kiln::test::test_certificates certificates;
  auto const identity = certificates.right();
  auto options = unlimited();
  options.certificate_file = identity.certificate_file;
  options.key_file = identity.key_file;
  emulator e(loop, options);
  EXPECT_TRUE(e.url().starts_with("https://"));
  raw_client c(e.port(), true);
  ASSERT_TRUE(c.connected());
  for (int i = 0; i < 3; ++i) {
    c.send(request(e, "GET", list_target));
    EXPECT_NE(c.answer().find("200 OK"), std::string::npos);
  }
}

TEST_F(emulator_server, names_the_file_it_cannot_use) {
  auto options = unlimited();
  options.certificate_file = "/nonexistent/cert.pem";
  options.key_file = "/nonexistent/key.pem";
  try {
    emulator e(loop, options);
    FAIL();
  } catch (std::system_error const& e) {
    EXPECT_NE(std::string(e.what()).find("/nonexistent/cert.pem"), std::string::npos);
  }
}

TEST_F(emulator_server, fails_on_a_port_that_is_taken) {
  emulator first(loop, unlimited());
  auto options = unlimited();
  options.port = first.port();
  EXPECT_THROW(emulator(loop, options), std::system_error);
}

/// Resident memory in MiB.
std::size_t resident() {
  std::size_t all = 0;
  std::size_t pages = 0;
  std::ifstream("/proc/self/statm") >> all >> pages;
  return pages * static_cast<std::size_t>(::sysconf(_SC_PAGESIZE)) >> 20;
}

TEST_F(emulator_server, takes_a_large_form_in_flat_memory) {
  auto options = unlimited();
  options.storage = kiln::storage_kind::discard;
  emulator e(loop, options);
  constexpr std::uint64_t size = std::uint64_t{1945} << 20;  // 1.9 GiB
  std::string const before =
      "--XX\r\nContent-Disposition: form-data; name=path\r\n\r\n/big\r\n--XX\r\n"
      "Content-Disposition: form-data; name=contents; filename=x\r\n\r\n";
  std::string const after = "\r\n--XX--\r\n";
  raw_client c(e.port());
  c.send("POST /api/2.0/dbfs/put HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer " + e.token() +
         "\r\nContent-Type: multipart/form-data; boundary=XX\r\nContent-Length: " +
         std::to_string(before.size() + size + after.size()) + "\r\n\r\n" + before);
  std::string const block(1 << 20, 'x');
  auto const start = resident();
  for (std::uint64_t sent = 0; sent < size; sent += block.size()) ASSERT_TRUE(c.send(block));
  c.send(after);
  EXPECT_NE(c.answer().find("200 OK"), std::string::npos);
  if (memory_is_its_own) {
    EXPECT_LT(resident(), start + 32);
  }
  c.send(request(e, "GET", "/api/2.0/dbfs/get-status?path=/big"));
  EXPECT_NE(c.answer().find("\"file_size\":" + std::to_string(size)), std::string::npos);
  c.send(request(e, "GET", "/api/2.0/dbfs/read?path=/big&length=1048576"));
  EXPECT_GT(c.answer().size(), 1'398'000U);
}

TEST_F(emulator_server, ends_while_connections_wait_and_requests_are_under_way) {
  for (int round = 0; round < 5; ++round) {
    auto options = unlimited();
    auto e = std::make_unique<emulator>(loop, options);
    auto stall = fault_of_list(emulator_fault::kind::stall);
    e->add_fault(stall);
    auto delay = fault_of_list(emulator_fault::kind::delay);
    delay.delay = 1h;
    e->add_fault(delay);
    raw_client idle(e->port());
    raw_client half(e->port());
    half.send("GET /");
    raw_client stalled(e->port());
    stalled.send(request(*e, "GET", list_target));
    raw_client delayed(e->port());
    delayed.send(request(*e, "GET", list_target));
    while (e->stats().faults_fired < 2) std::this_thread::yield();
    auto const began = std::chrono::steady_clock::now();
    e.reset();
    EXPECT_LT(std::chrono::steady_clock::now() - began, 5s);
    EXPECT_EQ(delayed.answer(), "");
    EXPECT_EQ(idle.answer(), "");
  }
}

TEST(emulator_on_a_borrowed_loop, ends_without_waiting_and_leaks_nothing_when_the_loop_is_dead) {
  auto io = std::make_unique<boost::asio::io_context>();
  auto e = std::make_unique<emulator>(io->get_executor(), unlimited());
  auto delay = fault_of_list(emulator_fault::kind::delay);
  delay.delay = 1h;
  e->add_fault(delay);
  std::thread runs([&io] { io->run(); });
  raw_client c(e->port());
  c.send(request(*e, "GET", list_target));
  while (e->stats().faults_fired < 1) std::this_thread::yield();
  io->stop();
  runs.join();
  e.reset();  // the loop never runs again: what sleeps must go all the same
  io.reset();
  EXPECT_EQ(c.answer(), "");
}

TEST(emulator_on_a_borrowed_loop, serves_on_many_threads) {
  boost::asio::io_context io;
  auto e = std::make_unique<emulator>(io.get_executor(), unlimited());
  std::vector<std::thread> threads;
  for (int i = 0; i < 3; ++i) threads.emplace_back([&io] { io.run(); });
  std::atomic<int> good = 0;
  std::vector<std::thread> clients;
  for (int i = 0; i < 4; ++i) {
    clients.emplace_back([&e, &good] {
      raw_client c(e->port());
      for (int k = 0; k < 100; ++k) {
        c.send(request(*e, "GET", list_target));
        if (c.answer().starts_with("HTTP/1.1 200")) ++good;
      }
    });
  }
  for (auto& t : clients) t.join();
  EXPECT_EQ(good, 400);
  e.reset();
  for (auto& t : threads) t.join();  // nothing is left to do
}

}  // namespace
