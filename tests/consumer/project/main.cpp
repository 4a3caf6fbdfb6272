#include <kiln/emulator.hpp>
#include <kiln/kiln.hpp>

#include <cstdio>

namespace {

kiln::task<int> count_files(kiln::workspace ws) {
  auto const listed = co_await ws.dbfs().list({.path = "/"});
  if (!listed) co_return listed.error();
  co_return static_cast<int>(listed->files.size());
}

}  // namespace

int main() {
  kiln::runtime loop;
  kiln::emulator const emulator(loop);
  kiln::workspace_options options;
  options.host = emulator.url();
  options.credentials = kiln::credentials::personal_access_token(emulator.token());
  kiln::workspace const ws(loop, options);
  std::printf("%d files\n", ws.start(count_files(ws)).get());
}
