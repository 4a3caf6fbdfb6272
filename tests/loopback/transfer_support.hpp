#pragma once

#include <kiln/emulator.hpp>
#include <kiln/kiln.hpp>

#include <gtest/gtest.h>

#include <cstdint>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <sstream>
#include <stdlib.h>
#include <string>
#include <sys/stat.h>
#include <type_traits>
#include <utility>

namespace kiln::transfer_tests {

/// Text that tells its places apart, the same for the same size.
inline std::string content_of(std::size_t size) {
  std::string out(size, '\0');
  std::uint64_t state = size + 1;
  for (auto& c : out) {
    state = state * 6364136223846793005U + 1442695040888963407U;
    c = static_cast<char>(state >> 56);
  }
  return out;
}

class folder {
 public:
  explicit folder(std::filesystem::path path) : path_(std::move(path)) {}
  [[nodiscard]] std::filesystem::path const& path() const noexcept { return path_; }
  folder operator/(std::string const& name) const { return folder(path_ / name); }
  void make_directory(std::string const& name) const {
    std::filesystem::create_directories(path_ / name);
  }
  void write(std::string const& name, std::string const& text) const {
    std::filesystem::create_directories((path_ / name).parent_path());
    std::ofstream(path_ / name, std::ios::binary) << text;
  }
  [[nodiscard]] std::string read(std::string const& name) const {
    std::ostringstream out;
    out << std::ifstream(path_ / name, std::ios::binary).rdbuf();
    return out.str();
  }
  /// All below: relative path to content, "<dir>" for directories. Temporary names would show.
  [[nodiscard]] std::map<std::string, std::string> contents() const {
    std::map<std::string, std::string> out;
    for (auto const& e : std::filesystem::recursive_directory_iterator(path_)) {
      std::string const name = std::filesystem::relative(e.path(), path_).string();
      out[name] = e.is_directory() ? "<dir>" : read(name);
    }
    return out;
  }

 private:
  std::filesystem::path path_;
};

/// An emulator without a limit, a workspace on it and a folder that is gone afterwards.
struct world : ::testing::Test {
  runtime loop;
  runtime server_loop;
  std::optional<emulator> emu;
  std::optional<workspace> ws;
  folder local{std::filesystem::path()};

  world() { start({}); }
  ~world() override {
    ws.reset();
    emu.reset();
    std::error_code ignored;
    std::filesystem::remove_all(local.path(), ignored);
  }

  void start(emulator_options options) {
    ws.reset();
    emu.reset();
    options.limiter = limiter_kind::none;
    emu.emplace(server_loop, std::move(options));
    workspace_options o;
    o.host = emu->url();
    o.credentials = credentials::personal_access_token(emu->token());
    budget_options fast;
    fast.rate = 100'000;
    o.budget = budget(fast);
    o.retry.backoff_base = std::chrono::milliseconds(1);
    o.retry.backoff_max = std::chrono::milliseconds(5);
    ws.emplace(loop, std::move(o));
    if (!local.path().empty()) return;
    std::string name = (std::filesystem::temp_directory_path() / "kiln-loopback-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary directory");
    local = folder(name);
  }

  template <class T>
  result<T> wait(task<T> work) const {
    auto future = ws->start(std::move(work));
    try {
      if constexpr (std::is_void_v<T>) {
        future.get();
        return result<void>();
      } else {
        return future.get();
      }
    } catch (failure const& f) {
      return f.error();
    }
  }
  result<transfer_report> upload(std::string const& from, std::string const& to,
                                 transfer_options const& o = {}) const {
    return wait(kiln::upload(*ws, (local.path() / from).string(), to, o));
  }
  result<transfer_report> download(std::string const& from, std::string const& to,
                                   transfer_options const& o = {}) const {
    return wait(kiln::download(*ws, from, (local.path() / to).string(), o));
  }
  result<transfer_plan> plan_up(std::string const& from, std::string const& to) const {
    return wait(kiln::plan_upload(*ws, (local.path() / from).string(), to));
  }
  result<transfer_plan> plan_down(std::string const& from, std::string const& to) const {
    return wait(kiln::plan_download(*ws, from, (local.path() / to).string()));
  }
  [[nodiscard]] std::uint64_t requests() const { return emu->stats().requests; }

  void fault_with_body(std::string route, std::string body, int status = 200) {
    emulator_fault fault;
    fault.route = std::move(route);
    fault.status = status;
    fault.body = std::move(body);
    emu->add_fault(std::move(fault));
  }
  /// The `nth` answer on the route is lost: the connection ends instead, after the change or
  /// before.
  void lose_answer(std::string const& route, bool applied, std::uint64_t nth = 1) {
    emulator_fault fault;
    fault.route = "/api/2.0/dbfs/" + route;
    fault.what = emulator_fault::kind::close;
    fault.after_handler = applied;
    fault.skip = nth - 1;
    emu->add_fault(std::move(fault));
  }
};

}  // namespace kiln::transfer_tests
