#include "json/read.hpp"

#include "core/ascii.hpp"
#include "core/limits.hpp"
#include "json/base64.hpp"
#include "json/text.hpp"

#include <boost/json/basic_parser_impl.hpp>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>
#include <vector>

namespace kiln::json {

namespace {

using boost::json::error_code;
using boost_view = boost::json::string_view;

std::string_view view(boost_view s) { return {s.data(), s.size()}; }

template <class T>
T& as(void* at) {
  return *static_cast<T*>(at);
}
template <class T>
T const& as(void const* at) {
  return *static_cast<T const*>(at);
}

// long and long long are different types of one size: written as bytes, not through a pointer.
template <class T>
bool store_if_fits(void* at, std::int64_t i, std::uint64_t u, bool negative) {
  bool const fits = negative ? std::in_range<T>(i) : std::in_range<T>(u);
  T const value = negative ? static_cast<T>(i) : static_cast<T>(u);
  if (fits) std::memcpy(at, &value, sizeof value);
  return fits;
}

bool store_integer(type_info const& type, void* at, std::int64_t i, std::uint64_t u,
                   bool negative) {
  if (type.size == 4) {
    return type.is_signed ? store_if_fits<std::int32_t>(at, i, u, negative)
                          : store_if_fits<std::uint32_t>(at, i, u, negative);
  }
  return type.is_signed ? store_if_fits<std::int64_t>(at, i, u, negative)
                        : store_if_fits<std::uint64_t>(at, i, u, negative);
}

std::string_view integer_name(type_info const& type) {
  if (type.size == 4) return type.is_signed ? "int32" : "uint32";
  return type.is_signed ? "int64" : "uint64";
}

std::string_view expected(type_info const& type) {
  switch (type.kind) {
    case value_kind::boolean:
      return "bool";
    case value_kind::integer:
      return integer_name(type);
    case value_kind::real:
      return "double";
    case value_kind::string:
    case value_kind::open_enum:
      return "string";
    case value_kind::closed_enum:
      return "one of the documented strings";
    case value_kind::blob:
      return "base64 string";
    case value_kind::milliseconds:
      return "milliseconds as int64";
    case value_kind::list:
      return type.add ? "array" : "nothing: the member is only written";
    case value_kind::map:
    case value_kind::object:
      return "object";
    case value_kind::string_view:
    case value_kind::blob_view:
      return "nothing: the member is only written";
    case value_kind::json:
    case value_kind::optional:
      break;
  }
  return "a value";
}

void restore(type_info const& type, void* at, void const* from);

void restore_members(type_info const& type, void* at, void const* from) {
  for (auto const& field : type.fields) {
    restore(field.type(), static_cast<std::byte*>(at) + field.offset,
            static_cast<std::byte const*>(from) + field.offset);
  }
}

// Back to the default, for a member that is named twice. Containers become empty.
void restore(type_info const& type, void* at, void const* from) {
  switch (type.kind) {
    case value_kind::string:
      as<std::string>(at) = as<std::string>(from);
      return;
    case value_kind::blob:
      as<std::vector<std::byte>>(at) = as<std::vector<std::byte>>(from);
      return;
    case value_kind::open_enum:
      as<open_enum_base>(at) = as<open_enum_base>(from);
      return;
    case value_kind::json:
      as<json_text>(at) = as<json_text>(from);
      return;
    case value_kind::optional:
    case value_kind::list:
    case value_kind::map:
      type.clear(at);
      return;
    case value_kind::object:
      restore_members(type, at, from);
      return;
    default:
      std::memcpy(at, from, type.size);  // numbers and views
  }
}

struct frame {
  type_info const* type;
  void* at;
  std::uint64_t seen = 0;  // a bit a member, modulo 64
  field_info const* field = nullptr;
  std::size_t count = 0;  // elements of a list so far
  std::string key;        // of a map
};

struct slot {
  type_info const* type = nullptr;  // null: nobody wants the value
  void* at = nullptr;
};

// The events of one document, each stored where the tables say.
class handler {
 public:
  static constexpr std::size_t max_object_size = std::numeric_limits<std::size_t>::max();
  static constexpr std::size_t max_array_size = max_object_size;
  static constexpr std::size_t max_key_size = max_object_size;
  static constexpr std::size_t max_string_size = max_object_size;

  handler(type_info const& type, void* into) : root_{&type, into} { frames_.reserve(8); }

  [[nodiscard]] std::string const& failure() const noexcept { return failure_; }
  [[nodiscard]] std::string path() const;

  static bool on_document_begin(error_code&) { return true; }
  static bool on_document_end(error_code&) { return true; }
  static bool on_comment_part(boost_view, error_code&) { return true; }
  static bool on_comment(boost_view, error_code&) { return true; }

  bool on_object_begin(error_code& ec) { return open('{', value_kind::object, ec); }
  bool on_object_end(std::size_t, error_code&) { return close('}'); }
  bool on_array_begin(error_code& ec) { return open('[', value_kind::list, ec); }
  bool on_array_end(std::size_t, error_code&) { return close(']'); }

  bool on_key_part(boost_view s, std::size_t, error_code&) {
    key_ += view(s);
    return true;
  }
  bool on_key(boost_view s, std::size_t, error_code&);
  bool on_string_part(boost_view s, std::size_t, error_code&) {
    string_ += view(s);
    return true;
  }
  bool on_string(boost_view s, std::size_t, error_code& ec);
  bool on_number_part(boost_view s, error_code&) {
    number_ += view(s);
    return true;
  }
  bool on_int64(std::int64_t i, boost_view s, error_code& ec) {
    return on_integer(i, static_cast<std::uint64_t>(i), s, ec);
  }
  bool on_uint64(std::uint64_t u, boost_view s, error_code& ec) { return on_integer(0, u, s, ec); }
  bool on_double(double approximate, boost_view s, error_code& ec);
  bool on_bool(bool b, error_code& ec);
  bool on_null(error_code&);

 private:
  bool on_integer(std::int64_t i, std::uint64_t u, boost_view s, error_code& ec);
  bool open(char bracket, value_kind kind, error_code& ec);
  bool close(char bracket);
  bool store_string(slot const& s, std::string_view text, error_code& ec);
  bool store_bytes(slot const& s, std::string_view text, error_code& ec);
  bool store_real(slot const& s, std::string_view text, double approximate, error_code& ec);
  slot next();
  static slot unwrap(slot s);
  bool captured(std::string_view token);
  void separate();
  bool fail(error_code& ec, std::string message);
  bool mismatch(type_info const& type, std::string_view found, error_code& ec) {
    return fail(ec, "expected " + std::string(expected(type)) + ", found " + std::string(found));
  }
  // The whole number as spelled; valid until the next event.
  std::string_view spelled(boost_view last) {
    if (number_.empty()) return view(last);
    number_ += view(last);
    return number_;
  }

  slot root_;
  std::vector<frame> frames_;
  std::size_t skipping_ = 0;        // open brackets of a value nobody wants
  std::string* capture_ = nullptr;  // a json_text being filled …
  std::size_t capture_depth_ = 0;   // … and its open brackets
  std::string key_;
  std::string string_;
  std::string number_;
  std::string failure_;
};

bool handler::fail(error_code& ec, std::string message) {
  failure_ = std::move(message);
  ec = boost::json::make_error_code(boost::json::error::syntax);
  return false;
}

void append_key(std::string& out, std::string_view key) {
  constexpr std::size_t shown_max = 64;
  auto const plain = [](char c) {
    return ascii::is_alpha(c) || ascii::is_digit(c) || c == '_' || c == '-';
  };
  if (!key.empty() && key.size() <= shown_max && std::all_of(key.begin(), key.end(), plain)) {
    (out += '.') += key;
    return;
  }
  bool const cut = key.size() > shown_max;
  out += '[';
  append_quoted(out, key.substr(0, shown_max));
  out += cut ? "…]" : "]";
}

std::string handler::path() const {
  std::string out;
  for (auto const& f : frames_) {
    if (f.type->kind == value_kind::list) {
      if (f.count > 0) out += "[" + std::to_string(f.count - 1) + "]";
    } else if (f.type->kind == value_kind::map) {
      append_key(out, f.key);
    } else if (f.field) {
      append_key(out, f.field->name);
    }
  }
  return out;
}

// Where the value that begins now belongs.
slot handler::next() {
  if (frames_.empty()) return root_;
  auto& top = frames_.back();
  if (top.type->kind == value_kind::list) {
    ++top.count;
    return {&top.type->element(), top.type->add(top.at, {})};
  }
  if (top.type->kind == value_kind::map) {
    return {&top.type->element(), top.type->add(top.at, top.key)};
  }
  if (!top.field) return {};
  auto const& field = *top.field;
  slot const found{&field.type(), static_cast<std::byte*>(top.at) + field.offset};
  auto const index = static_cast<std::size_t>(&field - top.type->fields.data());
  auto const bit = std::uint64_t{1} << (index % 64);
  if (top.seen & bit) {  // twice, or a neighbour 64 further on, which it does not hurt
    auto const prototype = static_cast<std::byte const*>(top.type->prototype);
    restore(*found.type, found.at, prototype + field.offset);
  }
  top.seen |= bit;
  return found;
}

slot handler::unwrap(slot s) {
  while (s.type && s.type->kind == value_kind::optional) {
    s = {&s.type->element(), s.type->add(s.at, {})};
  }
  return s;
}

void handler::separate() {
  if (capture_->empty()) return;
  char const last = capture_->back();
  if (last != '{' && last != '[' && last != ':') *capture_ += ',';
}

// True when the token belongs to a json_text that is being filled.
bool handler::captured(std::string_view token) {
  if (!capture_) return false;
  separate();
  *capture_ += token;
  return true;
}

bool handler::open(char bracket, value_kind kind, error_code& ec) {
  if (skipping_ > 0) {
    ++skipping_;
    return true;
  }
  if (captured({&bracket, 1})) {
    ++capture_depth_;
    return true;
  }
  auto const to = unwrap(next());
  if (!to.type) {
    skipping_ = 1;
    return true;
  }
  if (to.type->kind == value_kind::json) {
    capture_ = &as<json_text>(to.at).text;
    capture_->assign(1, bracket);
    capture_depth_ = 1;
    return true;
  }
  bool const map = to.type->kind == value_kind::map && kind == value_kind::object;
  if ((to.type->kind != kind && !map) || (kind == value_kind::list && !to.type->add)) {
    return mismatch(*to.type, kind == value_kind::list ? "array" : "object", ec);
  }
  if (to.type->clear) to.type->clear(to.at);
  frames_.push_back({to.type, to.at, 0, nullptr, 0, {}});
  return true;
}

bool handler::close(char bracket) {
  if (skipping_ > 0) {
    --skipping_;
  } else if (capture_) {
    *capture_ += bracket;
    if (--capture_depth_ == 0) capture_ = nullptr;
  } else {
    frames_.pop_back();
  }
  return true;
}

bool handler::on_key(boost_view s, std::size_t, error_code&) {
  auto name = view(s);
  if (!key_.empty()) name = key_ += name;
  if (skipping_ > 0) {
  } else if (capture_) {
    separate();
    append_quoted(*capture_, name);
    *capture_ += ':';
  } else if (auto& top = frames_.back(); top.type->kind == value_kind::map) {
    top.key = name;
  } else {
    // Most servers send members in the order of their documentation.
    auto const& fields = top.type->fields;
    auto const after =
        top.field ? static_cast<std::size_t>(top.field - fields.data()) + 1 : std::size_t{0};
    bool const in_order = after < fields.size() && fields[after].name == name;
    top.field = in_order ? &fields[after] : top.type->find(name);
  }
  key_.clear();
  return true;
}

bool handler::on_string(boost_view s, std::size_t, error_code& ec) {
  auto text = view(s);
  if (!string_.empty()) text = string_ += text;
  bool good = true;
  if (skipping_ > 0) {
  } else if (capture_) {
    separate();
    append_quoted(*capture_, text);
  } else if (auto const to = unwrap(next()); to.type) {
    good = store_string(to, text, ec);
  }
  string_.clear();
  return good;
}

bool parse_integer(type_info const& type, void* at, std::string_view text) {
  std::int64_t i = 0;
  std::uint64_t u = 0;
  bool const negative = text.starts_with('-');
  auto const end = text.data() + text.size();
  auto const parsed = negative ? std::from_chars(text.data(), end, i)  //
                               : std::from_chars(text.data(), end, u);
  if (parsed.ec != std::errc{} || parsed.ptr != end) return false;
  return store_integer(type, at, i, u, negative && i < 0);
}

bool parse_special(double& into, std::string_view text) {
  if (text == "NaN") {
    into = std::numeric_limits<double>::quiet_NaN();
  } else if (text == "Infinity") {
    into = std::numeric_limits<double>::infinity();
  } else if (text == "-Infinity") {
    into = -std::numeric_limits<double>::infinity();
  } else {
    return false;
  }
  return true;
}

bool store_closed_enum(type_info const& type, void* at, std::string_view text) {
  auto const found = std::find(type.spellings.begin(), type.spellings.end(), text);
  if (found == type.spellings.end()) return false;
  auto const index = static_cast<std::uint64_t>(found - type.spellings.begin());
  std::memcpy(at, &index, type.size);  // little endian
  return true;
}

type_info const& milliseconds() { return type_of<std::int64_t>(); }

bool handler::store_string(slot const& s, std::string_view text, error_code& ec) {
  switch (s.type->kind) {
    case value_kind::string:
      as<std::string>(s.at) = text;
      return true;
    case value_kind::open_enum:
      as<open_enum_base>(s.at).assign(text, s.type->spellings);
      return true;
    case value_kind::closed_enum:
      return store_closed_enum(*s.type, s.at, text) || mismatch(*s.type, "another string", ec);
    case value_kind::json: {
      auto& into = as<json_text>(s.at).text;
      into.clear();
      append_quoted(into, text);
      return true;
    }
    case value_kind::blob:
      return store_bytes(s, text, ec);
    case value_kind::integer:
      return parse_integer(*s.type, s.at, text) || mismatch(*s.type, "string", ec);
    case value_kind::milliseconds:
      return parse_integer(milliseconds(), s.at, text) || mismatch(*s.type, "string", ec);
    case value_kind::real:
      return parse_special(as<double>(s.at), text) || mismatch(*s.type, "string", ec);
    default:
      return mismatch(*s.type, "string", ec);
  }
}

bool handler::store_bytes(slot const& s, std::string_view text, error_code& ec) {
  auto& into = as<std::vector<std::byte>>(s.at);
  into.resize(base64_decoded_size(text));
  auto const done = base64_decode(text, into);
  if (!done) return fail(ec, "expected base64 string: " + done.error().message());
  return true;
}

bool handler::on_integer(std::int64_t i, std::uint64_t u, boost_view s, error_code& ec) {
  auto const text = spelled(s);
  bool good = true;
  if (skipping_ == 0 && !captured(text)) {
    auto const to = unwrap(next());
    auto const kind = to.type ? to.type->kind : value_kind::json;
    auto const found = i == 0 && u > INT64_MAX ? "uint64" : "int64";
    if (kind == value_kind::integer) {
      good = store_integer(*to.type, to.at, i, u, i < 0) ||
             mismatch(*to.type, std::string(text) + ", out of range", ec);
    } else if (kind == value_kind::milliseconds) {
      good = store_integer(milliseconds(), to.at, i, u, i < 0) || mismatch(*to.type, found, ec);
    } else if (kind == value_kind::real) {
      good = store_real(to, text, 1, ec);
    } else if (kind != value_kind::json) {
      good = mismatch(*to.type, found, ec);
    } else if (to.type) {
      as<json_text>(to.at).text = text;
    }
  }
  number_.clear();
  return good;
}

// Boost's own double may be off in the last place, and infinite.
bool handler::store_real(slot const& s, std::string_view text, double approximate, error_code& ec) {
  double value = 0;
  auto const end = text.data() + text.size();
  auto const parsed = std::from_chars(text.data(), end, value);
  if (parsed.ec == std::errc::result_out_of_range) {
    if (std::abs(approximate) > 1) return mismatch(*s.type, "a number out of range", ec);
    value = text.starts_with('-') ? -0.0 : 0.0;
  } else if (parsed.ec != std::errc{} || parsed.ptr != end) {
    return mismatch(*s.type, "a malformed number", ec);
  }
  as<double>(s.at) = value;
  return true;
}

bool is_integer_literal(std::string_view text) {
  return text.find_first_of(".eE") == std::string_view::npos;
}

bool handler::on_double(double approximate, boost_view s, error_code& ec) {
  auto const text = spelled(s);
  bool good = true;
  if (skipping_ == 0 && !captured(text)) {
    if (auto const to = unwrap(next()); to.type) {
      if (to.type->kind == value_kind::real) {
        good = store_real(to, text, approximate, ec);
      } else if (to.type->kind == value_kind::json) {
        as<json_text>(to.at).text = text;
      } else {
        good =
            mismatch(*to.type, is_integer_literal(text) ? "an integer over 64 bits" : "double", ec);
      }
    }
  }
  number_.clear();
  return good;
}

bool handler::on_bool(bool b, error_code& ec) {
  std::string_view const text = b ? "true" : "false";
  if (skipping_ > 0 || captured(text)) return true;
  auto const to = unwrap(next());
  if (!to.type) return true;
  if (to.type->kind == value_kind::json) {
    as<json_text>(to.at).text = text;
    return true;
  }
  if (to.type->kind != value_kind::boolean) return mismatch(*to.type, "bool", ec);
  as<bool>(to.at) = b;
  return true;
}

bool handler::on_null(error_code&) {
  if (skipping_ > 0 || captured("null")) return true;
  auto const to = next();
  if (to.type && to.type->kind == value_kind::optional) to.type->clear(to.at);
  return true;
}

/// Where people look for it: " (line 3, column 7)"; nothing for a text of one line, whose columns
/// are its bytes.
std::string line_and_column(std::string_view text, std::size_t at) {
  auto const before = text.substr(0, at);
  auto const lines = std::count(before.begin(), before.end(), '\n');
  if (lines == 0) return {};
  auto const column = at - before.rfind('\n');
  return " (line " + std::to_string(lines + 1) + ", column " + std::to_string(column) + ')';
}

error syntax_error(std::string_view what, std::string const& path, std::string_view text,
                   std::size_t at, error_code const& ec) {
  std::string message = std::string(what) + path + ": invalid JSON at byte " + std::to_string(at) +
                        line_and_column(text, at);
  if (ec == boost::json::error::too_deep) {
    message += ": nested deeper than " + std::to_string(limits::json_depth_max);
  } else if (ec == boost::json::error::incomplete) {
    message += ": the text ends too early";
  } else {
    message += ": " + ec.message();
  }
  return {errc::decode_failed, std::move(message)};
}

error text_error(std::string_view what, std::string_view why) {
  return {errc::decode_failed, std::string(what) + ": " + std::string(why)};
}

}  // namespace

result<void> read_value(std::string_view text, type_info const& type, void* into,
                        std::string_view what) {
  if (text.find_first_not_of(" \t\r\n") == text.npos) {
    return text_error(what, "expected JSON, found an empty text");
  }
  if (text.starts_with("\xEF\xBB\xBF")) {
    return text_error(what, "invalid JSON at byte 0: a byte order mark");
  }
  boost::json::parse_options options;
  options.max_depth = limits::json_depth_max;
  boost::json::basic_parser<handler> parser(options, type, into);
  error_code ec;
  auto const used = parser.write_some(false, text.data(), text.size(), ec);
  auto const& state = parser.handler();
  if (!state.failure().empty()) {
    return error(errc::decode_failed, std::string(what) + state.path() + ": " + state.failure());
  }
  if (!ec && used < text.size()) ec = boost::json::error::extra_data;
  if (ec) return syntax_error(what, state.path(), text, used, ec);
  return {};
}

}  // namespace kiln::json
