// Local files that change or cannot be written while they are under way: their item fails with what
// happened, nothing half-written stays on either side, and the rest of the tree goes on.
#include "loopback/transfer_support.hpp"
#include "support/watched_relay.hpp"

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <string>
#include <sys/resource.h>

namespace kiln {
namespace {

namespace fs = std::filesystem;
using transfer_tests::content_of;
using transfer_tests::world;

// More than the kernel takes off a client whose server does not read.
constexpr std::size_t large_bytes = 24U << 20;
constexpr std::uint64_t head_bytes = 512U << 10;

struct transfer_local_faults : world {
  /// Uploads a tree of one large file, which `change` is done to in the middle of its put, and
  /// three small ones.
  result<transfer_report> upload_while(std::function<void(fs::path const&)> const& change,
                                       transfer_options const& options) {
    local.write("t/large", content_of(large_bytes));
    for (auto const* name : {"t/a", "t/b", "t/z"}) local.write(name, name);
    auto const file = local.path() / "t/large";
    test::watched_relay const relay(emu->port(), head_bytes, [&] { change(file); });
    workspace_options o;
    o.host = relay.url();
    o.credentials = credentials::personal_access_token(emu->token());
    ws.emplace(loop, std::move(o));
    auto const report = upload("t", "/t", options);
    EXPECT_TRUE(relay.acted()) << "nothing was changed";
    ws.reset();
    start_client();
    return report;
  }
  void start_client() {
    workspace_options o;
    o.host = emu->url();
    o.credentials = credentials::personal_access_token(emu->token());
    ws.emplace(loop, std::move(o));
  }
  void expect_changed_alone(result<transfer_report> const& report) const {
    ASSERT_TRUE(report.has_value()) << report.error();
    EXPECT_EQ(report->files_done, 3U);
    ASSERT_EQ(report->failures.size(), 1U);
    auto const& failed = report->failures[0];
    EXPECT_EQ(failed.reason.code(), errc::file_changed) << failed.reason;
    EXPECT_NE(failed.item.source.find("t/large"), std::string::npos);
    EXPECT_NE(failed.reason.describe().find("large"), std::string::npos)
        << "says which file: " << failed.reason;
  }
  [[nodiscard]] std::map<std::string, std::int64_t> remote_sizes() const {
    std::map<std::string, std::int64_t> out;
    auto const listed = wait(ws->dbfs().list({.path = "/t"}));
    if (listed.has_error()) return out;
    for (auto const& f : listed->files) out[f.path] = f.file_size;
    return out;
  }
};

void grow(fs::path const& file) { std::ofstream(file, std::ios::app) << "more"; }
void shrink(fs::path const& file) { fs::resize_file(file, large_bytes - 1); }
void rewrite(fs::path const& file) {
  std::fstream out(file, std::ios::in | std::ios::out | std::ios::binary);
  out.seekp(static_cast<std::streamoff>(large_bytes / 2));
  out << "as long as before";
}

TEST_F(transfer_local_faults, a_file_that_changes_in_the_middle_of_its_put_fails_and_is_not_there) {
  for (auto const& change : {grow, shrink, rewrite}) {
    emu->reset();
    expect_changed_alone(upload_while(change, {}));
    auto const there = remote_sizes();
    EXPECT_EQ(there.size(), 3U);
    EXPECT_FALSE(there.contains("/t/large"));
  }
}

TEST_F(transfer_local_faults, a_put_that_fails_leaves_the_file_it_was_to_replace) {
  local.write("t/large", "old");
  upload("t", "/t");
  expect_changed_alone(upload_while(rewrite, {.overwrite = overwrite::always}));
  EXPECT_EQ(remote_sizes()["/t/large"], 3);
}

// From the first bytes written on, no file of this process may become longer than `bytes`: what
// was reserved is of no use, as on a disk that fails.
class write_failure final : public transfer_observer {
 public:
  explicit write_failure(rlim_t bytes) : bytes_(bytes) {
    before_signal_ = std::signal(SIGXFSZ, SIG_IGN);
    ::getrlimit(RLIMIT_FSIZE, &before_);
  }
  ~write_failure() override {
    ::setrlimit(RLIMIT_FSIZE, &before_);
    std::signal(SIGXFSZ, before_signal_);
  }
  void progressed(transfer_progress const& now) override {
    if (now.bytes_done == 0) return;
    rlimit less = before_;
    less.rlim_cur = bytes_;
    ::setrlimit(RLIMIT_FSIZE, &less);
  }

 private:
  rlim_t bytes_;
  rlimit before_{};
  void (*before_signal_)(int) = nullptr;
};

TEST_F(transfer_local_faults, a_disk_that_fails_in_the_middle_of_a_file_leaves_nothing_of_it) {
  std::string const large = content_of(9U << 20);
  local.write("t/large", large);
  for (int i = 0; i < 20; ++i) local.write("t/x" + std::to_string(i), std::to_string(i));
  upload("t", "/t");
  {
    write_failure fails(1U << 20);
    auto const down = download("/t", "down", {.bytes_in_flight_max = 4U << 20, .observer = &fails});
    ASSERT_TRUE(down.has_value()) << down.error();
    EXPECT_EQ(down->files_done, 20U);
    ASSERT_EQ(down->failures.size(), 1U);
    auto const& why = down->failures[0].reason;
    EXPECT_EQ(why.code(), errc::file_failed) << why;
    EXPECT_EQ(why.operation(), "write file");
    EXPECT_NE(why.where().find("down/large"), std::string::npos) << why;
  }
  auto const there = (local / "down").contents();
  EXPECT_EQ(there.size(), 20U);
  EXPECT_FALSE(there.contains("large"));
  EXPECT_LT(requests(), 21U + 1 + 20 + 9) << "ranges of a file that failed are not asked for";

  auto const again = download("/t", "down", {.overwrite = overwrite::never});
  EXPECT_EQ(again->files_done, 1U);
  EXPECT_TRUE(local.read("down/large") == large);
}

}  // namespace
}  // namespace kiln
