#include "transfer/resume.hpp"

#include "transfer/block_plan.hpp"
#include "transfer/folder.hpp"
#include "transfer/names.hpp"

#include <filesystem>
#include <optional>
#include <sys/stat.h>
#include <system_error>
#include <utility>

namespace kiln::transfer {

namespace {

result<std::string> absolute_path(std::string const& path) {
  std::error_code failed;
  auto const out = std::filesystem::absolute(path, failed).lexically_normal();
  if (failed) return file_error(failed.value(), "journal", path);
  return out.string();
}

result<journal_key> key_of(job& j, bool upload) {
  auto remote = normal_remote_path(j.remote_given);
  if (remote.has_error()) return remote.error();
  // "To this name" and "into this directory" are two commands.
  if (j.remote_given.ends_with('/') && !remote->ends_with('/')) *remote += '/';
  if (j.local.empty()) {
    return error(errc::invalid_argument, "the local path is empty").with_operation("transfer");
  }
  auto local = absolute_path(j.local);
  if (local.has_error()) return local.error();
  j.local = upload ? without_slashes(*local) : *local;
  journal_key key;
  key.upload = upload;
  key.host = j.ws.host();
  key.source = upload ? j.local : *remote;
  key.destination = upload ? *remote : j.local;
  key.overwrite = j.options.overwrite;
  key.selection = j.chosen.text();
  if (upload && j.options.links == link_mode::follow) {
    key.selection += key.selection.empty() ? "links followed" : ", links followed";
  }
  return key;
}

result<std::shared_ptr<journal>> open_by_id(job& j) {
  auto opened = journal::open(j.state_dir, j.id);
  if (opened.has_error()) return opened;
  auto const& key = (*opened)->key();
  if (key.host != j.ws.host()) {
    return error(errc::invalid_argument, "transfer " + j.id + " is one of " + key.host)
        .with_operation("journal");
  }
  j.options.overwrite = key.overwrite;
  j.local = key.upload ? key.source : key.destination;
  j.remote_given = key.upload ? key.destination : key.source;
  return opened;
}

// The item as it has to be done again; nullopt when what was done still stands.
std::optional<transfer_item> outdated(transfer_item const& item, bool upload) {
  if (item.is_dir) return std::nullopt;
  struct stat facts {};
  transfer_item again = item;
  if (upload) {
    // A source that is gone was sent when it was there.
    if (!item.modified || ::stat(item.source.c_str(), &facts) != 0) return std::nullopt;
    again.size = static_cast<std::uint64_t>(facts.st_size);
    again.modified = modified_of(facts);
    if (again.size == item.size && again.modified == item.modified) return std::nullopt;
    return again;
  }
  bool const there = ::lstat(item.destination.c_str(), &facts) == 0 && S_ISREG(facts.st_mode);
  return there ? std::nullopt : std::optional(again);
}

request_counts requests_of(transfer_item const& item, part const* left, bool upload,
                           plan_rules const& rules) {
  request_counts out;
  if (item.is_dir) {
    out.mkdirs = upload ? 1 : 0;
  } else if (upload) {
    out = upload_requests(item.size, rules);
  } else if (left == nullptr || left->blocks.count() == 0) {
    out = download_requests(item.size, rules);
  } else {
    out.read = left->blocks.size() - left->blocks.count();
    if (rules.verify) out.read += left->blocks.size();
    out.get_status = rules.volume ? 1 : 2;
  }
  if (left != nullptr && left->stage == part_stage::complete) out = {};
  return out;
}

part const* part_of(journal const& kept, std::size_t item) {
  auto const left = kept.parts().find(item);
  return left == kept.parts().end() ? nullptr : &left->second;
}

}  // namespace

result<std::shared_ptr<journal>> open_journal(job& j, bool upload) {
  if (!j.id.empty()) return open_by_id(j);
  if (j.state_dir.empty()) return std::shared_ptr<journal>();
  auto const key = key_of(j, upload);
  if (key.has_error()) return key.error();
  return journal::open(j.state_dir, *key);
}

result<prepared> resume(job const& j, journal& kept) {
  if (j.retry_failed) {
    auto const again = kept.reopen_failed();
    if (again.has_error()) return again.error();
  }
  auto loaded = kept.load();
  if (loaded.has_error()) return loaded.error();
  auto const begun = kept.go_on();
  if (begun.has_error()) return begun.error();
  prepared out;
  out.plan = std::move(loaded->plan);
  out.local_root = std::move(loaded->local_root);
  out.target_may_be_directory = loaded->target_may_be_directory;
  auto& plan = out.plan;
  auto const rules = rules_of(j, false);
  for (std::size_t n = 0; n < plan.items.size(); ++n) {
    auto& item = plan.items[n];
    if (kept.items()[n].ended == transfer_state::done) {
      if (auto again = outdated(item, plan.upload)) {
        item = std::move(*again);
        auto const reopened = kept.reopen(n, item);
        if (reopened.has_error()) return reopened.error();
      }
    }
    if (kept.items()[n].ended) continue;
    add(plan.requests, requests_of(item, part_of(kept, n), plan.upload, rules));
  }
  plan.rate = j.ws.stats().rate;
  return out;
}

result<transfer_plan> plan_of_rest(job const& j, journal& kept) {
  auto loaded = kept.load();
  if (loaded.has_error()) return loaded.error();
  transfer_plan out;
  out.upload = loaded->plan.upload;
  out.refused = std::move(loaded->plan.refused);
  out.rate = j.ws.stats().rate;
  auto const rules = rules_of(j, false);
  for (std::size_t n = 0; n < loaded->plan.items.size(); ++n) {
    auto item = std::move(loaded->plan.items[n]);
    auto const ended = kept.items()[n].ended;
    if (ended == transfer_state::done) {
      auto again = outdated(item, out.upload);
      if (!again) continue;
      item = std::move(*again);
    } else if (ended && !(ended == transfer_state::failed && j.retry_failed)) {
      continue;
    }
    auto const requests = requests_of(item, part_of(kept, n), out.upload, rules);
    add_item(out, std::move(item), requests);
  }
  return out;
}

}  // namespace kiln::transfer
