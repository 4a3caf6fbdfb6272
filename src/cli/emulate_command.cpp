#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/private_file.hpp"
#include "cli/quantity.hpp"
#include "core/event.hpp"

#include <kiln/emulator.hpp>

#include <boost/system/system_error.hpp>
#include <fmt/format.h>

#include <cstdlib>
#include <malloc.h>
#include <system_error>
#include <unistd.h>

namespace kiln::cli {
namespace {

asio::awaitable<exit_code> until_interrupted(loop& on) {
  event never_set(on.executor());
  try {
    co_await never_set.wait();
  } catch (boost::system::system_error const&) {
    // Cancelled: the way this command ends.
  }
  co_return exit_code::ok;
}

std::string ready_json(emulator const& served) {
  return json_object()
             .text("url", served.url())
             .text("token", served.token())
             .number("pid", static_cast<std::int64_t>(::getpid()))
             .finish() +
         '\n';
}

/// The ready file, there as long as the emulator serves.
class ready_file {
 public:
  ready_file(std::string path, std::string_view text) : path_(std::move(path)) {
    if (!path_.empty()) write_private_file(path_, text);
  }
  ~ready_file() {
    if (!path_.empty()) ::unlink(path_.c_str());
  }
  ready_file(ready_file const&) = delete;
  ready_file& operator=(ready_file const&) = delete;

 private:
  std::string path_;
};

/// Every read makes an answer of more than a megabyte. What one gave back the next one takes,
/// instead of fresh pages of the system, which cost a server a third of its time.
void keep_freed_memory() {
  constexpr int answer_bytes_max = 32 << 20;
  constexpr int kept_bytes_max = 64 << 20;
  ::mallopt(M_MMAP_THRESHOLD, answer_bytes_max);
  ::mallopt(M_TRIM_THRESHOLD, kept_bytes_max);
}

}  // namespace

exit_code run_emulate(loop& on, console& err, emulate_args const& args) {
  keep_freed_memory();
  auto options = args.options;
  if (char const* const token = std::getenv("KILN_EMULATOR_TOKEN")) options.token = token;
  auto const port = options.port;
  try {
    emulator served(on.executor(), options);
    ready_file const ready(args.ready_file, ready_json(served));
    err.line("kiln: serving an emulated workspace at " + served.url());
    if (args.ready_file.empty() && options.token.empty()) {
      err.line("kiln: its random token goes only to a --ready-file; or set KILN_EMULATOR_TOKEN");
    }
    auto const code = on.run(until_interrupted(on));
    auto const seen = served.stats();
    err.line(fmt::format("kiln: {}, {} x 429, {} in the worst second",
                         counted(seen.requests, "request"), grouped(seen.throttled),
                         seen.worst_second));
    return code;
  } catch (boost::system::system_error const& e) {
    err.line(fmt::format("kiln: cannot serve on {}:{}: {}", options.address, port, e.what()));
  } catch (std::system_error const& e) {
    err.line(fmt::format("kiln: {}", e.what()));
  }
  return exit_code::other;
}

}  // namespace kiln::cli
