#pragma once

#include <kiln/result.hpp>

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

// Local trees of the demo: collecting one and comparing two.
namespace kiln::cli {

struct staged_tree {
  std::uint64_t files = 0, directories = 0, bytes = 0;
  std::uint64_t left_out = 0;  ///< Links, devices, what may not be read.
};

struct stage_options {
  std::vector<std::string> skipped_names;  ///< Of entries right in the source.
  std::uint64_t files_max = 5'000;
  std::uint64_t bytes_max = 2ULL << 30;
};

/// Makes `target` hold the regular files and directories of `source`: hard links where the file
/// system allows, copies elsewhere. Fails with errc::file_not_found, errc::file_failed, or
/// errc::queue_full when the source holds more than the options allow.
result<staged_tree> stage_tree(std::filesystem::path const& source,
                               std::filesystem::path const& target, stage_options const& options);

/// A file of `bytes` pseudorandom bytes.
result<void> generate_file(std::filesystem::path const& path, std::uint64_t bytes,
                           std::uint64_t seed);

struct tree_comparison {
  std::uint64_t files = 0, bytes = 0;    ///< Compared.
  std::vector<std::string> differences;  ///< The first few; empty: identical.
};
/// Names, kinds and every byte. Modes and times do not count.
tree_comparison compare_trees(std::filesystem::path const& a, std::filesystem::path const& b);

}  // namespace kiln::cli
