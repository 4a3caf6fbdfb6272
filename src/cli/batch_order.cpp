#include "cli/batch_order.hpp"

#include <utility>

namespace kiln::cli {

std::optional<batch_order::decision> batch_order::add(std::uint64_t line, std::string const& id,
                                                      std::vector<std::string> const& after,
                                                      std::optional<std::string> const& chain) {
  auto const [known, fresh] = fate_of_id_.emplace(id, fate::open);
  auto& mine = open_[line];
  if (!fresh) return decision{line, verdict::refuse, "an earlier line has the id '" + id + "'"};
  mine.id = id;
  line_of_id_[id] = line;
  for (auto const& name : after) {
    auto const found = fate_of_id_.find(name);
    if (found == fate_of_id_.end() || name == id) {
      return decision{line, verdict::refuse,
                      "'after': no line before this one has the id '" + name + "'"};
    }
    if (found->second == fate::bad && mine.failed.empty()) mine.failed = name;
    if (found->second != fate::open) continue;
    open_[line_of_id_[name]].needed.push_back(line);
    ++open_[line].left;
  }
  if (chain) {
    bool const is_new = !last_of_chain_.contains(*chain);
    if (is_new && last_of_chain_.size() == chains_max) {
      return decision{line, verdict::refuse, "'ordered': more than 10000 chains are under way"};
    }
    open_[line].chain = chain;
    auto& last = last_of_chain_[*chain];
    if (!is_new) {
      open_[last].behind.push_back(line);
      ++open_[line].left;
    }
    last = line;
  }
  auto const& now = open_[line];
  if (now.left > 0) return std::nullopt;
  if (now.failed.empty()) return decision{line, verdict::begin, {}};
  return decision{line, verdict::skip, "'" + now.failed + "', which it waits for, did not succeed"};
}

void batch_order::release(std::uint64_t line, bool good, std::string const& id, bool needs,
                          std::vector<decision>& out) {
  auto const found = open_.find(line);
  if (found == open_.end()) return;  // refused after it had begun to wait
  auto& waiter = found->second;
  if (needs && !good && waiter.failed.empty()) waiter.failed = id;
  if (--waiter.left > 0) return;
  if (waiter.failed.empty()) {
    out.push_back({line, verdict::begin, {}});
  } else {
    out.push_back(
        {line, verdict::skip, "'" + waiter.failed + "', which it waits for, did not succeed"});
  }
}

std::vector<batch_order::decision> batch_order::ended(std::uint64_t line, bool good) {
  std::vector<decision> out;
  auto const found = open_.find(line);
  if (found == open_.end()) return out;
  auto const done = std::move(found->second);
  open_.erase(found);
  // One that was refused for its id leaves the earlier line's fate alone.
  if (!done.id.empty()) {
    fate_of_id_[done.id] = good ? fate::good : fate::bad;
    line_of_id_.erase(done.id);
    remembered_.push_back(done.id);
    if (remembered_.size() > remembered_max) {
      fate_of_id_.erase(remembered_.front());
      remembered_.pop_front();
    }
  }
  if (done.chain) {
    auto const last = last_of_chain_.find(*done.chain);
    if (last != last_of_chain_.end() && last->second == line) last_of_chain_.erase(last);
  }
  for (auto const other : done.needed) release(other, good, done.id, true, out);
  for (auto const other : done.behind) release(other, good, done.id, false, out);
  return out;
}

}  // namespace kiln::cli
