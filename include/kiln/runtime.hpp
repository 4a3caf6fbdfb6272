#pragma once

#include <boost/asio/any_io_executor.hpp>

#include <memory>

namespace kiln {

namespace asio = boost::asio;

/// One thread with an event loop, for programs that have none of their own. Programs that do have
/// one give its executor to workspace instead.
///
/// The destructor stops the loop and joins the thread; coroutines still suspended are destroyed.
/// Not to be destroyed on its own thread.
class runtime {
 public:
  runtime();
  ~runtime();
  runtime(runtime const&) = delete;
  runtime& operator=(runtime const&) = delete;

  [[nodiscard]] asio::any_io_executor executor() const noexcept;

 private:
  struct state;
  std::unique_ptr<state> state_;
};

}  // namespace kiln
