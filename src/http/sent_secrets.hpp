#pragma once

#include <kiln/secret.hpp>

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

namespace kiln::http {

/// What a header carried that a server may send back: the value, the part behind the scheme, and of
/// "Basic …" also user with password, as the base64 says and decoded, and the password alone. The
/// value must outlive it.
class sent_secrets {
 public:
  explicit sent_secrets(std::string_view header_value);
  sent_secrets(sent_secrets const&) = delete;
  sent_secrets& operator=(sent_secrets const&) = delete;
  void hide_in(std::string& text) const;

 private:
  void add(std::string_view part) noexcept;

  static constexpr std::size_t parts_max = 6;
  secret pair_;     ///< "user:password"
  secret decoded_;  ///< The same where it was encoded as in a form first.
  std::array<std::string_view, parts_max> parts_{};
  std::size_t count_ = 0;
};

}  // namespace kiln::http
