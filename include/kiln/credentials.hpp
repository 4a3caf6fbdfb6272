#pragma once

#include <kiln/result.hpp>

#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace kiln {

/// The headers that prove who is calling. Held only as long as a request is built.
struct authorization {
  std::vector<std::pair<std::string, std::string>> headers;
};

/// Where authorizations come from; the seam for every kind of login. Called on the engine's
/// executor before each attempt.
class token_source {
 public:
  virtual ~token_source() = default;
  virtual task<authorization> authorize() = 0;
  /// What authorize() would give, where nothing has to be waited for; valid until the next call of
  /// any member. nullptr: await authorize().
  virtual authorization const* at_hand() noexcept { return nullptr; }
  /// The server answered 401 to the last authorization: fetch anew if that can help.
  /// True when another attempt may now succeed.
  virtual bool rejected() noexcept { return false; }
};

/// Who is calling. A value; copies share one source. Printing it shows no secret.
class credentials {
 public:
  credentials() = default;
  explicit credentials(std::shared_ptr<token_source> source) : source_(std::move(source)) {}
  /// "Authorization: Bearer <token>". Throws std::invalid_argument for an empty token or one with
  /// characters that cannot stand in a header.
  static credentials personal_access_token(std::string token);

  [[nodiscard]] explicit operator bool() const noexcept { return source_ != nullptr; }
  [[nodiscard]] std::shared_ptr<token_source> const& source() const noexcept { return source_; }

 private:
  std::shared_ptr<token_source> source_;
};

}  // namespace kiln
