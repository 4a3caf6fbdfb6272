// Lists the root of DBFS. Reads DATABRICKS_HOST and DATABRICKS_TOKEN.
#include <kiln/kiln.hpp>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

#include <iostream>

namespace asio = boost::asio;

asio::awaitable<void> list_root(kiln::workspace ws) {
  auto listing = co_await ws.dbfs().list({.path = "/"});
  if (!listing) {
    std::cerr << listing.error() << '\n';
    co_return;
  }
  for (auto const& file : listing->files) {
    std::cout << file.path << '\t' << file.file_size << '\n';
  }
}

int main() {
  asio::io_context loop;
  kiln::workspace ws(loop.get_executor(), kiln::workspace_options::from_environment());
  asio::co_spawn(loop, list_root(ws), asio::detached);
  loop.run();
}
