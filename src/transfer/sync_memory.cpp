#include "transfer/sync_memory.hpp"

#include "json/read.hpp"
#include "json/write.hpp"

#include <kiln/fields.hpp>

#include <array>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <sys/stat.h>
#include <system_error>

namespace kiln::transfer {

void fields(auto& io, remembered_file& v) {
  io("path", v.path);
  io("size", v.size);
  io("inode", v.inode);
  io("local_modified", v.local_modified);
  io("seen", v.seen);
}

namespace {

constexpr std::uintmax_t memory_bytes_max = std::uintmax_t{1} << 32;

/// FNV-1a, of texts that hold no zero byte.
std::uint64_t hash_of(std::initializer_list<std::string_view> texts) noexcept {
  std::uint64_t hash = 14'695'981'039'346'656'037U;
  auto const take = [&hash](unsigned char c) { hash = (hash ^ c) * 1'099'511'628'211U; };
  for (auto const text : texts) {
    for (char const c : text) take(static_cast<unsigned char>(c));
    take(0);
  }
  return hash;
}

}  // namespace

std::string memory_text(std::vector<remembered_file> const& files) {
  std::string out;
  for (auto const& file : files) {
    json::write_value(out, type_of<remembered_file>(), &file);
    out += '\n';
  }
  return out;
}

std::vector<remembered_file> parse_memory(std::string_view text) {
  std::vector<remembered_file> out;
  while (!text.empty()) {
    auto const end = std::min(text.find('\n'), text.size());
    auto read = json::read_as<remembered_file>(text.substr(0, end), "memory");
    if (read.has_value() && !read->path.empty()) out.push_back(std::move(*read));
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

std::string memory_path(std::string_view state_dir, std::string_view host, std::string_view local,
                        std::string_view remote) {
  std::array<char, 17> name{};
  std::snprintf(name.data(), name.size(), "%016llx",
                static_cast<unsigned long long>(hash_of({host, local, remote})));
  return std::string(state_dir) + "/sync-" + name.data() + ".jsonl";
}

std::vector<remembered_file> load_memory(std::string const& path) {
  std::error_code gone;
  auto const size = std::filesystem::file_size(path, gone);
  if (gone || size > memory_bytes_max) return {};
  std::ifstream in(path, std::ios::binary);
  std::string const text{std::istreambuf_iterator<char>(in), std::istreambuf_iterator<char>()};
  return parse_memory(text);
}

void save_memory(std::string const& path, std::vector<remembered_file> const& files) {
  std::error_code ignored;
  std::filesystem::create_directories(std::filesystem::path(path).parent_path(), ignored);
  auto const fresh = path + ".new";
  {
    std::ofstream out(fresh, std::ios::binary | std::ios::trunc);
    ::chmod(fresh.c_str(), S_IRUSR | S_IWUSR);
    out << memory_text(files);
    out.flush();
    if (!out) {
      std::filesystem::remove(fresh, ignored);
      return;
    }
  }
  std::filesystem::rename(fresh, path, ignored);
}

}  // namespace kiln::transfer
