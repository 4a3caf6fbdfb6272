#include "memory/freed_memory.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>
#include <stdexcept>

namespace kiln::memory_tests {
namespace {

// Of this thread only: servers of a test, on threads of their own, may leave behind what they like.
struct look {
  bool on = false;
  std::array<std::string_view, freed_memory::texts_max> texts{};
  std::size_t count = 0;
  int found = 0;
  long blocks = 0;
  std::string_view first_text;
  std::size_t first_bytes = 0;
  std::array<char, 48> before{};
};
thread_local look looking;

void note(char const* block, std::size_t bytes, char const* at, std::string_view text) {
  if (looking.found++ > 0) return;
  looking.first_text = text;
  looking.first_bytes = bytes;
  auto const front =
      std::min<std::size_t>(static_cast<std::size_t>(at - block), looking.before.size());
  std::copy_n(at - front, front, looking.before.begin());
}

// Nothing in here may allocate.
void look_through(void* p) {
  if (p == nullptr || !looking.on) return;
  auto const bytes = ::malloc_usable_size(p);
  auto const* const block = static_cast<char const*>(p);
  ++looking.blocks;
  for (std::size_t i = 0; i < looking.count; ++i) {
    auto const text = looking.texts[i];
    if (auto const* at = ::memmem(block, bytes, text.data(), text.size())) {
      note(block, bytes, static_cast<char const*>(at), text);
    }
  }
}

void release(void* p) {
  look_through(p);
  std::free(p);
}

// What the block held before it was given out is not of interest, only what its user left there.
void* acquire(std::size_t bytes) {
  void* const p = std::calloc(1, std::max<std::size_t>(bytes, 1));
  if (p == nullptr) throw std::bad_alloc();
  return p;
}

void* crypto_malloc(std::size_t bytes, char const*, int) { return std::calloc(1, bytes); }
void crypto_free(void* p, char const*, int) { release(p); }
void* crypto_realloc(void* p, std::size_t bytes, char const*, int) {
  if (p == nullptr) return std::calloc(1, bytes);
  void* const larger = std::calloc(1, bytes);
  if (larger == nullptr) return nullptr;
  std::memcpy(larger, p, std::min(bytes, ::malloc_usable_size(p)));
  release(p);
  return larger;
}

bool const crypto_is_watched =
    CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free) == 1;

}  // namespace

freed_memory::freed_memory(std::vector<std::string_view> const& texts) {
  if (!crypto_is_watched) throw std::logic_error("OpenSSL allocated before this program could");
  if (looking.on || texts.size() > texts_max) throw std::logic_error("one look, at eight texts");
  looking = look();
  std::copy(texts.begin(), texts.end(), looking.texts.begin());
  looking.count = texts.size();
  looking.on = true;
}

freed_memory::~freed_memory() { looking.on = false; }

int freed_memory::found() const { return looking.found; }
long freed_memory::blocks() const { return looking.blocks; }

std::string freed_memory::first() const {
  if (looking.found == 0) return "nothing";
  std::string out = "a block of " + std::to_string(looking.first_bytes) + " bytes held '";
  out += looking.first_text;
  out += "' behind '";
  for (char const c : looking.before) out += c >= ' ' && c < 0x7f ? c : '.';
  return out + '\'';
}

}  // namespace kiln::memory_tests

void* operator new(std::size_t bytes) { return kiln::memory_tests::acquire(bytes); }
void* operator new[](std::size_t bytes) { return kiln::memory_tests::acquire(bytes); }
void operator delete(void* p) noexcept { kiln::memory_tests::release(p); }
void operator delete[](void* p) noexcept { kiln::memory_tests::release(p); }
void operator delete(void* p, std::size_t) noexcept { kiln::memory_tests::release(p); }
void operator delete[](void* p, std::size_t) noexcept { kiln::memory_tests::release(p); }
