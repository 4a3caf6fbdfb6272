#include "cli/terminal_text.hpp"

#include <algorithm>
#include <iterator>

namespace kiln::cli {
namespace {

struct range {
  char32_t first, last;
};

// Unicode's East Asian wide and fullwidth characters and its pictures, neighbours put together.
constexpr range wide[] = {
    {0x1100, 0x115F},   {0x231A, 0x231B},   {0x2329, 0x232A},   {0x23E9, 0x23EC},
    {0x23F0, 0x23F0},   {0x23F3, 0x23F3},   {0x25FD, 0x25FE},   {0x2614, 0x2615},
    {0x2648, 0x2653},   {0x267F, 0x267F},   {0x2693, 0x2693},   {0x26A1, 0x26A1},
    {0x26AA, 0x26AB},   {0x26BD, 0x26BE},   {0x26C4, 0x26C5},   {0x26CE, 0x26CE},
    {0x26D4, 0x26D4},   {0x26EA, 0x26EA},   {0x26F2, 0x26F3},   {0x26F5, 0x26F5},
    {0x26FA, 0x26FA},   {0x26FD, 0x26FD},   {0x2705, 0x2705},   {0x270A, 0x270B},
    {0x2728, 0x2728},   {0x274C, 0x274C},   {0x274E, 0x274E},   {0x2753, 0x2755},
    {0x2757, 0x2757},   {0x2795, 0x2797},   {0x27B0, 0x27B0},   {0x27BF, 0x27BF},
    {0x2B1B, 0x2B1C},   {0x2B50, 0x2B50},   {0x2B55, 0x2B55},   {0x2E80, 0x303E},
    {0x3041, 0x33FF},   {0x3400, 0x4DBF},   {0x4E00, 0xA4CF},   {0xA960, 0xA97C},
    {0xAC00, 0xD7A3},   {0xF900, 0xFAFF},   {0xFE10, 0xFE19},   {0xFE30, 0xFE6F},
    {0xFF01, 0xFF60},   {0xFFE0, 0xFFE6},   {0x16FE0, 0x18CFF}, {0x1AFF0, 0x1B2FF},
    {0x1F004, 0x1F004}, {0x1F0CF, 0x1F0CF}, {0x1F18E, 0x1F18E}, {0x1F191, 0x1F19A},
    {0x1F200, 0x1F265}, {0x1F300, 0x1F320}, {0x1F32D, 0x1F64F}, {0x1F680, 0x1F6FC},
    {0x1F7E0, 0x1F7F0}, {0x1F90C, 0x1FAFF}, {0x20000, 0x3FFFD}};

// Marks that go on top of a character, joiners and selectors.
constexpr range widthless[] = {
    {0x0300, 0x036F}, {0x0483, 0x0489}, {0x0591, 0x05BD},  {0x0610, 0x061A}, {0x064B, 0x065F},
    {0x06D6, 0x06DC}, {0x093C, 0x093C}, {0x0941, 0x0948},  {0x094D, 0x094D}, {0x0E31, 0x0E31},
    {0x0E34, 0x0E3A}, {0x0E47, 0x0E4E}, {0x1AB0, 0x1AFF},  {0x1DC0, 0x1DFF}, {0x200B, 0x200F},
    {0x202A, 0x202E}, {0x2060, 0x2069}, {0x20D0, 0x20FF},  {0x3099, 0x309A}, {0xFE00, 0xFE0F},
    {0xFE20, 0xFE2F}, {0xFEFF, 0xFEFF}, {0xE0100, 0xE01EF}};

template <std::size_t N>
bool is_in(range const (&ranges)[N], char32_t c) {
  auto const* const at = std::lower_bound(std::begin(ranges), std::end(ranges), c,
                                          [](range const& r, char32_t v) { return r.last < v; });
  return at != std::end(ranges) && at->first <= c;
}

std::size_t columns_of(char32_t c) {
  if (c < 0x300) return 1;
  if (is_in(widthless, c)) return 0;
  return is_in(wide, c) ? 2 : 1;
}

bool steers(character const& c) {
  if (c.code < 0x20 || c.code == 0x7F) return true;
  if (c.bytes == 2 && c.code < 0xA0) return true;
  return (c.code >= 0x202A && c.code <= 0x202E) || (c.code >= 0x2066 && c.code <= 0x2069);
}

}  // namespace

character first_of(std::string_view text) {
  auto const byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  unsigned const lead = byte(0);
  std::size_t const bytes = lead < 0xC2U ? 1 : lead < 0xE0U ? 2 : lead < 0xF0U ? 3 : 4;
  if (bytes == 1 || lead > 0xF4U || text.size() < bytes) return {lead, 1};
  char32_t code = lead & (0xFFU >> (bytes + 1));
  for (std::size_t i = 1; i < bytes; ++i) {
    if ((byte(i) & 0xC0U) != 0x80U) return {lead, 1};
    code = code << 6U | (byte(i) & 0x3FU);
  }
  return {code, bytes};
}

std::size_t width_of(std::string_view text) {
  std::size_t width = 0;
  while (!text.empty()) {
    auto const c = first_of(text);
    width += columns_of(c.code);
    text.remove_prefix(c.bytes);
  }
  return width;
}

std::string cut_to(std::string_view text, std::size_t width) {
  if (width_of(text) <= width) return std::string(text);
  std::size_t end = 0;
  for (std::size_t shown = 0; end < text.size();) {
    auto const c = first_of(text.substr(end));
    shown += columns_of(c.code);
    if (shown + 1 > width) break;
    end += c.bytes;
  }
  return std::string(text.substr(0, end)) + "\xE2\x80\xA6";
}

std::string printable(std::string_view name) {
  std::string out;
  while (!name.empty()) {
    auto const c = first_of(name);
    if (steers(c)) {
      out += '?';
    } else {
      out += name.substr(0, c.bytes);
    }
    name.remove_prefix(c.bytes);
  }
  return out;
}

std::string wrapped(std::string_view text, std::size_t width, std::size_t indent) {
  std::string out;
  std::size_t at = indent;
  while (!text.empty()) {
    auto const word = text.substr(0, text.find(' '));
    text.remove_prefix(std::min(text.size(), word.size() + 1));
    if (word.empty()) continue;
    auto const wide_word = width_of(word);
    if (!out.empty() && at + 1 + wide_word > width) {
      (out += '\n').append(indent, ' ');
      at = indent;
    } else if (!out.empty()) {
      out += ' ';
      ++at;
    }
    out += word;
    at += wide_word;
  }
  return out;
}

}  // namespace kiln::cli
