// Requests as clients send them to the emulator, and what becomes of them when they are damaged.
#include "fuzz/damage.hpp"
#include "fuzz/emulator_target.hpp"

#include <array>

namespace kiln::fuzz {
namespace {

constexpr int emulator_mutations = 50'000;

TEST(fuzz_emulator, a_request_holds_its_invariants_however_it_is_damaged) {
  constexpr std::array<std::string_view, 20> words{
      "\r\n",       "\r\n\r\n",
      "\n",         "\r",
      ":",          " ",
      ";",          "\"",
      "0\r\n",      "ffffffffffffffff",
      "--edge",     "--edge--",
      "--",         "Content-Length: 5\r\n",
      "chunked",    "Transfer-Encoding: chunked\r\n",
      "name=\"x\"", "boundary=",
      "\x01",       "Content-Length: 18446744073709551616\r\n"};
  auto const requests = read_corpus("emulator_corpus");
  ASSERT_GE(requests.size(), 8U);
  replay(requests, words, emulator_mutations, fuzz_emulated_request);
}

}  // namespace
}  // namespace kiln::fuzz
