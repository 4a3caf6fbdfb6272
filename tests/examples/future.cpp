// Writes and reads back a small file, without a coroutine in sight.
#include <kiln/kiln.hpp>

#include <iostream>
#include <span>
#include <string>

int main() try {
  kiln::runtime loop;
  kiln::workspace ws(loop, kiln::workspace_options::from_environment());

  std::string const text = "fired clay";
  ws
      .start(ws.dbfs().put(
          {.path = "/kiln-example", .contents = std::as_bytes(std::span(text)), .overwrite = true}))
      .get();

  std::future<kiln::dbfs::file_info> status =
      ws.start(ws.dbfs().get_status({.path = "/kiln-example"}));
  std::future<kiln::dbfs::read::response> content =
      ws.start(ws.dbfs().read({.path = "/kiln-example"}));  // both are on their way
  std::cout << status.get().path << " holds " << content.get().bytes_read << " bytes\n";
} catch (kiln::failure const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
