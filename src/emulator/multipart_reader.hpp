#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace kiln::emulation {

/// What a form is made of, in order. Returning false ends the reading.
class form_receiver {
 public:
  virtual ~form_receiver() = default;
  virtual bool part_begins(std::string const& name) = 0;
  /// A piece of the part's content.
  virtual bool part_data(std::span<std::byte const> piece) = 0;
  virtual bool part_ends() = 0;
};

/// Takes a multipart/form-data body apart as it comes, in pieces of any length. Content goes
/// through uncopied but for the few bytes at an edge that may start a delimiter.
class multipart_reader {
 public:
  multipart_reader(std::string_view boundary, form_receiver& into);

  /// False once the body is broken, or the receiver has had enough.
  bool feed(std::span<std::byte const> data);
  /// The last delimiter was seen; anything behind it is skipped.
  [[nodiscard]] bool complete() const noexcept { return state_ == state::done; }

  static constexpr std::size_t part_head_bytes_max = 8 * 1024;
  static constexpr std::size_t parts_max = 64;

 private:
  enum class state { preamble, content, after_delimiter, head, done, broken };

  bool content_before(std::string_view text);
  std::size_t search(std::string_view data);
  std::size_t gather(std::string_view data);
  bool begin_part();

  std::string delimiter_;  ///< CR LF - - boundary
  form_receiver& into_;
  state state_ = state::preamble;
  std::string held_ = "\r\n";  ///< May start a delimiter; the first one needs no line before it.
  std::string text_;           ///< Of a delimiter's line or a part's head so far.
  std::size_t parts_ = 0;
};

/// The boundary of a "multipart/form-data; boundary=…" header; nullopt for anything else.
std::optional<std::string> form_boundary(std::string_view content_type);

}  // namespace kiln::emulation
