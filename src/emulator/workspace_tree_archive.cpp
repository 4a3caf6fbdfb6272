#include "emulator/workspace_tree_archive.hpp"

#include "emulator/service.hpp"

#include <zlib.h>

#include <cstdint>
#include <utility>

namespace kiln::emulation {

namespace {

// The zip records that are used, by PKWARE's APPNOTE: numbers are little endian.
constexpr std::uint32_t local_mark = 0x04034b50;
constexpr std::uint32_t central_mark = 0x02014b50;
constexpr std::uint32_t end_mark = 0x06054b50;
constexpr std::size_t local_bytes = 30;
constexpr std::uint16_t version = 20;
constexpr std::uint16_t names_are_utf8 = 1U << 11;

void put(std::string& out, std::uint32_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out += static_cast<char>((value >> (8 * i)) & 0xffU);
}

std::uint32_t number(std::string_view at, std::size_t offset, int bytes) {
  std::uint32_t out = 0;
  for (int i = 0; i < bytes; ++i) {
    auto const byte = static_cast<unsigned char>(at[offset + static_cast<std::size_t>(i)]);
    out |= static_cast<std::uint32_t>(byte) << (8 * i);
  }
  return out;
}

std::uint32_t checksum(std::string_view data) {
  auto const* bytes = reinterpret_cast<Bytef const*>(data.data());
  return static_cast<std::uint32_t>(crc32_z(0, bytes, data.size()));
}

/// What a member's two headers have in common, from the version to the length of extra data.
void put_common(std::string& out, archive_member const& of) {
  auto const size = static_cast<std::uint32_t>(of.content.size());
  put(out, version, 2);
  put(out, names_are_utf8, 2);
  put(out, 0, 2);           // stored
  put(out, 0x00210000, 4);  // 1980-01-01T00:00
  put(out, checksum(of.content), 4);
  put(out, size, 4);
  put(out, size, 4);
  put(out, static_cast<std::uint32_t>(of.name.size()), 2);
  put(out, 0, 2);
}

api_error broken() { return invalid_parameter("The content is not a DBC archive"); }

}  // namespace

std::string write_archive(std::span<archive_member const> members) {
  std::string out;
  std::string central;
  for (auto const& each : members) {
    put(central, central_mark, 4);
    put(central, version, 2);
    put_common(central, each);
    central.append(2 + 2 + 2 + 4, '\0');  // length of a comment, disk, attributes
    put(central, static_cast<std::uint32_t>(out.size()), 4);
    central += each.name;
    put(out, local_mark, 4);
    put_common(out, each);
    (out += each.name) += each.content;
  }
  auto const begin = static_cast<std::uint32_t>(out.size());
  auto const count = static_cast<std::uint32_t>(members.size());
  out += central;
  put(out, end_mark, 4);
  put(out, 0, 4);  // disks
  put(out, count, 2);
  put(out, count, 2);
  put(out, static_cast<std::uint32_t>(central.size()), 4);
  put(out, begin, 4);
  put(out, 0, 2);
  return out;
}

outcome<std::vector<archive_member>> read_archive(std::string_view archive) {
  std::vector<archive_member> out;
  while (archive.size() >= local_bytes && number(archive, 0, 4) == local_mark) {
    auto const flags = number(archive, 6, 2);
    auto const method = number(archive, 8, 2);
    auto const sum = number(archive, 14, 4);
    std::size_t const size = number(archive, 18, 4);
    std::size_t const name = number(archive, 26, 2);
    std::size_t const extra = number(archive, 28, 2);
    bool const sizes_follow = (flags & (1U << 3)) != 0;
    if (method != 0 || sizes_follow) {
      return invalid_parameter("The DBC archive has compressed members");
    }
    auto const rest = archive.substr(local_bytes);
    if (rest.size() < name + extra || rest.size() - name - extra < size) return broken();
    if (out.size() == archive_members_max) return broken();
    auto const content = rest.substr(name + extra, size);
    if (checksum(content) != sum) return broken();
    out.push_back({std::string(rest.substr(0, name)), std::string(content)});
    archive = rest.substr(name + extra + size);
  }
  bool const ends = archive.size() >= 4 &&
                    (number(archive, 0, 4) == central_mark || number(archive, 0, 4) == end_mark);
  if (!ends) return broken();
  return out;
}

}  // namespace kiln::emulation
