#include "fuzz/matrix_target.hpp"

#include <kiln/document.hpp>
#include <kiln/matrix.hpp>

#include <array>
#include <map>
#include <string>

namespace kiln::fuzz {
namespace {

constexpr std::string_view plain_template = R"({"a":"{{a}}","t":"<{{b}}> {{!a}} {{run_id}}"})";

bool is_object(std::string const& json) { return members_of(json, "text").has_value(); }

std::string_view check_row(matrix_row const& row) {
  if (!is_object(row.document)) return "a document is a JSON object";
  if (!is_object(row.variables)) return "the variables are a JSON object";
  if (row.key.size() != 32) return "a key has 32 characters";
  return row.name.empty() ? "a row has a name" : "";
}

std::string_view check_faults(matrix_check const& check) {
  if (check.faults.size() > matrix::faults_max) return "faults are bounded";
  for (auto const& fault : check.faults) {
    if (fault.row > check.rows) return "a fault is of a row that there is";
    if (fault.message.empty()) return "a fault says what is wrong";
  }
  return "";
}

std::string_view check_matrix(matrix& m) {
  auto const check = m.validate();
  if (auto const broken = check_faults(check); !broken.empty()) return broken;
  std::map<std::string, std::string> document_of_key;
  std::uint64_t bad = 0;
  for (std::uint64_t i = 0; i < check.rows; ++i) {
    auto const here = m.next();
    bad += here.has_error() ? 1U : 0U;
    if (here.has_error()) continue;
    if (!*here) return "there are as many rows as were seen";
    auto const& row = **here;
    if (row.number != i + 1) return "rows are counted from one on";
    if (auto const broken = check_row(row); !broken.empty()) return broken;
    auto const [known, fresh] = document_of_key.emplace(row.key, row.document);
    if (!fresh && known->second != row.document) return "a key stands for one document";
  }
  auto const last = m.next();
  if (last.has_error() || *last) return "behind the last row is none";
  if (bad > check.faults.size() + check.faults_left_out) return "each bad row is a fault";
  for (std::uint64_t i = 0; i < check.rows; ++i) {
    auto const row = m.row(check.rows - 1 - i);
    if (row.has_value() && row->number != check.rows - i) return "a row is found again";
    bad -= row.has_error() ? 1U : 0U;
  }
  return bad == 0 ? "" : "a row is the same wherever one comes from";
}

}  // namespace

std::string_view fuzz_matrix(std::string_view text) {
  for (auto const format : {matrix_format::csv, matrix_format::jsonl, matrix_format::product}) {
    for (auto const form : {plain_template, std::string_view(R"({"n":"{{_name}}"})")}) {
      auto m = matrix::open(std::string(text), format, form);
      if (m.has_error()) {
        if (m.error().code() != errc::invalid_argument) return "a refusal is invalid_argument";
        continue;
      }
      if (auto const broken = check_matrix(*m); !broken.empty()) return broken;
    }
  }
  return "";
}

std::string_view fuzz_matrix_template(std::string_view text) {
  constexpr std::string_view table = "{\"a\":1,\"b\":\"x\\\"\"}\n{\"a\":null}\n{\"b\":[{}]}\n";
  auto m = matrix::open(std::string(table), matrix_format::jsonl, text);
  if (m.has_error()) {
    return m.error().code() == errc::invalid_argument ? "" : "a refusal is invalid_argument";
  }
  return check_matrix(*m);
}

}  // namespace kiln::fuzz
