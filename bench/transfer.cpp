// One file up or down through the library, the budget out of the way. Driven by transfer.py, which
// measures this process from outside, as it does its peer.
#include <kiln/kiln.hpp>

#include <cstdio>
#include <exception>
#include <string_view>

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

}  // namespace

int main(int argc, char** argv) try {
  std::string_view const way = argc == 7 ? argv[1] : "";
  if (way != "up" && way != "down") {
    std::fprintf(stderr, "usage: bench_transfer up|down URL CA_FILE|- TOKEN SOURCE DESTINATION\n");
    return 2;
  }
  kiln::runtime loop;
  kiln::workspace const ws(loop, options_for(argv));
  kiln::transfer_options transfer;
  transfer.overwrite = kiln::overwrite::always;
  auto const report = way == "up" ? ws.start(kiln::upload(ws, argv[5], argv[6], transfer)).get()
                                  : ws.start(kiln::download(ws, argv[5], argv[6], transfer)).get();
  for (auto const& f : report.failures) {
    std::fprintf(stderr, "%s: %s\n", f.item.source.c_str(), f.reason.describe().c_str());
  }
  std::printf("{\"bytes\":%llu,\"requests\":%llu}\n",
              static_cast<unsigned long long>(report.bytes_done),
              static_cast<unsigned long long>(report.requests));
  ws.start(ws.close()).get();
  return report.failures.empty() && report.files_done == 1 ? 0 : 1;
} catch (std::exception const& e) {
  std::fprintf(stderr, "bench_transfer: %s\n", e.what());
  return 1;
}
