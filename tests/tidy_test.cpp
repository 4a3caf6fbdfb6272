// The style of the house as a test: each rule looks at the text of one file and gives findings, the
// tree must give none, and each rule is shown a file that breaks it, so that it can fail.
#include "tidy_conditions.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <ostream>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

namespace fs = std::filesystem;
using std::string;
using std::string_view;

constexpr std::size_t columns_max = 100;
constexpr std::size_t function_lines_max = 70;
constexpr std::size_t file_lines_max = 600;

struct source {
  string path;  // From the top of the tree, '/' between names.
  std::vector<string> lines;
  std::vector<string> code;  // The lines with comments, strings and characters blanked out.

  [[nodiscard]] bool below(string_view folder) const { return path.starts_with(folder); }
  [[nodiscard]] bool is_cpp() const { return path.ends_with(".cpp") || path.ends_with(".hpp"); }
  [[nodiscard]] bool is_engine() const { return is_cpp() && (below("src/") || below("include/")); }
  /// What wraps lines by hand: sources, scripts and CMake files, not prose or data.
  [[nodiscard]] bool is_code() const {
    return is_cpp() || path.ends_with(".py") || path.ends_with("CMakeLists.txt") || path == "run" ||
           path == ".ci/run";
  }
};

struct finding {
  string path;
  std::size_t line = 0;
  string what;
};

std::ostream& operator<<(std::ostream& out, finding const& f) {
  return out << f.path << ':' << f.line << ": " << f.what;
}

using findings = std::vector<finding>;
using rule = std::function<findings(source const&)>;

std::vector<string> split_lines(string const& text) {
  std::vector<string> lines;
  std::istringstream in(text);
  for (string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

// Blanks comments and literals and keeps every column where it was.
class blanker {
 public:
  string operator()(string const& text) {
    string out = text;
    for (std::size_t i = 0; i < text.size();) i = step(text, out, i);
    return out;
  }

 private:
  static void blank(string& out, std::size_t from, std::size_t to) {
    for (std::size_t i = from; i < to && i < out.size(); ++i) {
      if (out[i] != '\n') out[i] = ' ';
    }
  }
  static std::size_t step(string const& text, string& out, std::size_t i) {
    auto const rest = string_view(text).substr(i);
    if (rest.starts_with("//")) return take(text, out, i, text.find('\n', i), 0);
    if (rest.starts_with("/*")) return take(text, out, i, text.find("*/", i + 2), 2);
    if (rest.starts_with("R\"")) {
      auto const open = text.find('(', i);
      auto const close = ")" + text.substr(i + 2, open - i - 2) + "\"";
      return take(text, out, i + 1, text.find(close, i), close.size());
    }
    bool const separator = i > 0 && text[i] == '\'' && std::isalnum(text[i - 1]) != 0;
    if ((text[i] != '"' && text[i] != '\'') || separator) return i + 1;
    auto end = i + 1;
    while (end < text.size() && text[end] != text[i] && text[end] != '\n') {
      end += text[end] == '\\' ? 2U : 1U;
    }
    return take(text, out, i + 1, end, 1) + (end < text.size() ? 0U : 1U);
  }
  static std::size_t take(string const& text, string& out, std::size_t from, std::size_t found,
                          std::size_t closing) {
    auto const end = found == string::npos ? text.size() : found + closing;
    blank(out, from, closing == 1 ? end - 1 : end);
    return end;
  }
};

source make_source(string path, string const& text) {
  source s{.path = std::move(path), .lines = split_lines(text), .code = {}};
  s.code = s.is_cpp() ? split_lines(blanker()(text)) : s.lines;
  return s;
}

string included(string const& line) {
  static std::regex const form(R"(^\s*#\s*include\s*([<"][^>"]+)[>"])");
  std::smatch match;
  return std::regex_search(line, match, form) ? match[1].str() : string();
}

template <class F>
findings each_include(source const& s, F judge) {
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    auto const name = included(s.lines[i]);
    if (name.empty()) continue;
    if (string why = judge(name); !why.empty()) found.push_back({s.path, i + 1, name + ": " + why});
  }
  return found;
}

findings each_match(source const& s, std::vector<string> const& lines, std::regex const& form,
                    string const& why) {
  findings found;
  for (std::size_t i = 0; i < lines.size(); ++i) {
    if (std::regex_search(lines[i], form)) found.push_back({s.path, i + 1, why});
  }
  return found;
}

// ---- includes

constexpr std::array<string_view, 12> layers{"core",        "json",     "http",     "net",
                                             "budget",      "client",   "services", "transfer",
                                             "orchestrate", "emulator", "cli",      ""};

std::size_t layer_of(string_view name) {
  auto const at = std::find(layers.begin(), layers.end() - 1, name);
  return static_cast<std::size_t>(at - layers.begin());
}

findings layer_direction(source const& s) {
  if (!s.is_cpp() || !s.below("src/")) return {};
  auto const own = layer_of(s.path.substr(4, s.path.find('/', 4) - 4));
  if (own == layers.size() - 1) return {{s.path, 1, "src/ holds layers only"}};
  return each_include(s, [own](string const& name) -> string {
    if (name.front() != '"') return {};
    auto const slash = name.find('/');
    if (slash == string::npos) return "name the layer: \"layer/file.hpp\"";
    auto const other = layer_of(name.substr(1, slash - 1));
    if (other == layers.size() - 1) return "not a layer";
    return other <= own ? "" : "a layer includes only itself and those below it";
  });
}

struct restricted_include {
  string_view prefix;
  std::vector<string_view> allowed;  // Files and folders.
  string_view why;
};

std::vector<restricted_include> const& restricted_includes() {
  static std::vector<restricted_include> const all{
      {"<boost/asio.hpp", {}, "three seconds a file: include what is used"},
      {"<boost/beast.hpp", {}, "include what is used"},
      {"<boost/asio/experimental/awaitable_operators", {}, "two to four seconds a file"},
      {"<boost/beast/", {"src/http/response_reader.cpp", "src/emulator/"}, "Beast parses, there"},
      {"<boost/asio/ssl", {"src/net/tls_stream.cpp", "src/emulator/"}, "TLS has its own file"},
      {"<openssl/ssl", {"src/net/tls_stream.cpp", "src/emulator/"}, "TLS has its own file"},
      {"<boost/asio/ip/", {"src/net/", "src/emulator/"}, "sockets belong to net"},
      {"<sys/socket", {"src/net/", "src/emulator/"}, "sockets belong to net"},
      {"<boost/asio/co_spawn", {"src/core/spawn.cpp"}, "use core/spawn.hpp"},
      {"<boost/asio/steady_timer", {"src/core/"}, "use core/timers.hpp"},
      {"<boost/asio/system_timer", {"src/core/"}, "use core/timers.hpp"},
      {"<boost/asio/deadline_timer", {"src/core/"}, "use core/timers.hpp"},
      {"<iostream", {"src/cli/"}, "the library prints nothing"},
      {"<CLI/", {"src/cli/"}, "a dependency of the program only"},
      {"<fmt/", {"src/cli/"}, "a dependency of the program only"},
      {"<yaml-cpp/", {"src/cli/yaml_json.cpp"}, "a dependency of the program only"},
      {"<sqlite3", {"src/transfer/", "src/orchestrate/"}, "only journals are databases"},
  };
  return all;
}

findings banned_includes(source const& s) {
  if (!s.is_engine()) return {};
  return each_include(s, [&s](string const& name) -> string {
    for (auto const& r : restricted_includes()) {
      bool const allowed = std::any_of(r.allowed.begin(), r.allowed.end(),
                                       [&s](string_view place) { return s.below(place); });
      if (name.starts_with(r.prefix) && !allowed) return string(r.why);
    }
    return {};
  });
}

findings light_public_headers(source const& s) {
  if (!s.below("include/")) return {};
  static std::set<string, std::less<>> const heavier{
      "<boost/asio/awaitable.hpp", "<boost/asio/any_io_executor.hpp", "<boost/json/fwd.hpp",
      "<boost/system/result.hpp", "<boost/assert/source_location.hpp"};
  static std::regex const standard("^<[a-z_0-9]+$");
  return each_include(s, [](string const& name) -> string {
    if (name.starts_with("<kiln/") || heavier.contains(name) || std::regex_match(name, standard)) {
      return {};
    }
    return "too heavy for a public header, or not for users";
  });
}

// ---- what code may say

findings clock_and_entropy(source const& s) {
  if (!s.is_engine() || s.below("src/core/")) return {};
  static std::regex const form(
      R"((steady|system|high_resolution)_clock::now|random_device|\bs?rand\(|\bgettimeofday\()"
      R"(|\bclock_gettime\(|\bgetrandom\(|\btime\((nullptr|NULL|0)\)|this_thread::sleep)");
  return each_match(s, s.code, form, "only core reads the clock or entropy: take timers&");
}

findings no_sleeping_tests(source const& s) {
  if (!s.below("tests/unit/") && !s.below("tests/sim/") && !s.below("tests/wire/")) return {};
  static std::regex const form(R"(this_thread::sleep|\b(u|nano)?sleep\()");
  return each_match(s, s.code, form, "use virtual_timers: a test does not wait for real time");
}

findings no_marks(source const& s) {
  static std::regex const form(
      "\\b(TO"
      "DO|FIX"
      "ME|XX"
      "X)\\b|GTEST_SK"
      "IP|DISAB"
      "LED_");
  return each_match(s, s.lines, form, "left-over mark, skipped or disabled test");
}

findings no_machine_paths(source const& s) {
  static std::regex const form(
      "/ro"
      "ot/|/wo"
      "rk/|/ho"
      "me/[a-z]+/");
  return each_match(s, s.lines, form, "a path of a machine");
}

findings named_documents_exist(source const& s) {
  static std::regex const form("([A-Z][A-Z_0-9]+\\.md)");
  findings found;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    std::smatch match;
    if (!std::regex_search(s.lines[i], match, form) || match[1] == "README.md") continue;
    found.push_back({s.path, i + 1, match[1].str() + " is not in this tree"});
  }
  return found;
}

// ---- shape

std::size_t columns_of(string_view line) {
  return static_cast<std::size_t>(std::count_if(line.begin(), line.end(), [](char c) {
    return (static_cast<unsigned char>(c) & 0xC0U) != 0x80U;
  }));
}

findings columns(source const& s) {
  findings found;
  if (!s.is_code()) return found;
  for (std::size_t i = 0; i < s.lines.size(); ++i) {
    if (columns_of(s.lines[i]) > columns_max) found.push_back({s.path, i + 1, "over 100 columns"});
  }
  return found;
}

findings clean_blanks(source const& s) {
  static std::regex const form("\t|[ \r]$");
  return each_match(s, s.lines, form, "a tab, a trailing blank or a carriage return");
}

findings file_length(source const& s) {
  bool const table = s.below("src/services/") || s.below("include/kiln/services/");
  if (!s.is_code() || table || s.lines.size() <= file_lines_max) return {};
  return {{s.path, file_lines_max, "over 600 lines: is it still one thing?"}};
}

// Walks braces. A block whose head has a parameter list, directly in a file, namespace or class, is
// a function; what is nested in one (lambdas, loops) belongs to it.
class function_finder {
 public:
  explicit function_finder(source const& s) : s_(s) {}

  findings too_long() {
    for (std::size_t i = 0; i < s_.code.size(); ++i) {
      if (s_.code[i].starts_with('#')) continue;
      for (char c : s_.code[i]) take(c, i);
      head_ += ' ';
    }
    return std::move(found_);
  }

 private:
  enum class block { scope, function, other };
  struct open_block {
    block kind;
    std::size_t first_line;
  };

  void take(char c, std::size_t line) {
    if (c == '{') {
      open_.push_back({kind_of_head(), head_line_});
    } else if (c == '}' && !open_.empty()) {
      close(line);
    } else if (c != ';') {
      if (head_.find_first_not_of(' ') == string::npos && c != ' ') head_line_ = line;
      head_ += c;
      return;
    }
    head_.clear();
    head_line_ = line;
  }
  void close(std::size_t line) {
    auto const last = open_.back();
    open_.pop_back();
    if (last.kind == block::function && line - last.first_line + 1 > function_lines_max) {
      found_.push_back({s_.path, last.first_line + 1, "a function of over 70 lines"});
    }
  }
  [[nodiscard]] block kind_of_head() const {
    static std::regex const scope(R"(\b(namespace|class|struct|union|enum|extern)\b)");
    bool const top = open_.empty() || open_.back().kind == block::scope;
    if (!top) return block::other;
    bool const call = head_.find('(') != string::npos;
    if (call && head_.find("= ") == string::npos) return block::function;
    if (call && head_.find('(') < head_.find("= ")) return block::function;
    return std::regex_search(head_, scope) ? block::scope : block::other;
  }

  source const& s_;
  findings found_;
  std::vector<open_block> open_;
  string head_;
  std::size_t head_line_ = 0;
};

findings function_length(source const& s) {
  return s.is_cpp() ? function_finder(s).too_long() : findings{};
}

// The precise gate is .ci/coawait.query; this sees what text can show, in seconds and everywhere.
findings coawait_forms(source const& s) {
  if (!s.is_cpp() || s.below("tests/canary/")) return {};
  struct pattern {
    std::regex form;
    char const* why;
  };
  static std::array<pattern, 5> const patterns{{
      {std::regex(R"(co_await[^;]*\[[^\]&]*\w+ = [^\]]*\]\s*[({])"), "a closure that owns"},
      {std::regex(R"(co_await[^;]*[(,]\s*\[=[^\]]*\])"), "a closure that copies all"},
      {std::regex(R"(co_await[^;]*[(,]\s*\{[^.};][^;]*\})"), "a braced list as an argument"},
      {std::regex(R"(co_await[^;]*[(,]\s*\w*\{\.[^;]*std::move\()"), "an aggregate that owns"},
      {std::regex(R"(\{\s*\.\w+ = co_await)"), "an aggregate of awaited members"},
  }};
  findings found;
  string statement;
  std::size_t first_line = 0;
  auto judge = [&] {
    for (auto const& p : patterns) {
      if (!std::regex_search(statement, p.form)) continue;
      found.push_back(
          {s.path, first_line + 1,
           string("g++ 12 destroys it twice beside co_await, name it first: ") + p.why});
    }
    statement.clear();
  };
  for (std::size_t i = 0; i < s.code.size(); ++i) {
    auto const& line = s.code[i];
    if (statement.empty()) {
      if (line.find("co_await") == string::npos) continue;
      first_line = i;
    }
    statement += line + ' ';
    if (line.find(';') != string::npos || line.ends_with(" {")) judge();
  }
  for (auto const line : kiln::tidy::awaited_conditions(s.code)) {
    found.push_back({s.path, line + 1, "g++ 12 shifts the frame, name what is awaited first"});
  }
  return found;
}

// ---- the tree

fs::path const& top() {
  static fs::path const path = KILN_SOURCE_DIR;
  return path;
}

bool is_text(string const& path) {
  static std::set<string, std::less<>> const kinds{
      ".cpp", ".hpp", ".py", ".txt", ".cmake", ".in", ".md", ".sh", ".json", ".query", ".cfg", ""};
  return kinds.contains(fs::path(path).extension().string());
}

std::vector<source> read_tree() {
  std::vector<source> all;
  for (string const entry : {"include", "src", "tests", "bench", "third_party", ".ci",
                             "CMakeLists.txt", "README.md", "run", ".clang-tidy"}) {
    std::vector<fs::path> paths;
    if (fs::is_directory(top() / entry)) {
      for (auto const& each : fs::recursive_directory_iterator(top() / entry)) {
        bool const corpus = each.path().string().find("corpus/") != string::npos;
        if (each.is_regular_file() && !corpus) paths.push_back(each.path());
      }
    } else if (fs::exists(top() / entry)) {
      paths.push_back(top() / entry);
    }
    for (auto const& path : paths) {
      auto const name = path.lexically_relative(top()).generic_string();
      std::ifstream in(path, std::ios::binary);
      string const text{std::istreambuf_iterator<char>(in), {}};
      if (is_text(name)) all.push_back(make_source(name, text));
    }
  }
  return all;
}

void expect_tree_keeps(rule const& r) {
  static std::vector<source> const tree = read_tree();
  ASSERT_GT(tree.size(), 30U) << "the sources are not where this test looks";
  for (auto const& s : tree) {
    for (auto const& f : r(s)) ADD_FAILURE() << f;
  }
}

std::size_t count(rule const& r, string path, string const& text) {
  return r(make_source(std::move(path), text)).size();
}

string repeat_text(string_view text, std::size_t times) {
  string out;
  for (std::size_t i = 0; i < times; ++i) out += text;
  return out;
}

}  // namespace

TEST(tidy, layers_include_only_themselves_and_those_below) {
  EXPECT_EQ(count(layer_direction, "src/http/a.cpp", "#include \"net/pool.hpp\"\n"), 1U);
  EXPECT_EQ(count(layer_direction, "src/http/a.cpp", "#include \"message.hpp\"\n"), 1U);
  EXPECT_EQ(count(layer_direction, "src/odd/a.cpp", ""), 1U);
  EXPECT_EQ(count(layer_direction, "src/net/a.cpp", "#include \"http/a.hpp\"\n"), 0U);
  expect_tree_keeps(layer_direction);
}

TEST(tidy, heavy_and_foreign_includes_stay_where_they_belong) {
  EXPECT_EQ(count(banned_includes, "src/net/a.cpp", "#include <boost/asio.hpp>\n"), 1U);
  EXPECT_EQ(count(banned_includes, "src/client/a.cpp", "#include <boost/asio/ip/tcp.hpp>\n"), 1U);
  EXPECT_EQ(count(banned_includes, "src/net/pool.cpp", "#  include <openssl/ssl.h>\n"), 1U);
  EXPECT_EQ(count(banned_includes, "src/json/a.cpp", "#include <iostream>\n"), 1U);
  EXPECT_EQ(count(banned_includes, "src/cli/a.cpp", "#include <iostream>\n"), 0U);
  expect_tree_keeps(banned_includes);
}

TEST(tidy, public_headers_stay_light) {
  EXPECT_EQ(count(light_public_headers, "include/kiln/a.hpp", "#include <boost/json.hpp>\n"), 1U);
  EXPECT_EQ(count(light_public_headers, "include/kiln/a.hpp", "#include \"core/a.hpp\"\n"), 1U);
  EXPECT_EQ(count(light_public_headers, "include/kiln/a.hpp", "#include <unistd.h>\n"), 1U);
  EXPECT_EQ(count(light_public_headers, "include/kiln/a.hpp", "#include <vector>\n"), 0U);
  expect_tree_keeps(light_public_headers);
}

TEST(tidy, only_core_reads_the_clock_or_entropy) {
  string const text = "auto t = std::chrono::steady_clock::now();\nstd::random_device d;\n";
  EXPECT_EQ(count(clock_and_entropy, "src/net/a.cpp", text), 2U);
  EXPECT_EQ(count(clock_and_entropy, "src/core/a.cpp", text), 0U);
  EXPECT_EQ(count(clock_and_entropy, "src/net/a.cpp", "// steady_clock::now()\n"), 0U);
  expect_tree_keeps(clock_and_entropy);
}

TEST(tidy, tests_do_not_wait_for_real_time) {
  string const text = "std::this_thread::sleep_for(1s);\n";
  EXPECT_EQ(count(no_sleeping_tests, "tests/unit/net/a_test.cpp", text), 1U);
  EXPECT_EQ(count(no_sleeping_tests, "tests/unit/net/a_test.cpp", "timers.sleep_until(t);\n"), 0U);
  expect_tree_keeps(no_sleeping_tests);
}

TEST(tidy, nothing_is_left_for_later) {
  EXPECT_EQ(count(no_marks, "src/net/a.cpp",
                  "// TO"
                  "DO: later\n  GTEST_SK"
                  "IP();\n"),
            2U);
  expect_tree_keeps(no_marks);
}

TEST(tidy, no_path_of_a_machine_is_in_the_tree) {
  EXPECT_EQ(count(no_machine_paths, "src/a.md",
                  "see /ho"
                  "me/someone/x\n"),
            1U);
  expect_tree_keeps(no_machine_paths);
}

TEST(tidy, documents_that_are_named_exist) {
  EXPECT_EQ(count(named_documents_exist, "src/a.cpp",
                  "// as ABSENT"
                  ".md says\n"),
            1U);
  expect_tree_keeps(named_documents_exist);
}

TEST(tidy, lines_fit_in_100_columns) {
  EXPECT_EQ(count(columns, "src/a.cpp", repeat_text("x", 101) + "\n"), 1U);
  EXPECT_EQ(count(columns, "src/a.cpp", repeat_text("é", 100) + "\n"), 0U);
  expect_tree_keeps(columns);
}

TEST(tidy, no_tabs_and_no_trailing_blanks) {
  EXPECT_EQ(count(clean_blanks, "src/a.cpp", "\tint a;\nint b; \nint c;\r\n"), 3U);
  expect_tree_keeps(clean_blanks);
}

TEST(tidy, files_have_at_most_600_lines) {
  EXPECT_EQ(count(file_length, "src/net/a.cpp", repeat_text("\n", 601)), 1U);
  EXPECT_EQ(count(file_length, "src/services/a.cpp", repeat_text("\n", 601)), 0U);
  expect_tree_keeps(file_length);
}

TEST(tidy, functions_have_at_most_70_lines) {
  auto const body = [](std::size_t lines) { return repeat_text("  g();\n", lines) + "}\n"; };
  EXPECT_EQ(count(function_length, "src/a.cpp", "namespace a {\nint f(int x) {\n" + body(69) + "}"),
            1U);
  EXPECT_EQ(count(function_length, "src/a.cpp", "namespace a {\nint f(int x) {\n" + body(68) + "}"),
            0U);
  EXPECT_EQ(count(function_length, "src/a.cpp", "struct a {\n  void f() {\n" + body(70) + "};"),
            1U);
  EXPECT_EQ(count(function_length, "src/a.cpp", "bool operator==(a, b) {\n" + body(70)), 1U);
  EXPECT_EQ(count(function_length, "src/a.cpp", "TEST(a, b) {\n  {\n  }\n" + body(70)), 1U);
  EXPECT_EQ(
      count(function_length, "src/a.cpp", "struct a {\n" + repeat_text("int a;\n", 90) + "};"), 0U);
  EXPECT_EQ(count(function_length, "src/a.cpp", "int x[] = {\n" + repeat_text("1,\n", 90) + "};"),
            0U);
  expect_tree_keeps(function_length);
}

TEST(tidy, no_owning_temporaries_beside_co_await_and_none_in_a_condition) {
  auto const in = [](string const& text) { return count(coawait_forms, "src/a.cpp", text); };
  EXPECT_EQ(in("co_await f([s = std::move(s)] { return 1; });\n"), 1U);
  EXPECT_EQ(in("auto r = co_await f(1,\n    [=] { return 1; });\n"), 1U);
  EXPECT_EQ(in("co_await f({a, b});\n"), 1U);
  EXPECT_EQ(in("co_await f(\n    owning{.text = std::move(t)});\n"), 1U);
  EXPECT_EQ(in("owning a{.text = co_await f()};\n"), 1U);
  EXPECT_EQ(in("co_await f({.number = 1});\n"), 0U);
  EXPECT_EQ(in("owning a{.text = t};\nco_await f(a);\n"), 0U);
  EXPECT_EQ(in("if (auto r = co_await f(); !r) {\n  g({a, b});\n}\n"), 0U);
  EXPECT_EQ(in("if (!co_await f()) g();\n} while (a &&\n  co_await f(b));\n"), 2U);
  EXPECT_EQ(in("for (; co_await f(x);) g();\nswitch (int i = 0; co_await f(i)) {\n"), 2U);
  EXPECT_EQ(in("if (a) co_await f();\nfor (auto i : co_await f()) co_await g(i);\n"), 0U);
  EXPECT_EQ(in("while (bool const b = co_await f()) {\n"), 0U);
  expect_tree_keeps(coawait_forms);
}
