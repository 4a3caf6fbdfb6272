// kiln inside a server that has its own event loop: every line a client sends is a DBFS path, the
// answer is its size. All clients share one handle, so together they keep to one budget.
#include <kiln/kiln.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/read_until.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/asio/write.hpp>

#include <iostream>
#include <string>
#include <thread>
#include <vector>

namespace asio = boost::asio;
using asio::ip::tcp;

asio::awaitable<void> serve(tcp::socket client, kiln::workspace ws) try {
  for (std::string input;;) {
    auto const end = co_await asio::async_read_until(client, asio::dynamic_buffer(input, 4096),
                                                     '\n', asio::use_awaitable);
    std::string const path = input.substr(0, end - 1);
    input.erase(0, end);
    auto status = co_await ws.dbfs().get_status({.path = path});
    std::string answer;
    if (status) {
      answer = std::to_string(status->file_size) + '\n';
    } else {
      answer = status.error().message() + '\n';
    }
    co_await asio::async_write(client, asio::buffer(answer), asio::use_awaitable);
  }
} catch (boost::system::system_error const&) {
  // The client has gone.
}

asio::awaitable<void> accept(tcp::acceptor acceptor, kiln::workspace ws) {
  for (;;) {
    auto client = co_await acceptor.async_accept(asio::use_awaitable);
    asio::co_spawn(acceptor.get_executor(), serve(std::move(client), ws), asio::detached);
  }
}

int main() {
  asio::io_context loop;
  kiln::workspace ws(loop.get_executor(), kiln::workspace_options::from_environment());
  tcp::acceptor acceptor(loop, {asio::ip::address_v4::loopback(), 0});
  std::cout << acceptor.local_endpoint().port() << std::endl;
  asio::co_spawn(loop, accept(std::move(acceptor), ws), asio::detached);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&loop] { loop.run(); });
}
