#pragma once

#include "client/engine.hpp"
#include "core/spawn.hpp"
#include "emulator/session.hpp"
#include "net/pool.hpp"
#include "support/memory_stream.hpp"
#include "support/virtual_world.hpp"

#include <kiln/workspace.hpp>

#include <memory>
#include <string>
#include <vector>

namespace kiln::test {

/// The whole engine and an emulated workspace in one thread, on one virtual clock, with connections
/// in memory that lag, split and break by the seed. The same seed gives the same run.
class simulation {
 public:
  struct settings {
    std::uint64_t seed = 1;
    emulator_options emulator;
    workspace_options workspace;
    memory_link link;
    double break_share = 0;  ///< Of connections that break after a random number of bytes.
    std::uint64_t break_bytes_max = 4U << 20;
  };

  explicit simulation(settings s)
      : random_(s.seed),
        core_(s.emulator),
        network_(*world_.clock(), s.link,
                 [this](std::unique_ptr<memory_stream> far, net::origin const&) {
                   std::shared_ptr<memory_stream> const served = std::move(far);
                   served_.push_back(served);
                   spawn_detached(world_.executor(), serve_one(core_, *world_.clock(), served));
                 }) {
    network_.on_connected([this, s](memory_stream& near) { maybe_break(near, s); });
    s.workspace.host = "https://simulated.example.net";
    s.workspace.credentials = credentials::personal_access_token(core_.token());
    s.workspace.validate();
    engine_parts parts;
    parts.executor = world_.executor();
    parts.outer_executor = world_.executor();
    parts.clock = world_.clock();
    parts.seed = s.seed;
    parts.make_transport = [this, &s](timers& clock) {
      net::origin to;
      to.host = "simulated.example.net";
      return net::make_pool(world_.executor(), clock, network_, to, s.workspace.timeouts,
                            s.workspace.pool);
    };
    auto host = *http::parse_base_url(s.workspace.host);
    workspace_ = std::make_unique<kiln::workspace>(
        engine::create(std::move(parts), s.workspace, std::move(host)));
  }
  ~simulation() {
    workspace_.reset();
    world_.settle();
    close_served();
    world_.run_for(std::chrono::minutes(1));
    close_served();  // to those that a call under way has opened meanwhile
  }

  [[nodiscard]] kiln::workspace const& workspace() const noexcept { return *workspace_; }
  [[nodiscard]] emulation::emulator_core& emulated() noexcept { return core_; }
  [[nodiscard]] virtual_world& world() noexcept { return world_; }
  [[nodiscard]] random_source& random() noexcept { return random_; }

 private:
  /// A server that waits for a client holds itself; it is woken to end.
  void close_served() {
    for (auto const& stream : served_) {
      if (auto const open = stream.lock()) open->close();
    }
  }
  static asio::awaitable<void> serve_one(emulation::emulator_core& core, timers& clock,
                                         std::shared_ptr<memory_stream> stream) {
    auto const end = co_await emulation::serve(*stream, core, clock);
    if (end == emulation::connection_end::reset) {
      stream->reset();
    } else {
      stream->close();
    }
  }
  void maybe_break(memory_stream& near, settings const& s) {
    if (random_.unit() >= s.break_share) return;
    constexpr memory_fault kinds[] = {memory_fault::close, memory_fault::reset,
                                      memory_fault::stall};
    near.break_after(random_.below(s.break_bytes_max), kinds[random_.below(3)]);
  }

  random_source random_;
  std::vector<std::weak_ptr<memory_stream>> served_;
  emulation::emulator_core core_;
  virtual_world world_;
  memory_network network_;
  std::unique_ptr<kiln::workspace> workspace_;
};

}  // namespace kiln::test
