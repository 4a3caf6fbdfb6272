#include "cli/tree.hpp"

#include "core/random.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <fstream>
#include <map>
#include <optional>
#include <system_error>
#include <unistd.h>

namespace kiln::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t differences_max = 20;
constexpr std::size_t compared_piece_bytes = 256 * 1024;

error local_error(std::error_code const& code, std::string_view operation, fs::path const& path) {
  bool const missing = code == std::errc::no_such_file_or_directory;
  error e(missing ? errc::file_not_found : errc::file_failed, code.message());
  return std::move(e).with_operation(operation).with_where(path.string());
}

std::optional<error> stage_file(fs::path const& from, fs::path const& to) {
  std::error_code failed;
  fs::create_hard_link(from, to, failed);
  if (failed) fs::copy_file(from, to, failed);
  if (failed) return local_error(failed, "copy file", from);
  return std::nullopt;
}

/// True when the entry is one of those right in the source that are not wanted.
bool skipped(fs::recursive_directory_iterator const& at, stage_options const& options) {
  if (at.depth() != 0) return false;
  auto const& names = options.skipped_names;
  return std::find(names.begin(), names.end(), at->path().filename().string()) != names.end();
}

std::optional<error> stage_entry(fs::directory_entry const& entry, fs::path const& to,
                                 staged_tree& out) {
  std::error_code failed;
  auto const kind = entry.symlink_status(failed).type();
  if (kind == fs::file_type::directory) {
    fs::create_directory(to, failed);
    if (failed) return local_error(failed, "make directory", to);
    ++out.directories;
    return std::nullopt;
  }
  if (kind != fs::file_type::regular || ::access(entry.path().c_str(), R_OK) != 0) {
    ++out.left_out;
    return std::nullopt;
  }
  ++out.files;
  out.bytes += entry.file_size(failed);
  return stage_file(entry.path(), to);
}

std::map<fs::path, bool> entries(fs::path const& root) {
  std::map<fs::path, bool> found;
  for (auto const& entry : fs::recursive_directory_iterator(root)) {
    found.emplace(entry.path().lexically_relative(root), entry.is_directory());
  }
  return found;
}

/// Bytes compared; nullopt when the files differ.
std::optional<std::uint64_t> same_bytes(fs::path const& a, fs::path const& b) {
  std::ifstream one(a, std::ios::binary);
  std::ifstream other(b, std::ios::binary);
  if (!one || !other) return std::nullopt;
  std::string piece_a(compared_piece_bytes, '\0');
  std::string piece_b(compared_piece_bytes, '\0');
  std::uint64_t compared = 0;
  while (true) {
    one.read(piece_a.data(), static_cast<std::streamsize>(compared_piece_bytes));
    other.read(piece_b.data(), static_cast<std::streamsize>(compared_piece_bytes));
    auto const got = static_cast<std::size_t>(one.gcount());
    bool const same =
        one.gcount() == other.gcount() && std::memcmp(piece_a.data(), piece_b.data(), got) == 0;
    if (!same || one.bad() || other.bad()) return std::nullopt;
    compared += got;
    if (got < compared_piece_bytes) return compared;
  }
}

}  // namespace

result<staged_tree> stage_tree(fs::path const& source, fs::path const& target,
                               stage_options const& options) {
  staged_tree out;
  std::error_code failed;
  fs::create_directory(target, failed);
  if (failed) return local_error(failed, "make directory", target);
  // Before the target, that may lie below the source, is met again.
  auto const own = fs::weakly_canonical(target, failed);
  fs::recursive_directory_iterator at(source, fs::directory_options::skip_permission_denied,
                                      failed);
  if (failed) return local_error(failed, "read directory", source);
  for (; at != fs::recursive_directory_iterator(); at.increment(failed)) {
    if (failed) return local_error(failed, "read directory", source);
    bool const is_own = fs::weakly_canonical(at->path(), failed) == own;
    if (is_own || skipped(at, options)) {
      at.disable_recursion_pending();
      continue;
    }
    auto const to = target / at->path().lexically_relative(source);
    if (auto problem = stage_entry(*at, to, out)) return *problem;
    if (out.files > options.files_max || out.bytes > options.bytes_max) {
      error large(errc::queue_full,
                  fmt::format("it holds more than {} files or {} GiB; choose a smaller one",
                              options.files_max, options.bytes_max >> 30));
      return std::move(large).with_operation("read directory").with_where(source.string());
    }
  }
  return out;
}

result<void> generate_file(fs::path const& path, std::uint64_t bytes, std::uint64_t seed) {
  random_source random(seed);
  std::ofstream file(path, std::ios::binary);
  std::vector<std::uint64_t> words(compared_piece_bytes / sizeof(std::uint64_t));
  for (std::uint64_t left = bytes; left > 0 && file;) {
    for (auto& word : words) word = random.next();
    auto const now = std::min<std::uint64_t>(left, compared_piece_bytes);
    file.write(reinterpret_cast<char const*>(words.data()), static_cast<std::streamsize>(now));
    left -= now;
  }
  file.close();
  if (file) return {};
  return local_error(std::error_code(errno, std::generic_category()), "write file", path);
}

tree_comparison compare_trees(fs::path const& a, fs::path const& b) {
  tree_comparison out;
  auto differ = [&out](fs::path const& path, std::string_view how) {
    if (out.differences.size() < differences_max) {
      out.differences.push_back(fmt::format("{}: {}", path.string(), how));
    }
  };
  auto const in_a = entries(a);
  auto const in_b = entries(b);
  for (auto const& [path, is_dir] : in_b) {
    if (!in_a.contains(path)) differ(path, "only in the copy");
  }
  for (auto const& [path, is_dir] : in_a) {
    auto const twin = in_b.find(path);
    if (twin == in_b.end()) {
      differ(path, "missing in the copy");
    } else if (twin->second != is_dir) {
      differ(path, "a file here, a directory there");
    } else if (!is_dir) {
      auto const compared = same_bytes(a / path, b / path);
      if (!compared) differ(path, "different content");
      ++out.files;
      out.bytes += compared.value_or(0);
    }
  }
  return out;
}

}  // namespace kiln::cli
