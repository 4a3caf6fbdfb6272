#pragma once

#include <kiln/operations.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

// tests/wire/manifest says what the public documentation says of each endpoint:
//   <service>.jsonl        one operation a line, in every version of it that is held to
//   <service>.types.jsonl  the structs and enums those name
// Of Jobs API 2.2 it holds what the shapes of 2.1 have not and need: how an answer goes on.
// Types are spelled string, string:base64, string:timestamp, bool, int32, int64, double, json,
// binary_stream, array<T>, map<string,T>, or a name of the second file.
namespace kiln::wire_tests {

using named_types = std::map<std::string, std::string>;

struct manifest_row {
  std::string service, name, version, method, path;
  named_types required, optional, answer;
  std::string documented_repeat, repeat, lane, bucket;
  bool raw_answer = false;

  [[nodiscard]] std::string id() const { return service + '.' + name + '@' + version; }
};

struct manifest {
  std::vector<manifest_row> rows;
  std::map<std::string, named_types> structs;
  std::map<std::string, std::set<std::string>> enums;
};

/// All of the checked-in files. Throws when one is not as above.
manifest read_manifest();

/// Compares tables with spelled types, all the way down. One C++ struct may stand for several of
/// the documentation's (versions of an API): it has every member of each, and none besides.
class shape_comparison {
 public:
  explicit shape_comparison(manifest const& said) : said_(said) {}
  /// `where` is for messages: "clusters.get@2.0 answer".
  void fields(type_info const& built, named_types const& said, std::string const& where);
  /// After the last call: members and spellings that nothing in the manifest asked for.
  void nothing_besides();
  [[nodiscard]] std::vector<std::string> const& problems() const noexcept { return problems_; }

 private:
  struct seen {
    std::set<std::string> names;
    std::string first_at;
  };
  void value(type_info const& built, std::string const& said, std::string const& where);
  void composite(type_info const& built, std::string const& said, std::string const& where);
  void enumeration(type_info const& built, std::string const& said, std::string const& where);
  void problem(std::string text);

  manifest const& said_;
  std::map<type_info const*, seen> matched_;
  std::map<std::string_view const*, seen> spellings_;
  std::map<std::string_view const*, enum_table> tables_;
  std::set<std::pair<type_info const*, std::string>> compared_;
  std::vector<std::string> problems_;
};

}  // namespace kiln::wire_tests
