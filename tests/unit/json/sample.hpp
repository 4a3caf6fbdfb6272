#pragma once

#include <kiln/fields.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

// A little API of its own: structs as a service declares them.
namespace sample {

enum class state : std::uint8_t { pending, running, terminated };
constexpr auto spellings(state) { return kiln::spell("PENDING", "RUNNING", "TERMINATED"); }

enum class format { source, html };
kiln::enum_table spellings(format) noexcept;  // in sample.cpp

struct autoscale {
  std::int32_t min_workers = 0;
  std::int32_t max_workers = 8;
};

struct cluster {
  std::string cluster_id;
  kiln::open_enum<sample::state> state;
  std::int64_t spark_context_id = 0;
  std::optional<std::int32_t> num_workers;
  std::optional<sample::autoscale> autoscale;
  std::map<std::string, std::string> custom_tags;
  kiln::timestamp start_time{};
  std::vector<double> loads;
  std::vector<std::string> hosts;
  kiln::json_text extra;
  bool pinned = false;
  sample::autoscale limits;
};

struct cluster_page {
  std::vector<cluster> clusters;
  std::string next_page_token;
};

struct numbers {
  std::int32_t i32 = -1;
  std::uint32_t u32 = 1;
  std::int64_t i64 = -2;
  std::uint64_t u64 = 2;
  double real = 0.5;
  long long wide = 3;
  std::optional<std::int64_t> maybe;
};

struct block {
  std::int64_t handle = 0;
  std::vector<std::byte> data;
};

struct put {
  std::string_view path;
  std::span<std::byte const> contents;
  bool overwrite = false;
  std::optional<sample::format> format{};
  std::optional<std::string_view> language{};
  std::span<std::int64_t const> ids;
};

struct tree {
  std::string name;
  std::vector<tree> children;
};

struct empty {};

void fields(auto& io, autoscale& v) {
  io("min_workers", v.min_workers);
  io("max_workers", v.max_workers);
}
void fields(auto& io, cluster& v) {
  io("cluster_id", v.cluster_id);
  io("state", v.state);
  io("spark_context_id", v.spark_context_id);
  io("num_workers", v.num_workers);
  io("autoscale", v.autoscale);
  io("custom_tags", v.custom_tags);
  io("start_time", v.start_time);
  io("loads", v.loads);
  io("hosts", v.hosts);
  io("extra", v.extra);
  io("pinned", v.pinned);
  io("limits", v.limits);
}
void fields(auto& io, cluster_page& v) {
  io("clusters", v.clusters);
  io("next_page_token", v.next_page_token);
}
void fields(auto& io, numbers& v) {
  io("i32", v.i32);
  io("u32", v.u32);
  io("i64", v.i64);
  io("u64", v.u64);
  io("real", v.real);
  io("wide", v.wide);
  io("maybe", v.maybe);
}
void fields(auto& io, block& v) {
  io("handle", v.handle);
  io("data", v.data);
}
void fields(auto& io, put& v) {
  io("path", v.path);
  io("contents", v.contents);
  io("overwrite", v.overwrite);
  io("format", v.format);
  io("language", v.language);
  io("ids", v.ids);
}
void fields(auto& io, tree& v) {
  io("name", v.name);
  io("children", v.children);
}
void fields(auto&, empty&) {}

}  // namespace sample
