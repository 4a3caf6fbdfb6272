#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/path.hpp"
#include "cli/quantity.hpp"
#include "cli/render.hpp"

#include <kiln/stream_copy.hpp>

#include <fmt/format.h>

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace kiln::cli {
namespace {

/// Read ahead of what stdout took: the memory a cat needs, and enough for 30 ranges a second while
/// each takes 0.8 s.
constexpr std::uint64_t read_ahead_bytes_max = 25U << 20;

/// Hands on what is read while the loop runs on. What stdout has cannot be taken back.
class stdout_sink final : public async_byte_sink {
 public:
  explicit stdout_sink(output& out) : out_(out) {}
  task<void> restart() override {
    if (!begun_) co_return result<void>();
    co_return error(errc::file_changed, "the file changed on the server while it was written out")
        .with_operation("cat");
  }
  task<void> write(std::span<std::byte const> data) override {
    begun_ = true;
    std::string_view const text(reinterpret_cast<char const*>(data.data()), data.size());
    auto const written = co_await out_.stream(text);
    if (written.has_error()) co_return written.error();
    // Nobody reads any more: what is still to come is not asked for.
    if (out_.closed()) co_return error(errc::file_failed, "the reader went away");
    co_return result<void>();
  }

 private:
  output& out_;
  bool begun_ = false;
};

/// What reading all of them takes.
asio::awaitable<exit_code> say_cost(session& s, std::vector<std::string> const& paths,
                                    transfer_options const& options) {
  request_counts requests, spent;
  std::uint64_t bytes = 0;
  for (auto const& path : paths) {
    auto const plan = co_await plan_download_to_sink(s.ws(), path, options);
    if (plan.has_error()) co_return s.fail(plan.error());
    for (auto const member : {&request_counts::read, &request_counts::get_status}) {
      requests.*member += plan->requests.*member;
      spent.*member += plan->requests_spent.*member;
    }
    bytes += plan->bytes;
  }
  auto const rate = s.ws().stats().rate;
  auto const head = fmt::format("{}, {}\n", counted(paths.size(), "file"), human_size(bytes));
  json_object out;
  out.number("files", std::uint64_t{paths.size()}).number("bytes", bytes);
  s.print(head + cost_text(requests, spent, rate),
          out.member("cost", cost_json(requests, spent, rate)).finish());
  co_return exit_code::ok;
}

}  // namespace

asio::awaitable<exit_code> run_command(session& s, cat_args const& args) {
  std::vector<std::string> paths;
  for (auto const& path : args.paths) paths.push_back(remote_path(path));
  transfer_options options;
  options.bytes_in_flight_max = read_ahead_bytes_max;
  options.in_lane = lane::interactive;
  if (args.dry_run) {
    auto const code = co_await say_cost(s, paths, options);
    co_return code;
  }
  for (auto const& path : paths) {
    if (s.out().closed()) break;
    std::shared_ptr<async_byte_sink> sink = std::make_shared<stdout_sink>(s.out());
    auto const outcome = co_await download(s.ws(), path, std::move(sink), options);
    bool const unread = s.out().closed() && !s.out().failed();
    if (outcome.has_error() && !unread) co_return s.fail(outcome.error());
  }
  co_return exit_code::ok;
}

}  // namespace kiln::cli
