#include "fuzz/damage.hpp"
#include "fuzz/json_targets.hpp"

#include <array>

namespace kiln::fuzz {
namespace {

constexpr int json_mutations = 20'000;
constexpr std::size_t input_bytes_max = 4096;

constexpr std::array<std::string_view, 40> json_words{"{",
                                                      "}",
                                                      "[",
                                                      "]",
                                                      ",",
                                                      ":",
                                                      "\"",
                                                      "\\",
                                                      "\\\"",
                                                      "\\/",
                                                      "\\u",
                                                      "\\ud83d",
                                                      "\\u0041",
                                                      "null",
                                                      "true",
                                                      "-",
                                                      "1e400",
                                                      "0.1",
                                                      "-0",
                                                      "1E-400",
                                                      "18446744073709551616",
                                                      "\"data\":",
                                                      "\"handle\":",
                                                      "AAAA",
                                                      "AA==",
                                                      "AAA=",
                                                      "=",
                                                      "\xFF",
                                                      "\xC3\xA9",
                                                      "\"real\":",
                                                      "\"i32\":",
                                                      "\"clusters\":",
                                                      "\"cluster_id\":",
                                                      "\"7\"",
                                                      "\"NaN\"",
                                                      "\"extra\":",
                                                      "dapi0123456789abcdef",
                                                      "Bearer ",
                                                      "token=",
                                                      "://u:p@"};

void mutate(std::string& text, std::vector<std::string> const& corpus, random_source& random) {
  auto const at = static_cast<std::size_t>(random.below(text.size() + 1));
  auto const count = static_cast<std::size_t>(random.below(24)) + 1;
  switch (random.below(6)) {
    case 0:
      if (at < text.size()) text[at] = static_cast<char>(text[at] ^ (1 << random.below(8)));
      break;
    case 1:
      text.erase(at, count);
      break;
    case 2:
      text.insert(random.below(text.size() + 1), text.substr(at, count));
      break;
    case 3:
      text.resize(at);
      break;
    case 4: {
      auto const& other = corpus[random.below(corpus.size())];
      text.insert(at, other, random.below(other.size() + 1), 100);
      break;
    }
    default:
      text.insert(at, json_words[random.below(json_words.size())]);
  }
  if (text.size() > input_bytes_max) text.resize(input_bytes_max);
}

using target = std::string_view (*)(std::string_view);

void replay_json(target check) {
  auto const corpus = read_corpus("json_corpus");
  ASSERT_GT(corpus.size(), 20U);
  for (auto const& text : corpus) EXPECT_EQ(check(text), "") << text;
  for (int i = 0; i < json_mutations; ++i) {
    random_source random(static_cast<std::uint64_t>(i));
    auto text = corpus[random.below(corpus.size())];
    for (auto n = random.below(4) + 1; n > 0; --n) mutate(text, corpus, random);
    ASSERT_EQ(check(text), "") << "mutation " << i << ": " << text;
  }
}

TEST(fuzz_json, documents_hold_their_invariants) { replay_json(fuzz_json); }
TEST(fuzz_json, a_decoded_member_is_what_the_typed_reader_gives) { replay_json(fuzz_json_member); }
TEST(fuzz_json, base64_holds_its_invariants) { replay_json(fuzz_base64); }
TEST(fuzz_json, redaction_holds_its_invariants) { replay_json(fuzz_redact); }

}  // namespace
}  // namespace kiln::fuzz
