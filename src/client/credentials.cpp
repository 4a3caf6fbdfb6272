#include <kiln/credentials.hpp>

#include <openssl/crypto.h>

#include <algorithm>
#include <stdexcept>

namespace kiln {

namespace {

class fixed_token final : public token_source {
 public:
  explicit fixed_token(std::string const& token) {
    header_.headers.emplace_back("Authorization", "Bearer " + token);
  }
  ~fixed_token() override {
    auto& value = header_.headers.front().second;
    OPENSSL_cleanse(value.data(), value.size());
  }
  fixed_token(fixed_token const&) = delete;
  fixed_token& operator=(fixed_token const&) = delete;

  task<authorization> authorize() override { co_return header_; }
  authorization const* at_hand() noexcept override { return &header_; }

 private:
  authorization header_;
};

}  // namespace

credentials credentials::personal_access_token(std::string token) {
  bool const sendable =
      std::all_of(token.begin(), token.end(), [](unsigned char c) { return c > 0x20 && c < 0x7f; });
  if (token.empty()) throw std::invalid_argument("token: it is empty");
  if (!sendable) {
    throw std::invalid_argument(
        "token: it has a blank, a line break or another character that no token has");
  }
  auto source = std::make_shared<fixed_token>(token);
  OPENSSL_cleanse(token.data(), token.size());
  return credentials(std::move(source));
}

}  // namespace kiln
