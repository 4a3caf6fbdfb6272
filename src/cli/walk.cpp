#include "cli/walk.hpp"

#include "cli/task_group.hpp"
#include "core/event.hpp"

#include <kiln/remote_files.hpp>

#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <deque>
#include <optional>
#include <utility>

namespace kiln::cli {
namespace {

/// One walk: workers take directories off a queue and put those they find on it.
struct walk_state {
  walk_state(workspace handle, std::string start)
      : ws(std::move(handle)), root(std::move(start)), more(ws.executor()) {
    queue.push_back(root);
  }
  workspace ws;
  std::string root;
  std::deque<std::string> queue;
  int listing = 0;
  event more;  ///< The queue grew, or the walk is over.
  std::optional<error> failed;
  std::vector<dbfs::file_info> found;

  [[nodiscard]] bool over() const { return failed || (queue.empty() && listing == 0); }
};

void keep(walk_state& w, std::string const& directory, std::vector<dbfs::file_info>&& listed) {
  for (auto& file : listed) {
    // A server that lists a directory as its own content must not keep the walk going for ever.
    if (file.is_dir && file.path.size() > directory.size()) w.queue.push_back(file.path);
    w.found.push_back(std::move(file));
  }
}

asio::awaitable<void> work(walk_state& w) {
  remote_files const there(w.ws);
  while (!w.over()) {
    if (w.queue.empty()) {
      w.more.reset();
      co_await w.more.wait();
      continue;
    }
    auto const directory = std::move(w.queue.front());
    w.queue.pop_front();
    ++w.listing;
    auto answer = co_await there.list(directory);
    --w.listing;
    if (answer.has_value()) {
      keep(w, directory, std::move(*answer));
    } else if (answer.error().code() != errc::not_found || directory == w.root) {
      w.failed = answer.error();
    }
    w.more.set();
  }
  w.more.set();
}

}  // namespace

task<std::vector<dbfs::file_info>> walk(workspace ws, std::string root) {
  auto w = std::make_unique<walk_state>(std::move(ws), std::move(root));
  task_group workers(w->ws.executor());
  auto const lists = remote_files::requests_in_flight_max(w->root);
  for (std::size_t i = 0; i < lists; ++i) workers.start(work(*w));
  std::exception_ptr aborted;
  try {
    co_await workers.join();
  } catch (...) {
    aborted = std::current_exception();
  }
  if (!workers.idle()) {
    co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
    co_await workers.settle();
  }
  if (aborted) std::rethrow_exception(aborted);
  if (w->failed) co_return *w->failed;
  auto by_path = [](auto const& a, auto const& b) { return a.path < b.path; };
  std::sort(w->found.begin(), w->found.end(), by_path);
  co_return std::move(w->found);
}

}  // namespace kiln::cli
