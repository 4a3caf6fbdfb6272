#pragma once

#include "transfer/sync_plan.hpp"

#include <string>
#include <string_view>
#include <vector>

// What an earlier run left alike, kept between runs. A hint: a memory that is lost or broken costs
// uploads, nothing else.
namespace kiln::transfer {

/// One file a line, as JSON.
[[nodiscard]] std::string memory_text(std::vector<remembered_file> const& files);
/// Lines that are not understood are left out.
[[nodiscard]] std::vector<remembered_file> parse_memory(std::string_view text);

/// Where the memory of these two trees is kept below `state_dir`.
[[nodiscard]] std::string memory_path(std::string_view state_dir, std::string_view host,
                                      std::string_view local, std::string_view remote);
[[nodiscard]] std::vector<remembered_file> load_memory(std::string const& path);
/// Replaces the file as a whole; readable by its owner only.
void save_memory(std::string const& path, std::vector<remembered_file> const& files);

}  // namespace kiln::transfer
