// One file up or down through the library, the budget out of the way; down to "-" keeps nothing.
// Driven by transfer.py, which measures this process from outside, as it does its peer.
#include <kiln/kiln.hpp>

#include <boost/asio/thread_pool.hpp>

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <memory>
#include <span>
#include <string_view>
#include <utility>

namespace {

kiln::workspace_options options_for(char** argv) {
  kiln::budget_options unlimited;
  unlimited.rate = 1e9;
  unlimited.headroom = 0;
  unlimited.adaptive = false;
  kiln::workspace_options options;
  options.host = argv[2];
  options.tls.ca_file = std::string_view(argv[3]) == "-" ? "" : argv[3];
  options.credentials = kiln::credentials::personal_access_token(argv[4]);
  options.budget = kiln::budget(unlimited);
  return options;
}

class no_sink final : public kiln::byte_sink {
 public:
  kiln::result<void> restart() override { return {}; }
  kiln::result<void> write(std::span<std::byte const>) override { return {}; }
};

struct outcome {
  std::uint64_t bytes = 0;
  std::uint64_t requests = 0;
  bool good = false;
};

outcome keep_nothing(kiln::workspace const& ws, char const* remote) {
  std::shared_ptr<kiln::byte_sink> sink = std::make_shared<no_sink>();
  auto const got = ws.start(kiln::download(ws, remote, std::move(sink))).get();
  return {got.bytes, got.requests, got.state == kiln::transfer_state::done};
}

outcome copy(kiln::workspace const& ws, bool up, char const* from, char const* to) {
  kiln::transfer_options transfer;
  transfer.overwrite = kiln::overwrite::always;
  kiln::asio::thread_pool disk(1);  // as the program has it
  kiln::asio::any_io_executor const disk_executor = disk.get_executor();
  transfer.disk = &disk_executor;
  auto const report =
      ws.start(up ? kiln::upload(ws, from, to, transfer) : kiln::download(ws, from, to, transfer))
          .get();
  for (auto const& f : report.failures) {
    std::fprintf(stderr, "%s: %s\n", f.item.source.c_str(), f.reason.describe().c_str());
  }
  return {report.bytes_done, report.requests, report.failures.empty() && report.files_done == 1};
}

}  // namespace

int main(int argc, char** argv) try {
  std::string_view const way = argc == 7 ? argv[1] : "";
  if (way != "up" && way != "down") {
    std::fprintf(stderr, "usage: bench_transfer up|down URL CA_FILE|- TOKEN SOURCE DESTINATION\n");
    return 2;
  }
  kiln::runtime loop;
  kiln::workspace const ws(loop, options_for(argv));
  bool const to_nowhere = way == "down" && std::string_view(argv[6]) == "-";
  auto const out = to_nowhere ? keep_nothing(ws, argv[5]) : copy(ws, way == "up", argv[5], argv[6]);
  std::printf("{\"bytes\":%llu,\"requests\":%llu}\n", static_cast<unsigned long long>(out.bytes),
              static_cast<unsigned long long>(out.requests));
  ws.start(ws.close()).get();
  return out.good ? 0 : 1;
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_transfer: %s\n", e.what());
  return 1;
}
