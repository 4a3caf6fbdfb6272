#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace kiln::orchestrate {

/// Reads a text as RFC 4180 has it, record by record; CRLF, LF and a byte order mark are taken.
class csv_reader {
 public:
  enum class step : std::uint8_t { record, end, malformed };

  /// `text` must outlive the reader.
  explicit csv_reader(std::string_view text) noexcept;
  /// Blank lines are passed over. After a malformed record the next call goes on in the line behind
  /// it; a quote that is never closed takes all that follows.
  step next();

  /// Where next() goes on; kept, it can be gone back to.
  struct place {
    std::size_t byte = 0;
    std::uint64_t line = 1;
  };
  [[nodiscard]] place here() const noexcept { return {at_, line_}; }
  void go_to(place where) noexcept {
    at_ = where.byte;
    line_ = where.line;
  }

  /// Of the record just read; kept until the next.
  [[nodiscard]] std::vector<std::string> const& fields() const noexcept { return fields_; }
  [[nodiscard]] std::uint64_t line() const noexcept { return record_line_; }
  /// What is wrong, with the number of the field.
  [[nodiscard]] std::string const& fault() const noexcept { return fault_; }

 private:
  bool read_field();
  bool read_quoted(std::string& into);
  bool read_plain(std::string& into);
  bool fail(std::string_view why);
  bool take_line_end() noexcept;
  void skip_line() noexcept;

  std::string_view text_;
  std::size_t at_ = 0;
  std::uint64_t line_ = 1;
  std::uint64_t record_line_ = 1;
  std::vector<std::string> fields_;
  std::string fault_;
};

}  // namespace kiln::orchestrate
