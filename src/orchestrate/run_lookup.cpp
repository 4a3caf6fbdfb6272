#include "orchestrate/run_lookup.hpp"

#include "json/read.hpp"
#include "json/write.hpp"
#include "services/jobs_type_fields.hpp"

#include <algorithm>

namespace kiln::runs {

namespace {

/// Parameters in one spelling, whatever their order; of bad ones, their text.
std::string canonical(std::string const& json) {
  if (json.empty()) return canonical("{}");
  auto const read = json::read_as<jobs::run_parameters>(json, "parameters");
  return read.has_error() ? json : json::to_json(*read);
}

bool has(std::vector<jobs::job_parameter> const& all, std::string const& name,
         std::string const& value) {
  return std::any_of(all.begin(), all.end(),
                     [&](auto const& p) { return p.name == name && p.value == value; });
}

}  // namespace

void run_lookup::add(run_request const& request, lookup_wish wish) {
  place at;
  at.job_id = request.job_id;
  at.by_20 = request.one_time() || request.by_20();
  auto& in = shelves_[at];
  in.since = std::min(in.since, wish.since);
  ++in.open;
  wanted w;
  w.wish = std::move(wish);
  w.key = request.key;
  if (request.one_time()) {
    in.by_key.emplace(w.key, in.rows.size());
  } else {
    w.parameters = canonical(object_of(request.document));
    auto const* const given = find_member(request.document, "job_parameters");
    if (given != nullptr) {
      auto read = json::read_as<std::map<std::string, std::string>>(*given, "job_parameters");
      if (read) w.job_parameters = std::move(*read);
    }
  }
  in.rows.push_back(std::move(w));
}

std::vector<run_lookup::place> run_lookup::places() const {
  std::vector<place> out;
  for (auto const& [at, in] : shelves_) out.push_back(at);
  return out;
}

run_lookup::wanted* run_lookup::match(place const& from, shelf& in, seen_run const& run) {
  auto const fits = [&run](wanted const& w) {
    auto const& earlier = w.wish.not_these;
    return !w.found && std::find(earlier.begin(), earlier.end(), run.run_id) == earlier.end();
  };
  if (from.job_id == 0) {
    auto const at = in.by_key.find(std::string(key_in(run.run_name)));
    if (at == in.by_key.end() || !fits(in.rows[at->second])) return nullptr;
    return &in.rows[at->second];
  }
  if (!run.start_time) return nullptr;
  auto const parameters = canonical(run.overriding_parameters.text);
  for (auto& w : in.rows) {
    if (!fits(w) || w.parameters != parameters) continue;
    if (*run.start_time < w.wish.since - slack_of_job) continue;
    bool const same =
        std::all_of(w.job_parameters.begin(), w.job_parameters.end(),
                    [&run](auto const& p) { return has(run.job_parameters, p.first, p.second); });
    if (same) return &w;
  }
  return nullptr;
}

bool run_lookup::take(place const& from, std::span<seen_run const> page) {
  auto const at = shelves_.find(from);
  if (at == shelves_.end()) return false;
  auto& in = at->second;
  bool older = false;
  for (auto const& run : page) {
    auto const began = run.start_time.value_or(timestamp());
    older = older || (began != timestamp() && began < in.since - slack_named);
    if (known_(run.run_id)) continue;
    auto* const w = match(from, in, run);
    if (w == nullptr) continue;
    w->found = true;
    --in.open;
    found_.emplace_back(w->wish.row, run.run_id);
  }
  return in.open > 0 && !older && ++in.pages < pages_max;
}

std::vector<std::pair<std::size_t, std::int64_t>> run_lookup::found() {
  return std::exchange(found_, {});
}

}  // namespace kiln::runs
