#include "client/engine.hpp"
#include "core/event.hpp"
#include "json/read.hpp"
#include "json/text.hpp"
#include "orchestrate/run_request.hpp"
#include "transfer/fan_out.hpp"

#include <kiln/create_job.hpp>
#include <kiln/document.hpp>

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace kiln {

namespace {

constexpr endpoint create_at{verb::post, "/api/2.1/jobs/create", repeat::not_idempotent};
constexpr endpoint list_at{verb::get, "/api/2.1/jobs/list", repeat::safe};
constexpr int sends_max = 3;
constexpr duration first_pause = std::chrono::seconds(1);

error refuse(std::string text) {
  return error(errc::invalid_argument, std::move(text)).with_operation("jobs/create");
}

bool is_key(std::string_view key) noexcept {
  return !key.empty() && key.size() <= job_key_bytes_max && runs::has_key_characters(key);
}

/// The members of an object within an object; none where it is not there.
json_members inner(json_members const& outer, std::string_view name) {
  auto const* const found = find_member(outer, name);
  if (found == nullptr) return {};
  auto members = members_of(*found, name);
  return members ? std::move(*members) : json_members();
}

struct creation {
  creation(workspace handle, std::string text, std::string k)
      : ws(std::move(handle)), document(std::move(text)), key(std::move(k)) {}
  workspace ws;
  std::string document;
  std::string key;
  json_members request;
  json_members wanted;  ///< The query for jobs of its name.
};

/// Puts the key into the document, and makes the query.
result<void> prepare(creation& c) {
  if (!is_key(c.key)) {
    return refuse("a key of a job has 1 to " + std::to_string(job_key_bytes_max) +
                  " characters of [0-9A-Za-z_.-]");
  }
  auto members = members_of(c.document, "the job");
  if (members.has_error()) return refuse(members.error().message());
  auto const* const name = find_member(*members, "name");
  if (name == nullptr || !name->starts_with('"') || *name == "\"\"") {
    return refuse("a job that is created once needs a name, by which it is found again");
  }
  set_member(c.wanted, "name", *name);
  set_member(c.wanted, "limit", "100");
  auto const* const given = find_member(*members, "tags");
  if (given != nullptr && !given->starts_with('{')) return refuse("tags is no object");
  auto tags = inner(*members, "tags");
  auto const quoted = json::quoted(c.key);
  auto const* const other = find_member(tags, job_key_tag);
  if (other != nullptr && *other != quoted) {
    return refuse("the job has the tag " + std::string(job_key_tag) + " already, and another one");
  }
  set_member(tags, job_key_tag, quoted);
  set_member(*members, "tags", object_of(tags));
  c.request = std::move(*members);
  return {};
}

/// The id of the job in an item of jobs/list, when it has the key.
std::optional<std::int64_t> id_in(std::string const& item, std::string const& quoted_key) {
  auto const job = members_of(item, "jobs/list");
  if (job.has_error()) return std::nullopt;
  auto const settings = inner(*job, "settings");
  auto const tags = inner(settings, "tags");
  auto const* const key = find_member(tags, job_key_tag);
  auto const* const id = find_member(*job, "job_id");
  if (key == nullptr || *key != quoted_key || id == nullptr) return std::nullopt;
  auto const number = json::read_as<std::int64_t>(*id, "job_id");
  if (number.has_error()) return std::nullopt;
  return *number;
}

/// The job that has the key; 0: none.
task<std::int64_t> look(creation const& c) {
  auto const quoted = json::quoted(c.key);
  std::int64_t found = 0;
  json_pager pager(c.wanted);
  while (!pager.done()) {
    auto const answer = co_await call_json(c.ws, list_at, pager.request());
    if (answer.has_error()) co_return answer.error();
    auto const page = pager.take(answer->body);
    if (page.has_error()) co_return page.error();
    for (auto const& item : page->items) {
      auto const id = id_in(item, quoted);
      if (!id || *id == found) continue;
      if (found != 0) {
        std::string text = "jobs " + std::to_string(found) + " and " + std::to_string(*id) +
                           " both have the key " + c.key;
        co_return error(errc::conflict, std::move(text)).with_operation("jobs/list");
      }
      found = *id;
    }
  }
  co_return found;
}

/// By the engine's clock; false when cancelled. Awaited on a strand.
asio::awaitable<bool> pause(std::shared_ptr<engine> e, duration how_long) {
  auto const strand = co_await asio::this_coro::executor;
  auto const over = std::make_shared<event>(strand);
  auto const alarm = std::make_shared<timers::id>();
  auto ring = [over, strand] { asio::post(strand, [over] { over->set(); }); };
  asio::post(e->executor(), [e, alarm, ring = std::move(ring), how_long] {
    *alarm = e->clock().call_at(e->clock().now() + how_long, ring);
  });
  bool const passed = co_await transfer::wait_for(*over);
  if (!passed) asio::post(e->executor(), [e, alarm] { e->clock().cancel(*alarm); });
  co_return passed;
}

/// Looks until what was sent last can no longer be applied; 0: it was not.
task<std::int64_t> settle(creation const& c) {
  auto const& limits = c.ws.core()->options();
  duration left = 2 * std::min(limits.timeouts.first_byte, limits.deadline);
  for (duration next = first_pause;; next *= 2) {
    auto const found = co_await look(c);
    if (found.has_error() || *found != 0 || left.count() <= 0) co_return found;
    auto const now = std::min(next, left);
    bool const passed = co_await pause(c.ws.core(), now);
    if (!passed) co_return error(errc::cancelled, "the call was cancelled");
    left -= now;
  }
}

task<created_job> create(creation& c) {
  auto const ready = prepare(c);
  if (ready.has_error()) co_return ready.error();
  auto there = co_await look(c);
  if (there.has_error()) co_return there.error();
  for (int sends = 0; *there == 0; ++sends) {
    auto const made = co_await call_json(c.ws, create_at, c.request);
    if (!made.has_error()) {
      auto const members = members_of(made->body, "jobs/create");
      auto const* const id = members ? find_member(*members, "job_id") : nullptr;
      auto const number = json::read_as<std::int64_t>(id == nullptr ? "null" : *id, "job_id");
      if (number.has_error()) co_return number.error();
      created_job out;
      out.job_id = *number;
      co_return out;
    }
    if (!made.error().may_have_been_applied()) co_return made.error();
    auto settled = co_await settle(c);
    bool const open = settled.has_error();
    bool const again = !open && (*settled != 0 || sends + 1 < sends_max);
    if (!again) co_return made.error();
    there = std::move(settled);
  }
  created_job out;
  out.job_id = *there;
  out.adopted = true;
  co_return out;
}

asio::awaitable<void> create_on_strand(creation& c, std::optional<result<created_job>>& to) {
  co_await transfer::keep_after_cancel();
  auto made = co_await create(c);
  to.emplace(std::move(made));
}

task<created_job> run(std::unique_ptr<creation> c) {
  std::optional<result<created_job>> out;
  co_await transfer::on_own_strand(create_on_strand(*c, out));
  co_return std::move(*out);
}

}  // namespace

task<created_job> create_job(workspace const& ws, std::string document, std::string key) {
  return run(std::make_unique<creation>(ws, std::move(document), std::move(key)));
}

}  // namespace kiln
