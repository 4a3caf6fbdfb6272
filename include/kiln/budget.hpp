#pragma once

#include <kiln/endpoint.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace kiln {

/// A nested budget: calls of endpoints with this bucket also keep to its rate.
struct bucket_options {
  std::string name;
  double rate = 0;  ///< Requests per second, > 0.
};

/// How a workspace's requests per second are spent.
struct budget_options {
  double rate = 30;  ///< Requests per second, every attempt counted; > 0.
  /// Share of the rate kept back, so that jitter on the way cannot push the server's own count
  /// over its limit. In [0, 0.5].
  double headroom = 0.01;
  bool adaptive = true;                 ///< Learn a lower rate and in-flight limit from 429s.
  std::uint32_t in_flight_max = 256;    ///< Requests on the wire at once; > 0.
  std::uint32_t queue_max = 1'000'000;  ///< Calls waiting at the gate; > 0.
  std::chrono::milliseconds retry_after_max{60'000};  ///< Longest Retry-After obeyed; >= 0.
  /// Grants are shared by weight between lanes that have calls waiting: interactive, normal, bulk,
  /// poll; each > 0.
  std::array<std::uint32_t, lane_count> lane_weights{16, 8, 4, 2};
  /// No lane waits longer than this for a grant while it has a call waiting; > 0.
  std::chrono::milliseconds lane_wait_max{2'000};
  std::vector<bucket_options> buckets{
      {"mlflow-experiments", 7}, {"mlflow-search", 7}, {"mlflow-log-batch", 47}};

  /// Throws std::invalid_argument that names the field.
  void validate() const;
};

class budget_store;

/// A budget that several workspace handles of one process share: pass copies of it in their
/// options. Copies are the same budget. Thread safe.
class budget {
 public:
  explicit budget(budget_options const& options = {});
  [[nodiscard]] budget_options const& options() const noexcept;
  [[nodiscard]] std::shared_ptr<budget_store> const& store() const noexcept { return store_; }

 private:
  std::shared_ptr<budget_options const> options_;
  std::shared_ptr<budget_store> store_;
};

}  // namespace kiln
