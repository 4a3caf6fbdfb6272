#include "client/profile.hpp"

#include "core/ascii.hpp"

#include <algorithm>
#include <optional>

namespace kiln {

namespace {

constexpr std::size_t npos = std::string_view::npos;

error refuse_line(std::string_view path, std::size_t line, std::size_t column,
                  std::string_view rule) {
  return error(errc::invalid_argument, std::string(path) + ", line " + std::to_string(line) +
                                           ", column " + std::to_string(column) + ": " +
                                           std::string(rule));
}

/// One line of the file, taken apart.
struct line_parts {
  enum class kind : unsigned char { nothing, section, entry };
  kind what = kind::nothing;
  std::string_view name;   ///< Of the section, or the key.
  std::string_view value;  ///< Without comment and quotes.
};

struct line_fault {
  std::size_t column = 0;
  std::string_view rule;
};

/// The value in `text`, which begins behind '=' or ':'.
std::string_view value_of(std::string_view text) {
  text = ascii::trim(text);
  if (!text.empty() && (text.front() == '"' || text.front() == '\'')) {
    auto const end = text.find(text.front(), 1);
    if (end != npos) {
      auto const rest = ascii::trim(text.substr(end + 1));
      if (rest.empty() || rest.front() == '#' || rest.front() == ';')
        return text.substr(1, end - 1);
    }
  }
  if (!text.empty() && (text.front() == '#' || text.front() == ';')) return {};
  // A '#' in a password has no blank before it.
  for (std::size_t i = 1; i < text.size(); ++i) {
    bool const blank = text[i - 1] == ' ' || text[i - 1] == '\t';
    if (blank && (text[i] == '#' || text[i] == ';')) return ascii::trim(text.substr(0, i));
  }
  return text;
}

std::optional<line_fault> parse_section(std::string_view text, std::size_t column,
                                        line_parts& into) {
  auto const end = text.find(']');
  if (end == npos) return line_fault{column, "'[' without ']'"};
  into.what = line_parts::kind::section;
  into.name = ascii::trim(text.substr(1, end - 1));
  if (into.name.empty()) return line_fault{column + 1, "a section without a name"};
  auto const rest = ascii::trim(text.substr(end + 1));
  if (!rest.empty() && rest.front() != '#' && rest.front() != ';') {
    return line_fault{column + end + 1, "only a comment may follow ']'"};
  }
  return std::nullopt;
}

std::optional<line_fault> parse_line(std::string_view line, line_parts& into) {
  auto const begin = std::min(line.find_first_not_of(" \t"), line.size());
  auto const text = line.substr(begin);
  for (std::size_t i = 0; i < line.size(); ++i) {
    if (ascii::is_control(line[i]) && line[i] != '\t') {
      return line_fault{i + 1, "a control character"};
    }
  }
  if (text.empty() || text.front() == '#' || text.front() == ';') return std::nullopt;
  if (text.front() == '[') return parse_section(text, begin + 1, into);
  auto const separator = text.find_first_of("=:");
  if (separator == npos) return line_fault{begin + 1, "neither [section] nor key = value"};
  into.what = line_parts::kind::entry;
  into.name = ascii::trim(text.substr(0, separator));
  if (into.name.empty()) return line_fault{begin + 1, "a value without a key"};
  into.value = value_of(text.substr(separator + 1));
  return std::nullopt;
}

/// Calls `take(number, line with its end, parts)` for each line; the first fault ends it.
template <class Take>
result<void> each_line(std::string_view text, std::string_view path, Take take) {
  if (text.size() > profile_file_bytes_max)
    return refuse_line(path, 1, 1, "the file is larger than 1 MiB");
  std::size_t number = 0;
  while (!text.empty()) {
    ++number;
    auto const end = text.find('\n');
    auto const whole = text.substr(0, end == npos ? text.size() : end + 1);
    text.remove_prefix(whole.size());
    auto line = whole;
    if (number == 1 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);
    while (!line.empty() && (line.back() == '\n' || line.back() == '\r')) line.remove_suffix(1);
    line_parts parts;
    if (auto const fault = parse_line(line, parts)) {
      return refuse_line(path, number, fault->column, fault->rule);
    }
    take(number, whole, parts);
  }
  return {};
}

profile_section& section_called(profile_file& file, std::string_view name) {
  for (auto& section : file.sections) {
    if (section.name == name) return section;
  }
  auto& made = file.sections.emplace_back();
  made.name = name;
  return made;
}

bool readable_back(std::string_view value) {
  bool const plain =
      std::none_of(value.begin(), value.end(), [](char c) { return ascii::is_control(c); });
  return plain && value_of(value) == value;
}

}  // namespace

profile_entry const* profile_section::find(std::string_view key) const noexcept {
  for (auto const& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

profile_section const* profile_file::find(std::string_view name) const noexcept {
  for (auto const& section : sections) {
    if (section.name == name) return &section;
  }
  return nullptr;
}

std::vector<std::string> profile_file::names() const {
  std::vector<std::string> out;
  for (auto const& section : sections) {
    if (section.name != settings_section && !section.entries.empty()) out.push_back(section.name);
  }
  return out;
}

result<profile_file> read_profiles(std::string_view text, std::string_view path) {
  profile_file out;
  std::string current(default_section);
  auto const take = [&](std::size_t number, std::string_view, line_parts const& parts) {
    if (parts.what == line_parts::kind::section) {
      current = parts.name;
      section_called(out, current);
    } else if (parts.what == line_parts::kind::entry) {
      auto& entries = section_called(out, current).entries;
      auto const key = ascii::to_lower(parts.name);
      std::erase_if(entries, [&key](profile_entry const& e) { return e.key == key; });
      entries.push_back({key, secret(std::string(parts.value)), number});
    }
  };
  auto const done = each_line(text, path, take);
  if (!done) return done.error();
  return out;
}

namespace {

/// Writes a file anew line by line, with the values of one section set.
class profile_writer {
 public:
  profile_writer(std::string_view name, std::vector<std::pair<std::string, secret>> const& values,
                 bool crlf)
      : name_(name), end_(crlf ? "\r\n" : "\n") {
    for (auto const& [key, value] : values) left_.push_back({ascii::to_lower(key), &value});
  }

  void take(std::string_view whole, line_parts const& parts) {
    if (parts.what == line_parts::kind::section) {
      leave_section();
      inside_ = parts.name == name_;
      seen_ = seen_ || inside_;
      out_ += whole;
      tail_ = out_.size();
      return;
    }
    bool const entry = parts.what == line_parts::kind::entry;
    auto* const wanted = inside_ && entry ? find(ascii::to_lower(parts.name)) : nullptr;
    if (wanted == nullptr) {
      out_ += whole;
    } else if (!wanted->written && !wanted->value->empty()) {
      add(*wanted);
    }
    // New keys go behind the last entry, before blank lines that set the next section apart.
    if (inside_ && entry) tail_ = out_.size();
  }

  std::string finish() {
    leave_section();
    if (!seen_ && anything_left()) {
      if (!out_.empty() && !out_.ends_with('\n')) out_ += end_;
      if (!out_.empty()) out_ += end_;
      out_ += '[' + std::string(name_) + ']' + end_;
      inside_ = true;
      tail_ = out_.size();
      leave_section();
    }
    return std::move(out_);
  }

 private:
  struct setting {
    std::string key;
    secret const* value = nullptr;
    bool written = false;
  };
  setting* find(std::string const& key) {
    for (auto& s : left_) {
      if (s.key == key) return &s;
    }
    return nullptr;
  }
  [[nodiscard]] bool anything_left() const {
    return std::any_of(left_.begin(), left_.end(),
                       [](setting const& s) { return !s.written && !s.value->empty(); });
  }
  void add(setting& s) {
    out_ += line_of(s);
    s.written = true;
  }
  [[nodiscard]] std::string line_of(setting const& s) const {
    std::string line = s.key + " = ";
    line += s.value->reveal();
    return line + end_;
  }
  void leave_section() {
    if (!inside_) return;
    inside_ = false;
    std::string more;
    if (tail_ > 0 && out_[tail_ - 1] != '\n') more = end_;
    for (auto& s : left_) {
      if (s.written || s.value->empty()) continue;
      more += line_of(s);
      s.written = true;
    }
    out_.insert(tail_, more);
    wipe(more);
  }

  std::string_view name_;
  std::string end_;
  std::vector<setting> left_;
  std::string out_;
  std::size_t tail_ = 0;  ///< Where new keys of the section go.
  bool inside_ = false;
  bool seen_ = false;
};

}  // namespace

result<std::string> with_profile(std::string_view text, std::string_view path,
                                 std::string_view name,
                                 std::vector<std::pair<std::string, secret>> const& values) {
  bool const bad_name = name.empty() || ascii::trim(name) != name || name == settings_section ||
                        name.find_first_of("[]\r\n") != npos;
  if (bad_name) {
    return error(errc::invalid_argument, "a profile cannot be called '" + std::string(name) + "'");
  }
  for (auto const& [key, value] : values) {
    if (!readable_back(value.reveal())) {
      return error(
          errc::invalid_argument,
          key +
              ": a value with line breaks, with blanks or quotes round it, or with ' #' or "
              "' ;' in it cannot be kept in a profile");
    }
  }
  profile_writer writer(name, values, text.find("\r\n") != npos);
  auto const take = [&writer](std::size_t, std::string_view whole, line_parts const& parts) {
    writer.take(whole, parts);
  };
  auto const done = each_line(text, path, take);
  if (!done) return done.error();
  return writer.finish();
}

}  // namespace kiln
