#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

namespace kiln::cli {

/// Which lines of a batch may begin. Sans-I/O: lines are added in their order, ends are told, and
/// what can begin or never will comes out. Memory is bounded: of lines that have ended, the last
/// `remembered_max` can still be named by later ones.
class batch_order {
 public:
  static constexpr std::size_t remembered_max = 100'000;
  static constexpr std::size_t chains_max = 10'000;

  enum class verdict : std::uint8_t {
    begin,
    skip,    ///< A line it names did not succeed.
    refuse,  ///< It names a line that is not known, or has the id of another.
  };
  struct decision {
    std::uint64_t line = 0;
    verdict what = verdict::begin;
    std::string why;  ///< Of skip and refuse.
  };

  /// Nothing: the line waits. A decision is about this line.
  [[nodiscard]] std::optional<decision> add(std::uint64_t line, std::string const& id,
                                            std::vector<std::string> const& after,
                                            std::optional<std::string> const& chain);
  /// A line that was added has ended, skipped and refused ones too; decisions about others.
  [[nodiscard]] std::vector<decision> ended(std::uint64_t line, bool good);

 private:
  enum class fate : std::uint8_t { open, good, bad };
  struct waiting {
    std::string id;
    std::optional<std::string> chain;
    std::size_t left = 0;               ///< Lines that have to end before.
    std::string failed;                 ///< The id of one that it needed and that failed.
    std::vector<std::uint64_t> needed;  ///< Lines told by this line's end that it must be good,
    std::vector<std::uint64_t> behind;  ///< and that it has ended.
  };
  void release(std::uint64_t line, bool good, std::string const& id, bool needs,
               std::vector<decision>& out);

  std::unordered_map<std::uint64_t, waiting> open_;
  std::unordered_map<std::string, std::uint64_t> line_of_id_;
  std::unordered_map<std::string, fate> fate_of_id_;
  std::deque<std::string> remembered_;  ///< Ids that have ended, oldest first.
  std::unordered_map<std::string, std::uint64_t> last_of_chain_;
};

}  // namespace kiln::cli
