// upload_tree DIR DBFS-PATH: a tree in one call, one request a file.
#include <kiln/kiln.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  if (argc != 3) {
    std::cerr << "usage: upload_tree DIR DBFS-PATH\n";
    return 2;
  }
  kiln::runtime loop;
  kiln::workspace ws(loop, kiln::workspace_options::from_environment());
  kiln::transfer_report const report =
      ws.start(kiln::upload(ws, argv[1], argv[2], {.overwrite = kiln::overwrite::always})).get();
  for (auto const& f : report.failures) std::cerr << f.item.source << ": " << f.reason << '\n';
  std::cout << report.files_done << " files, " << report.bytes_done << " bytes, " << report.requests
            << " requests\n";
  return report.failures.empty() ? 0 : 3;
} catch (kiln::failure const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
