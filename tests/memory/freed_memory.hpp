#pragma once

#include <string>
#include <string_view>
#include <vector>

// What this program gives back to the heap, by C++ or by OpenSSL, is looked through for texts that
// should have been cleared. freed_memory.cpp replaces operator new and delete for that.
namespace kiln::memory_tests {

/// Looks at all that this thread frees, until it goes. One at a time.
class freed_memory {
 public:
  static constexpr std::size_t texts_max = 8;

  explicit freed_memory(std::vector<std::string_view> const& texts);
  ~freed_memory();
  freed_memory(freed_memory const&) = delete;
  freed_memory& operator=(freed_memory const&) = delete;

  /// How many freed blocks held one of the texts.
  [[nodiscard]] int found() const;
  /// Of the first such block: which text, the block's size, what stands before the text.
  [[nodiscard]] std::string first() const;
  [[nodiscard]] long blocks() const;  ///< Looked at.
};

}  // namespace kiln::memory_tests
