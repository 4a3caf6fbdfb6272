// for_each DBFS-PATH...: the sizes of many files, at most eight requests under way.
#include <kiln/kiln.hpp>

#include <iostream>

int main(int argc, char** argv) try {
  kiln::runtime loop;
  kiln::workspace ws(loop, kiln::workspace_options::from_environment());
  std::vector<std::string> const paths(argv + 1, argv + argc);
  auto const size_of = [ws](std::string const& path) { return ws.dbfs().get_status({path}); };
  auto const files =
      ws.start(kiln::for_each(paths, size_of, {.in_flight_max = 8, .failures_max = 100})).get();
  for (std::size_t i = 0; i < files.size(); ++i) {
    std::cout << paths[i] << '\t';
    if (files[i]) {
      std::cout << files[i]->file_size << '\n';
    } else {
      std::cout << files[i].error().code() << '\n';
    }
  }
  return 0;
} catch (kiln::failure const& e) {
  std::cerr << e.what() << '\n';
  return 1;
}
