#include "cli/commands.hpp"
#include "cli/json_text.hpp"
#include "cli/service_table.hpp"
#include "cli/table.hpp"
#include "json/read.hpp"

#include <kiln/document.hpp>
#include <kiln/runtime_version.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kiln::cli {
namespace {

struct named_runtime {
  std::string key, name;
};
void fields(auto& io, named_runtime& v) {
  io("key", v.key);
  io("name", v.name);
}
struct runtime_listing {
  std::vector<named_runtime> versions;
};
void fields(auto& io, runtime_listing& v) { io("versions", v.versions); }

std::string date_text(std::optional<std::chrono::sys_days> day) {
  if (!day) return {};
  return kiln::to_string(timestamp(*day)).substr(0, std::string_view("2020-01-01").size());
}

std::string scala_text(runtime_version const& v) {
  return v.scala() ? fmt::format("{}.{}", v.scala()->major, v.scala()->minor) : std::string();
}

std::string version_json(runtime_version const& v, std::string const& name) {
  json_object out;
  out.text("key", v.key()).text("family", kiln::to_string(v.family()));
  if (!name.empty()) out.text("name", name);
  if (v.major()) out.number("major", std::uint64_t{*v.major()});
  if (v.feature()) out.number("feature", std::uint64_t{*v.feature()});
  json_array flags;
  for (auto const& flag : v.flags()) flags.add(json_string(flag));
  out.member("flags", flags.finish()).text("scala", scala_text(v));
  if (auto const* const release = release_of(v)) {
    out.text("spark", release->spark).flag("lts", release->lts);
    if (release->released) out.text("released", date_text(release->released));
    if (release->end_of_support) out.text("end_of_support", date_text(release->end_of_support));
  }
  return out.text("explanation", explain(v)).finish();
}

runtime_wish wish_of(runtime_args const& args) {
  runtime_wish wish;
  wish.latest = !args.unique;
  wish.lts = args.lts;
  wish.beta = args.beta;
  wish.ml = args.ml;
  wish.gpu = args.gpu;
  wish.photon = args.photon;
  wish.aarch64 = args.aarch64;
  wish.genomics = args.genomics;
  wish.scala = args.scala;
  wish.spark = args.spark;
  wish.runtime = args.version;
  return wish;
}

task<runtime_listing> ask(workspace ws) {
  endpoint at{verb::get, "/api/2.0/clusters/spark-versions"};
  at.lane = lane::interactive;
  json_members const nothing;
  auto const answer = co_await call_json(ws, at, nothing);
  if (answer.has_error()) co_return answer.error();
  co_return json::read_as<runtime_listing>(answer->body, "clusters/spark-versions");
}

/// Oldest first; keys that cannot be parsed come before all others, as they are.
void sort(std::vector<named_runtime>& versions) {
  std::sort(versions.begin(), versions.end(), [](auto const& a, auto const& b) {
    auto const left = runtime_version::parse(a.key);
    auto const right = runtime_version::parse(b.key);
    if (!left || !right) return left.has_value() != right.has_value() ? !left : a.key < b.key;
    return *left < *right;
  });
}

std::string listed_json(named_runtime const& one) {
  auto const version = runtime_version::parse(one.key);
  if (version) return version_json(*version, one.name);
  return json_object().text("key", one.key).text("name", one.name).finish();
}

void print_listing(session& s, std::vector<named_runtime> const& versions) {
  auto const columns =
      columns_of("KEY=key SPARK=spark SCALA=scala END_OF_SUPPORT=end_of_support NAME=name");
  std::vector<std::string> items;
  for (auto const& one : versions) items.push_back(listed_json(one));
  auto const form = result_format(s);
  if (form != output_format::text) {
    print_json(s.out(), form, items);
    return;
  }
  std::vector<table_row> rows;
  for (auto const& item : items) rows.push_back(cells_of(item, columns));
  if (s.out().is_terminal()) {
    s.out().print(aligned_table(columns, rows, s.out().columns()));
    return;
  }
  for (auto const& row : rows) s.out().print(tab_line(row));
}

}  // namespace

exit_code run_runtime_parse(runtime_args const& args, output_format form, console& err,
                            output& out) {
  auto code = exit_code::ok;
  std::vector<std::string> items;
  for (auto const& key : args.keys) {
    auto const version = runtime_version::parse(key);
    if (version.has_error()) {
      err.line(fmt::format("kiln: '{}': {}", key, version.error().message()));
      code = exit_code::usage;
    } else if (form == output_format::text) {
      auto const prefix = args.keys.size() > 1 ? key + "  " : std::string();
      out.print(prefix + explain(*version) + '\n');
    } else {
      items.push_back(version_json(*version, {}));
    }
  }
  if (form == output_format::text) return code;
  // One key gives one object.
  if (args.keys.size() == 1 && items.size() == 1) {
    out.print(items.front() + '\n');
  } else {
    print_json(out, form, items);
  }
  return code;
}

asio::awaitable<exit_code> run_command(session& s, runtime_args const& args) {
  auto listing = co_await ask(s.ws());
  if (listing.has_error()) co_return s.fail(listing.error());
  auto& versions = listing->versions;
  if (args.what == runtime_args::kind::list) {
    sort(versions);
    print_listing(s, versions);
    co_return exit_code::ok;
  }
  std::vector<runtime_entry> entries;
  for (auto const& one : versions) entries.push_back({one.key, one.name});
  auto const chosen = select(entries, wish_of(args));
  if (chosen.has_error()) co_return s.fail(chosen.error());
  s.print(chosen->key() + '\n', version_json(*chosen, {}));
  co_return exit_code::ok;
}

}  // namespace kiln::cli
