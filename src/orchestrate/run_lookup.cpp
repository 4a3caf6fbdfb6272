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
  auto mark = request.key;
  if (!request.one_time()) {
    mark = canonical(object_of(request.document));
    auto const* const given = find_member(request.document, "job_parameters");
    if (given != nullptr) {
      auto read = json::read_as<std::map<std::string, std::string>>(*given, "job_parameters");
      if (read) w.job_parameters = std::move(*read);
    }
  }
  in.by_mark.emplace(std::move(mark), in.rows.size());
  in.rows.push_back(std::move(w));
}

std::vector<run_lookup::place> run_lookup::places() const {
  std::vector<place> out;
  for (auto const& [at, in] : shelves_) out.push_back(at);
  return out;
}

std::optional<timestamp> run_lookup::start_of(seen_run const& run) const {
  auto const began = run.start_time.value_or(timestamp());
  if (began == timestamp()) return std::nullopt;  // it is queued
  return began - ahead_.value_or(std::chrono::milliseconds(0));
}

// Schedules and retries of the server make runs with the same parameters, as do other people.
bool run_lookup::may_be(wanted const& w, shelf const& in, seen_run const& run) const {
  if (!run.trigger.empty() && run.trigger != "ONE_TIME") return false;
  auto const& by = run.creator_user_name;
  if (!by.empty() && !w.wish.creator.empty() && by != w.wish.creator) return false;
  auto const began = start_of(run);
  if (!began && in.older) return false;
  auto const slack = ahead_ ? std::chrono::seconds(slack_told) : slack_of_job;
  if (began && (*began < w.wish.since - slack || *began - slack_of_job > w.wish.until))
    return false;
  return std::all_of(w.job_parameters.begin(), w.job_parameters.end(),
                     [&run](auto const& p) { return has(run.job_parameters, p.first, p.second); });
}

run_lookup::wanted* run_lookup::match(place const& from, shelf& in, seen_run const& run) {
  bool const of_job = from.job_id != 0;
  auto const mark =
      of_job ? canonical(run.overriding_parameters.text) : std::string(key_in(run.run_name));
  auto [at, last] = in.by_mark.equal_range(mark);
  wanted* out = nullptr;  // several rows may run a job with the same parameters: in their order
  for (; at != last; ++at) {
    auto& w = in.rows[at->second];
    auto const& earlier = w.wish.not_these;
    if (w.found || std::find(earlier.begin(), earlier.end(), run.run_id) != earlier.end()) continue;
    if (of_job && !may_be(w, in, run)) continue;
    if (out == nullptr || &w < out) out = &w;
  }
  return out;
}

bool run_lookup::take(place const& from, std::span<seen_run const> page) {
  auto const at = shelves_.find(from);
  if (at == shelves_.end()) return false;
  auto& in = at->second;
  for (auto const& run : page) {
    auto const began = start_of(run);
    in.older = in.older || (began && *began < in.since - slack_named);
    if (known_(run.run_id)) continue;
    auto* const w = match(from, in, run);
    if (w == nullptr) continue;
    w->found = true;
    --in.open;
    found_.emplace_back(w->wish.row, run.run_id);
  }
  return in.open > 0 && !in.older && ++in.pages < pages_max;
}

bool run_lookup::gave_up(place const& from) const {
  auto const at = shelves_.find(from);
  return at != shelves_.end() && at->second.open > 0 && at->second.pages >= pages_max;
}

std::vector<std::pair<std::size_t, std::int64_t>> run_lookup::found() {
  return std::exchange(found_, {});
}

}  // namespace kiln::runs
