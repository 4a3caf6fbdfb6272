#include "core/random.hpp"
#include "fuzz/http_targets.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::fuzz {
namespace {

namespace fs = std::filesystem;

constexpr int http_mutations = 3000;
constexpr std::size_t http_input_bytes_max = 4096;

struct seed {
  std::string name;
  std::string text;
};

std::vector<seed> read_seeds(std::string const& folder) {
  std::vector<seed> out;
  for (auto const& entry :
       fs::directory_iterator(fs::path(KILN_SOURCE_DIR) / "tests/fuzz/corpus" / folder)) {
    std::ifstream in(entry.path(), std::ios::binary);
    out.push_back(
        {entry.path().filename().string(), std::string(std::istreambuf_iterator<char>(in), {})});
  }
  std::ranges::sort(out, {}, &seed::name);
  return out;
}

std::string escaped(std::string_view text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string out;
  for (char const c : text) {
    if (c >= ' ' && c < 0x7f && c != '\\') {
      out += c;
    } else {
      auto const byte = static_cast<unsigned char>(c);
      (out += "\\x") += digits[byte >> 4];
      out += digits[byte & 15U];
    }
  }
  return out;
}

/// One change: a bit, a cut, a doubled range, a known nasty word, or a graft from another seed.
void mutate_seed(std::string& text, std::vector<seed> const& corpus,
                 std::vector<std::string_view> const& words, random_source& random) {
  auto const position = [&] { return static_cast<std::size_t>(random.below(text.size() + 1)); };
  auto const at = position();
  auto const count =
      static_cast<std::size_t>(random.below(std::min<std::size_t>(text.size() - at + 1, 40)));
  switch (random.below(6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
      break;
    case 1:
      text.erase(at, count);
      break;
    case 2: {
      auto const piece = text.substr(at, count);
      text.insert(position(), piece);
      break;
    }
    case 3:
      text.insert(at, words[random.below(words.size())]);
      break;
    case 4:
      text.resize(at);
      break;
    default: {
      auto const& other = corpus[random.below(corpus.size())].text;
      auto const from = static_cast<std::size_t>(random.below(other.size() + 1));
      text.insert(at, other, from, 200);
    }
  }
  if (text.size() > http_input_bytes_max) text.resize(http_input_bytes_max);
}

template <class Target>
void replay_seeds(std::string const& folder, std::vector<std::string_view> const& words,
                  Target target) {
  auto const corpus = read_seeds(folder);
  ASSERT_FALSE(corpus.empty()) << folder;
  auto const run = [&](std::string const& text, std::string const& origin) {
    int const broken = target(std::as_bytes(std::span(text)));
    EXPECT_EQ(broken, 0) << origin << ": " << escaped(text);
    return broken == 0;
  };
  for (auto const& s : corpus) run(s.text, s.name);
  for (int i = 0; i < http_mutations; ++i) {
    random_source random(static_cast<std::uint64_t>(i));
    auto const& from = corpus[random.below(corpus.size())];
    auto text = from.text;
    for (auto n = random.below(4) + 1; n > 0; --n) mutate_seed(text, corpus, words, random);
    if (!run(text, from.name + ", mutation " + std::to_string(i))) return;
  }
}

TEST(fuzz_http, response_reader_holds_its_invariants_over_the_corpus_and_its_mutations) {
  replay_seeds("http_response",
               {"\r\n", "\r\n\r\n", "\n", "\r", std::string_view("\0", 1), "0\r\n\r\n",
                "HTTP/1.1 100 \r\n\r\n", "Transfer-Encoding: chunked\r\n", "Content-Length: 5\r\n",
                "Content-Length: 0\r\n", "Content-Encoding: gzip\r\n", "Connection: close\r\n", ";",
                "ffffffffffffffff\r\n", "HTTP/1.1 204 \r\n", " ", ",", "\x1f\x8b\x08"},
               fuzz_response_reader);
}

TEST(fuzz_http, url_holds_its_invariants_over_the_corpus_and_its_mutations) {
  replay_seeds("http_url",
               {"https://",
                "http://",
                "[::1]",
                "::",
                ":",
                "@",
                "/",
                "..",
                "%2e",
                "%",
                ":443",
                ":80",
                "127.0.0.1",
                "?",
                "#",
                "\xc3\xa9",
                " ",
                "\r\n",
                std::string_view("\0", 1),
                "0x7f"},
               fuzz_url);
}

}  // namespace
}  // namespace kiln::fuzz
