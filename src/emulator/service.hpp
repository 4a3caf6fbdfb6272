#pragma once

#include "emulator/api.hpp"

#include <boost/json/object.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// What each emulated service is to the core of the emulator, and how most of them are written: a
// table of routes whose handlers take and give JSON objects.
namespace kiln::emulation {

/// Of a request, unless its service takes more.
constexpr std::size_t request_bytes_max = 10 * 1024 * 1024;

/// The endpoints of one service and the state behind them. Called with the core's lock held, with
/// times that never go back.
class emulated_service {
 public:
  virtual ~emulated_service() = default;
  /// As in an Allow header, "GET, POST"; "" for a path that is none of this service's.
  [[nodiscard]] virtual std::string_view verbs_of(std::string_view path) const noexcept = 0;
  /// Longer requests to that path are answered 413.
  [[nodiscard]] virtual std::size_t body_bytes_max(std::string_view path) const noexcept {
    static_cast<void>(path);
    return request_bytes_max;
  }
  /// `request.method` is one of verbs_of(request.path).
  virtual api_reply handle(api_request const& request, moment now) = 0;
  /// Forgets everything that came by requests.
  virtual void clear() = 0;
};

/// The parameters of a request: those in its path, its query and its JSON body together, in the
/// order of precedence path, body, query. Query values are strings; the getters read "7" and
/// "true".
class parameters {
 public:
  static outcome<parameters> of(api_request const& request,
                                std::vector<std::pair<std::string_view, std::string>> in_path);

  /// INVALID_PARAMETER_VALUE when it is missing, empty or no string.
  [[nodiscard]] outcome<std::string> text(std::string_view name) const;
  [[nodiscard]] outcome<std::int64_t> integer(std::string_view name) const;
  [[nodiscard]] outcome<std::string> text_or(std::string_view name, std::string_view other) const;
  [[nodiscard]] outcome<std::int64_t> integer_or(std::string_view name, std::int64_t other) const;
  [[nodiscard]] outcome<bool> flag_or(std::string_view name, bool other) const;
  /// Every value of a query parameter, or of an array of strings in the body.
  [[nodiscard]] outcome<std::vector<std::string>> texts(std::string_view name) const;
  /// Null when it is absent or null.
  [[nodiscard]] boost::json::value const* find(std::string_view name) const noexcept;
  /// The body, without what path and query say; an empty object when there is none.
  [[nodiscard]] boost::json::object const& body() const noexcept { return body_; }
  /// Whose token the request brought: a userName or an applicationId.
  [[nodiscard]] std::string const& caller() const noexcept { return caller_; }

 private:
  boost::json::object all_;
  boost::json::object body_;
  std::string caller_;
};

[[nodiscard]] api_error not_found(std::string message);  ///< 404 RESOURCE_DOES_NOT_EXIST
/// 200 with the object as its body.
[[nodiscard]] api_reply to_reply(boost::json::object const& body);
/// The member's value; empty when there is none, or one that is no string.
[[nodiscard]] std::string text_of(boost::json::object const& of, std::string_view name);
[[nodiscard]] std::int64_t epoch_ms(wall_time at) noexcept;
/// {} when it was done.
[[nodiscard]] outcome<boost::json::object> empty_object(outcome<void> const& done);

/// Whether `path` is `pattern`, in which "{name}" stands for one segment; gives those segments,
/// decoded. nullopt: it is not.
[[nodiscard]] std::optional<std::vector<std::pair<std::string_view, std::string>>> match_path(
    std::string_view pattern, std::string_view path);

/// A service as a table: class clusters_api final : public routed_service<clusters_api> with a
/// member `static std::span<route const> routes()`. A handler gives the reply's JSON object; one
/// that must say more gives an api_reply.
template <class Self>
class routed_service : public emulated_service {
 public:
  using object_handler = outcome<boost::json::object> (Self::*)(parameters const& in, moment now);
  using reply_handler = api_reply (Self::*)(parameters const& in, moment now);
  struct route {
    std::string_view verb;
    std::string_view path;  ///< "/api/2.0/preview/scim/v2/Users/{id}"
    object_handler give_object = nullptr;
    reply_handler give_reply = nullptr;  ///< Instead of give_object.
  };

  [[nodiscard]] std::string_view verbs_of(std::string_view path) const noexcept override {
    verbs_.clear();
    for (auto const& r : Self::routes()) {
      if (match_path(r.path, path)) (verbs_ += verbs_.empty() ? "" : ", ") += r.verb;
    }
    return verbs_;
  }

  api_reply handle(api_request const& request, moment now) override {
    for (auto const& r : Self::routes()) {
      if (r.verb != request.method) continue;
      auto in_path = match_path(r.path, request.path);
      if (!in_path) continue;
      auto const in = parameters::of(request, std::move(*in_path));
      if (!in) return kiln::emulation::to_reply(in.error());
      auto& self = static_cast<Self&>(*this);
      if (r.give_reply != nullptr) return (self.*r.give_reply)(*in, now);
      auto const out = (self.*r.give_object)(*in, now);
      return out ? kiln::emulation::to_reply(*out) : kiln::emulation::to_reply(out.error());
    }
    return kiln::emulation::to_reply(
        not_found("No API found for '" + std::string(request.path) + '\''));
  }

 private:
  mutable std::string verbs_;  ///< What the last verbs_of gave.
};

}  // namespace kiln::emulation
