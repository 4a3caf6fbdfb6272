#include "cli/render.hpp"

#include "cli/json_text.hpp"
#include "cli/path.hpp"
#include "cli/quantity.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kiln::cli {
namespace {

using count_row = std::pair<std::string_view, std::uint64_t>;

std::array<count_row, 10> rows(request_counts const& c) {
  return {{{"put", c.put},
           {"create", c.create},
           {"add-block", c.add_block},
           {"close", c.close},
           {"move", c.move},
           {"read", c.read},
           {"list", c.list},
           {"get-status", c.get_status},
           {"mkdirs", c.mkdirs},
           {"delete", c.delete_}}};
}

/// "1.5 MiB (1,572,864 bytes)"
std::string exact_size(std::uint64_t bytes) {
  if (bytes < 1024) return fmt::format("{} bytes", bytes);
  return fmt::format("{} ({} bytes)", human_size(bytes), grouped(bytes));
}

std::uint64_t size_of(dbfs::file_info const& file) {
  return file.file_size > 0 ? static_cast<std::uint64_t>(file.file_size) : 0;
}

std::string shown_name(dbfs::file_info const& file, std::string_view root) {
  auto const name = file.path == root ? base_name(file.path) : relative_to(file.path, root);
  return printable(name) + (file.is_dir && name != "/" ? "/" : "");
}

}  // namespace

std::string counts_text(request_counts const& counts) {
  std::string kinds;
  for (auto const& [name, number] : rows(counts)) {
    if (number != 0)
      kinds += fmt::format("{}{} {}", kinds.empty() ? "" : ", ", name, grouped(number));
  }
  auto const total = grouped(counts.total());
  return kinds.empty() ? total : fmt::format("{} ({})", total, kinds);
}

std::string counts_json(request_counts const& counts) {
  json_object out;
  for (auto const& [name, number] : rows(counts)) out.number(name, number);
  return out.number("total", counts.total()).finish();
}

std::string list_text(std::vector<dbfs::file_info> const& files, std::string_view root,
                      bool long_form) {
  std::string out;
  std::size_t width = 0;
  for (auto const& file : files) width = std::max(width, human_size(size_of(file)).size());
  for (auto const& file : files) {
    if (long_form) {
      auto const time = file.modification_time ? kiln::to_string(*file.modification_time) : "-";
      auto const size = file.is_dir ? std::string("-") : human_size(size_of(file));
      out += fmt::format("{:>{}}  {:24}  ", size, width, time);
    }
    out += shown_name(file, root) + '\n';
  }
  return out;
}

std::string file_json(dbfs::file_info const& file) {
  json_object out;
  out.text("path", file.path).flag("is_dir", file.is_dir).number("file_size", file.file_size);
  if (file.modification_time) {
    out.number("modification_time",
               static_cast<std::int64_t>(file.modification_time->time_since_epoch().count()));
  }
  return out.finish();
}

std::string stat_text(dbfs::file_info const& file) {
  auto out = fmt::format("path      dbfs:{}\ntype      {}\n", printable(file.path),
                         file.is_dir ? "directory" : "file");
  if (!file.is_dir) out += fmt::format("size      {}\n", exact_size(size_of(file)));
  if (file.modification_time) {
    out += fmt::format("modified  {}\n", kiln::to_string(*file.modification_time));
  }
  return out;
}

std::string usage_text(std::vector<usage_line> const& lines) {
  std::size_t width = 0;
  for (auto const& line : lines) width = std::max(width, human_size(line.bytes).size());
  std::string out;
  for (auto const& line : lines) {
    out += fmt::format("{:>{}}  {:>14}  {:>15}  dbfs:{}\n", human_size(line.bytes), width,
                       counted(line.files, "file"), counted(line.directories, "directory"),
                       printable(line.path));
  }
  return out;
}

std::string usage_json(usage_line const& line) {
  return json_object()
      .text("path", line.path)
      .number("files", line.files)
      .number("directories", line.directories)
      .number("bytes", line.bytes)
      .finish();
}

std::size_t skipped_of(transfer_plan const& plan) noexcept {
  return static_cast<std::size_t>(
      std::count_if(plan.refused.begin(), plan.refused.end(),
                    [](auto const& f) { return f.state == transfer_state::skipped; }));
}

namespace {

/// Many small files cost requests, not bytes.
std::string archive_hint(transfer_plan const& plan) {
  constexpr std::uint64_t files_worth_it = 100;
  constexpr std::uint64_t times_fewer = 10;
  auto const packed = plan.requests_as_one_file().total();
  if (plan.files < files_worth_it || plan.requests.total() / times_fewer < packed) return {};
  transfer_plan one;
  one.rate = plan.rate;
  one.requests = plan.requests_as_one_file();
  return fmt::format("hint: packed into one archive it takes {}, {} at least\n",
                     counted(packed, "request"), human_duration(one.least_time()));
}

}  // namespace

namespace {

std::chrono::milliseconds least_time(request_counts const& requests, double rate) {
  transfer_plan same;
  same.requests = requests;
  same.rate = rate;
  return same.least_time();
}

}  // namespace

std::string cost_text(request_counts const& requests, request_counts const& spent, double rate,
                      bool repeated) {
  auto out = fmt::format("requests: {}{}", counts_text(requests),
                         repeated ? ", or more where the server works in parts" : "");
  if (spent.total() != 0) out += fmt::format("; {} spent on this plan", grouped(spent.total()));
  return out + fmt::format("\nleast time at {:g} requests/s: {}\n", rate,
                           human_duration(least_time(requests, rate)));
}

std::string cost_json(request_counts const& requests, request_counts const& spent, double rate) {
  json_object out;
  out.member("requests", counts_json(requests)).member("requests_spent", counts_json(spent));
  auto const least = std::chrono::duration<double>(least_time(requests, rate)).count();
  return out.real("least_seconds", least).finish();
}

std::string plan_text(transfer_plan const& plan, std::string_view source,
                      std::string_view destination) {
  auto out =
      fmt::format("{}  {} -> {}\n", plan.upload ? "upload" : "download", source, destination);
  out += fmt::format("  files        {}, {}\n", grouped(plan.files), exact_size(plan.bytes));
  out += fmt::format("  directories  {}\n", grouped(plan.directories));
  auto const skipped = skipped_of(plan);
  auto const refused = plan.refused.size() - skipped;
  if (skipped != 0) out += fmt::format("  skipped      {}\n", grouped(skipped));
  if (refused != 0) out += fmt::format("  refused      {}\n", grouped(refused));
  out += fmt::format("  requests     {}\n", counts_text(plan.requests));
  if (plan.requests_spent.total() != 0) {
    out += fmt::format("  for the plan {}\n", counts_text(plan.requests_spent));
  }
  constexpr double half = 0.5;
  out += fmt::format("  least time   {} at {:g} requests/s, {} with half of them\n",
                     human_duration(plan.least_time()), plan.rate,
                     human_duration(plan.least_time(half)));
  auto const turn = static_cast<std::uint64_t>(plan.binding_bytes_per_second());
  if (turn > 0)
    out += fmt::format("  binds        the budget, or a link below {}/s\n", human_size(turn));
  return out + archive_hint(plan);
}

namespace {

json_object plan_head(transfer_plan const& plan) {
  json_object out;
  out.text("direction", plan.upload ? "upload" : "download")
      .number("files", plan.files)
      .number("directories", plan.directories)
      .number("bytes", plan.bytes)
      .number("skipped", static_cast<std::uint64_t>(skipped_of(plan)))
      .member("requests", counts_json(plan.requests))
      .member("requests_spent", counts_json(plan.requests_spent))
      .number("requests_as_one_file", plan.requests_as_one_file().total())
      .real("rate", plan.rate)
      .number("least_time_ms", static_cast<std::int64_t>(plan.least_time().count()))
      .real("binding_bytes_per_second", plan.binding_bytes_per_second());
  return out;
}

}  // namespace

std::string plan_summary_json(transfer_plan const& plan) { return plan_head(plan).finish(); }

std::string plan_json(transfer_plan const& plan) {
  json_array items;
  for (auto const& item : plan.items) items.add(item_json(item, "planned", nullptr));
  return plan_head(plan)
      .member("items", items.finish())
      .member("refused", failures_json(plan.refused))
      .finish();
}

std::string report_text(transfer_report const& report) {
  double const seconds = std::chrono::duration<double>(report.elapsed).count();
  auto out = fmt::format("{} ({}) in {}", counted(report.files_done, "file"),
                         human_size(report.bytes_done), human_duration(report.elapsed));
  if (report.files_verified != 0) {
    out += fmt::format(", {} verified", grouped(report.files_verified));
  }
  if (report.files_skipped != 0) out += fmt::format(", {} skipped", grouped(report.files_skipped));
  if (report.files_failed != 0) out += fmt::format(", {} failed", grouped(report.files_failed));
  out += fmt::format("; {}", counted(report.requests, "request"));
  if (seconds > 0)
    out += fmt::format(" ({:.1f}/s)", static_cast<double>(report.requests) / seconds);
  if (report.throttled != 0) out += fmt::format(", {} x 429", grouped(report.throttled));
  return out + '\n';
}

std::string report_json(transfer_report const& report) {
  return json_object()
      .number("files_done", report.files_done)
      .number("files_skipped", report.files_skipped)
      .number("files_failed", report.files_failed)
      .number("files_verified", report.files_verified)
      .number("directories", report.directories)
      .number("bytes_done", report.bytes_done)
      .number("requests", report.requests)
      .number("throttled", report.throttled)
      .real("seconds", std::chrono::duration<double>(report.elapsed).count())
      .member("failures", failures_json(report.failures))
      .finish();
}

std::string failures_json(std::vector<transfer_failure> const& failures) {
  json_array out;
  for (auto const& f : failures) out.add(item_json(f.item, to_string(f.state), &f.reason));
  return out.finish();
}

std::string item_json(transfer_item const& item, std::string_view state, error const* why) {
  json_object out;
  out.text("source", item.source)
      .text("destination", item.destination)
      .flag("is_dir", item.is_dir)
      .number("size", item.size)
      .text("state", state);
  if (why != nullptr) out.member("error", error_json(*why));
  return out.finish();
}

std::string_view to_string(transfer_state state) noexcept {
  switch (state) {
    case transfer_state::done:
      return "done";
    case transfer_state::skipped:
      return "skipped";
    case transfer_state::failed:
      return "failed";
  }
  return "unknown";
}

}  // namespace kiln::cli
