#pragma once

#include <kiln/endpoint.hpp>
#include <kiln/options.hpp>
#include <kiln/pages.hpp>
#include <kiln/result.hpp>
#include <kiln/services/clusters_events.hpp>
#include <kiln/services/clusters_types.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Clusters API 2.0; every call takes call_options::api_version "2.1" too.
///
/// A change of a cluster is asked for, not waited for: poll `get` until `state` is what you want.
/// An unknown cluster is errc::not_found, although the server says 400 INVALID_PARAMETER_VALUE.
/// Source of every shape:
/// https://learn.microsoft.com/azure/databricks/dev-tools/api/latest/clusters and
/// https://docs.databricks.com/api/workspace/clusters (2.1)
namespace kiln {

class engine;

namespace clusters {

/// The cluster whose libraries a new one gets too.
struct clone_source {
  std::string source_cluster_id;
};

/// Makes a cluster and starts it; the answer comes while it is pending. It ends in running, or in
/// terminated with a termination_reason.
struct create : compute::cluster_spec {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/create", repeat::token};
  struct response {
    std::string cluster_id;
  };
  std::optional<clone_source> clone_from{};
  /// At most 64 characters. While a cluster made with the same one is active, that one is the
  /// answer. Without it, and in API 2.1, which has none, an attempt whose answer was lost is not
  /// repeated.
  std::string idempotency_token;
};

/// Terminates a cluster; its configuration is kept for 30 days, longer when pinned. Nothing happens
/// when it is terminating or terminated.
struct delete_ {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/delete", repeat::idempotent};
  using response = void;
  std::string_view cluster_id;
};

/// Changes a running cluster, which then restarts, or a terminated one. In any other state it is
/// refused with INVALID_STATE. What is left out gets its default; it does not keep its value.
struct edit : compute::cluster_spec {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/edit", repeat::not_idempotent};
  using response = void;
  std::string cluster_id;
};

/// Where the next page of events begins: the request that asks for it.
struct next_events {
  std::string cluster_id;
  std::optional<timestamp> start_time{};
  std::optional<timestamp> end_time{};
  open_enum<events_order> order;
  std::vector<open_enum<event_type>> event_types;
  std::optional<std::int64_t> offset{};
  std::optional<std::int64_t> limit{};
  std::optional<std::int32_t> page_size{};
  std::string page_token;
};

/// What happened to a cluster, newest first.
struct events {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/events", repeat::safe};
  struct response {
    std::vector<cluster_event> events;
    std::optional<next_events> next_page{};  ///< Absent on the last page.
    std::int64_t total_count = 0;            ///< Of events that match, over all pages.
    std::string next_page_token;             ///< API 2.1.
    std::string prev_page_token;
  };
  std::string_view cluster_id;
  std::optional<timestamp> start_time{};  ///< Default: the beginning of time.
  std::optional<timestamp> end_time{};    ///< Default: now. Required with an offset and descending.
  std::optional<events_order> order{};    ///< Default: descending.
  std::span<event_type const> event_types{};  ///< Default: all.
  std::optional<std::int64_t> offset{};
  std::optional<std::int64_t> limit{};      ///< Of a page: at most 500; default 50.
  std::optional<std::int32_t> page_size{};  ///< API 2.1: instead of `limit`.
  std::string_view page_token{};            ///< API 2.1: instead of `offset`.
};

/// Up to 30 days after its termination, longer when pinned.
struct get {
  static constexpr endpoint at{verb::get, "/api/2.0/clusters/get", repeat::safe};
  using response = cluster;
  std::string_view cluster_id;
};

enum class sort_direction : std::uint8_t { ascending, descending };
kiln::enum_table spellings(sort_direction) noexcept;

/// `by_default`: as the server sees fit.
enum class sort_field : std::uint8_t { cluster_name, by_default };
kiln::enum_table spellings(sort_field) noexcept;

/// All of it must hold. Members that are not set ask for nothing.
struct list_filter {
  std::span<cluster_source const> cluster_sources{};  ///< Any of them.
  std::span<state const> cluster_states{};            ///< Any of them.
  std::optional<bool> is_pinned{};
  std::string_view policy_id{};
};

struct list_order {
  std::optional<sort_direction> direction{};
  std::optional<sort_field> field{};
};

/// Pinned and active clusters, and of the last 30 days up to 70 terminated all-purpose clusters
/// and 30 terminated job clusters. API 2.0 gives them at once, 2.1 page by page.
struct list {
  static constexpr endpoint at{verb::get, "/api/2.0/clusters/list", repeat::safe};
  struct response {
    std::vector<cluster> clusters;
    std::string next_page_token;  ///< Empty on the last page, and in API 2.0.
    std::string prev_page_token;
  };
  std::string_view can_use_client{};        ///< API 2.0: "JOBS" or "NOTEBOOKS".
  list_filter filter_by{};                  ///< API 2.1, as the rest.
  std::optional<std::int32_t> page_size{};  ///< At most 100.
  std::string_view page_token{};
  list_order sort_by{};
};

/// The kinds of machines a cluster can be made of.
struct list_node_types {
  static constexpr endpoint at{verb::get, "/api/2.0/clusters/list-node-types", repeat::safe};
  struct response {
    std::vector<node_type> node_types;
  };
};

/// Zones a cluster can be made in; of no use on Azure.
struct list_zones {
  static constexpr endpoint at{verb::get, "/api/2.0/clusters/list-zones", repeat::safe};
  struct response {
    std::string default_zone;
    std::vector<std::string> zones;
  };
};

/// Terminates a cluster and forgets it. A pinned one must be unpinned first.
struct permanent_delete {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/permanent-delete",
                               repeat::not_idempotent};
  using response = void;
  std::string_view cluster_id;
};

/// Keeps a cluster in the list when it terminates, for ever. A workspace has a limit of pinned
/// clusters (20 in 2020). For administrators; nothing happens when it is pinned.
struct pin {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/pin", repeat::idempotent};
  using response = void;
  std::string_view cluster_id;
};

/// Changes the size of a running cluster; INVALID_STATE in any other state.
struct resize {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/resize", repeat::idempotent};
  using response = void;
  std::string_view cluster_id;
  // One of them.
  std::optional<std::int32_t> num_workers{};
  std::optional<compute::autoscale> autoscale{};
};

/// A cluster that does not run is refused with INVALID_STATE. A repeat restarts it again, so an
/// attempt whose answer was lost is not repeated.
struct restart {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/restart", repeat::not_idempotent};
  using response = void;
  std::string_view cluster_id;
  std::string_view restart_user{};  ///< The user name to tell in the log of events.
};

/// The runtimes a cluster can be made of.
struct spark_versions {
  static constexpr endpoint at{verb::get, "/api/2.0/clusters/spark-versions", repeat::safe};
  struct response {
    std::vector<spark_version> versions;
  };
};

/// Starts a terminated cluster as it was last configured: same id, smallest size when it scales.
struct start {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/start", repeat::idempotent};
  using response = void;
  std::string_view cluster_id;
};

/// Nothing happens when it is not pinned.
struct unpin {
  static constexpr endpoint at{verb::post, "/api/2.0/clusters/unpin", repeat::idempotent};
  using response = void;
  std::string_view cluster_id;
};

/// What workspace::clusters() gives. A cheap copy of a shared handle; calls from any thread.
/// Requests are encoded before a method returns, so views in them need live no longer than the call
/// expression.
class service {
 public:
  explicit service(std::shared_ptr<engine> core) noexcept : core_(std::move(core)) {}

  task<clusters::create::response> create(clusters::create const& r,
                                          call_options const& options = {}) const;
  task<clusters::create::response> create(clusters::create&& r,
                                          call_options const& options = {}) const = delete;
  task<void> delete_(clusters::delete_ const& r, call_options const& options = {}) const;
  task<void> edit(clusters::edit const& r, call_options const& options = {}) const;
  task<void> edit(clusters::edit&& r, call_options const& options = {}) const = delete;
  task<clusters::events::response> events(clusters::events const& r,
                                          call_options const& options = {}) const;
  /// At most `limit` events over all pages, 0 for all there are; `r.limit` is of a page.
  [[nodiscard]] pages<cluster_event> events_pages(clusters::events const& r, std::int64_t limit = 0,
                                                  call_options const& options = {}) const;
  task<std::vector<cluster_event>> events_all(clusters::events const& r, std::int64_t limit = 0,
                                              call_options const& options = {}) const;
  task<cluster> get(clusters::get const& r, call_options const& options = {}) const;
  task<clusters::list::response> list(clusters::list const& r = {},
                                      call_options const& options = {}) const;
  /// At most `limit` clusters over all pages, 0 for all there are.
  [[nodiscard]] pages<cluster> list_pages(clusters::list const& r = {}, std::int64_t limit = 0,
                                          call_options const& options = {}) const;
  task<std::vector<cluster>> list_all(clusters::list const& r = {}, std::int64_t limit = 0,
                                      call_options const& options = {}) const;
  task<clusters::list_node_types::response> list_node_types(call_options const& options = {}) const;
  task<clusters::list_zones::response> list_zones(call_options const& options = {}) const;
  task<void> permanent_delete(clusters::permanent_delete const& r,
                              call_options const& options = {}) const;
  task<void> pin(clusters::pin const& r, call_options const& options = {}) const;
  task<void> resize(clusters::resize const& r, call_options const& options = {}) const;
  task<void> restart(clusters::restart const& r, call_options const& options = {}) const;
  task<clusters::spark_versions::response> spark_versions(call_options const& options = {}) const;
  task<void> start(clusters::start const& r, call_options const& options = {}) const;
  task<void> unpin(clusters::unpin const& r, call_options const& options = {}) const;

 private:
  std::shared_ptr<engine> core_;
};

}  // namespace clusters
}  // namespace kiln
