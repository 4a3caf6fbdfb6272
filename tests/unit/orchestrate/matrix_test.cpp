#include <kiln/matrix.hpp>

#include <gtest/gtest.h>

#include <set>

namespace kiln {
namespace {

constexpr auto csv = matrix_format::csv;
constexpr auto jsonl = matrix_format::jsonl;
constexpr auto product = matrix_format::product;

result<matrix> opened(std::string table, matrix_format format, std::string_view text,
                      matrix_document document = matrix_document::any) {
  matrix_options options;
  options.table_name = "rows";
  options.template_name = "run.json";
  options.document = document;
  return matrix::open(std::move(table), format, text, options);
}

std::vector<matrix_row> rows_of(std::string table, matrix_format format, std::string_view text) {
  auto m = opened(std::move(table), format, text);
  EXPECT_TRUE(m.has_value()) << m.error().message();
  std::vector<matrix_row> out;
  while (m) {
    auto row = m->next();
    EXPECT_TRUE(row.has_value()) << row.error().message();
    if (!row || !*row) break;
    out.push_back(std::move(**row));
  }
  return out;
}

std::vector<std::string> documents_of(std::string table, matrix_format format,
                                      std::string_view text) {
  std::vector<std::string> out;
  for (auto& row : rows_of(std::move(table), format, text)) out.push_back(row.document);
  return out;
}

std::string refusal_of(std::string table, matrix_format format, std::string_view text) {
  auto const m = opened(std::move(table), format, text);
  if (m) return "opened";
  EXPECT_EQ(m.error().code(), errc::invalid_argument);
  return m.error().message();
}

std::vector<std::string> faults_of(std::string table, matrix_format format, std::string_view text,
                                   matrix_document document = matrix_document::any) {
  auto m = opened(std::move(table), format, text, document);
  if (!m) return {"not opened: " + m.error().message()};
  std::vector<std::string> out;
  for (auto const& fault : m->validate().faults) out.push_back(fault.text());
  return out;
}

using texts = std::vector<std::string>;

TEST(matrix, puts_values_into_a_template_row_by_row) {
  EXPECT_EQ(documents_of("date,n:int\n2026-01-01,4\n2026-01-02,5\n", csv,
                         R"({ "run_name": "load {{date}} [{{ n }}]", "workers": "{{n}}" })"),
            (texts{R"({"run_name":"load 2026-01-01 [4]","workers":4})",
                   R"({"run_name":"load 2026-01-02 [5]","workers":5})"}));
}

TEST(matrix, keeps_the_type_and_spelling_of_a_whole_value) {
  EXPECT_EQ(documents_of(R"({"v":9007199254740993,"w":[1,{"a":null}],"x":1.50,"y":true,"z":null})",
                         jsonl, R"({"a":["{{v}}","{{w}}","{{x}}","{{y}}","{{z}}"]})"),
            (texts{R"({"a":[9007199254740993,[1,{"a":null}],1.50,true,null]})"}));
  EXPECT_EQ(documents_of(R"({"v":9007199254740993,"w":{"a":"b"},"y":false})", jsonl,
                         R"({"a":"<{{v}} {{w}} {{y}}>"})"),
            (texts{R"({"a":"<9007199254740993 {\"a\":\"b\"} false>"})"}));
}

TEST(matrix, types_columns_of_a_csv_by_its_header_only) {
  EXPECT_EQ(documents_of("a,b:int,c:number,d:bool,e:json,f:text\n"
                         "007,-12345678901234567890,1e5,TRUE,\"{\"\"k\"\": [1]}\",1\n"
                         ",,,,,\n",
                         csv, R"({"v":["{{a}}","{{b}}","{{c}}","{{d}}","{{e}}","{{f}}"]})"),
            (texts{R"({"v":["007",-12345678901234567890,1e5,true,{"k":[1]},"1"]})",
                   R"({"v":["",null,null,null,null,""]})"}));
}

TEST(matrix, escapes_what_a_text_holds) {
  EXPECT_EQ(documents_of("a\n\"say \"\"hi\"\"\\\n\"\n", csv, R"({"x":"{{a}}","y":"-{{a}}-"})"),
            (texts{R"({"x":"say \"hi\"\\\n","y":"-say \"hi\"\\\n-"})"}));
  EXPECT_EQ(documents_of(R"({"a":"ü\"\\"})", jsonl, R"({"y":"-{{a}}-"})"),
            (texts{R"({"y":"-ü\"\\-"})"}));
}

TEST(matrix, leaves_what_the_server_replaces_unless_a_column_is_called_so) {
  constexpr auto text =
      R"({"a":"{{secrets/scope/key}}","b":"run {{run_id}} of {{job.id}}","c":"{{start_date}}"})";
  EXPECT_EQ(documents_of("_name\nx\n", csv, text), (texts{text}));
  EXPECT_EQ(documents_of("start_date,run_id\nd,7\n", csv, text),
            (texts{R"({"a":"{{secrets/scope/key}}","b":"run 7 of {{job.id}}","c":"d"})"}));
}

TEST(matrix, writes_braces_themselves_where_told) {
  EXPECT_EQ(documents_of("a\n1\n", csv, R"({"x":"{{!a}} {{a}} }} {{!","y":"{{!a}}"})"),
            (texts{R"({"x":"{{a}} 1 }} {{","y":"{{a}}"})"}));
}

TEST(matrix, expands_lists_to_their_product_the_last_changing_fastest) {
  EXPECT_EQ(documents_of(R"({"d":[1,2],"r":["eu","us"],"k":true})", product,
                         R"({"x":"{{d}}{{r}}","k":"{{k}}"})"),
            (texts{R"({"x":"1eu","k":true})", R"({"x":"1us","k":true})", R"({"x":"2eu","k":true})",
                   R"({"x":"2us","k":true})"}));
}

TEST(matrix, takes_combinations_away_and_adds_rows_at_the_end) {
  EXPECT_EQ(documents_of(R"({"d":[1,2,3],"r":["eu","us"],
                             "exclude":[{"d":2},{"d":1,"r":"us"}],
                             "include":[{"d":9,"r":"ap"}]})",
                         product, R"({"x":"{{d}}{{r}}"})"),
            (texts{R"({"x":"1eu"})", R"({"x":"3eu"})", R"({"x":"3us"})", R"({"x":"9ap"})"}));
  EXPECT_EQ(documents_of(R"({"include":[{"d":1},{"d":2}]})", product, R"({"x":"{{d}}"})"),
            (texts{R"({"x":1})", R"({"x":2})"}));
}

TEST(matrix, says_of_a_row_its_name_what_it_waits_for_and_its_priority) {
  auto const rows = rows_of("_name,_after,_priority,a\nfirst,,,1\nsecond,first; 3 ,-5,2\n,,7,3\n",
                            csv, R"({"x":"{{a}}"})");
  ASSERT_EQ(rows.size(), 3U);
  EXPECT_EQ(rows[0].name, "first");
  EXPECT_TRUE(rows[0].after.empty());
  EXPECT_EQ(rows[0].priority, 0);
  EXPECT_EQ(rows[1].after, (texts{"first", "3"}));
  EXPECT_EQ(rows[1].priority, -5);
  EXPECT_EQ(rows[1].line, 3U);
  EXPECT_EQ(rows[1].variables,
            R"({"_name":"second","_after":"first; 3 ","_priority":"-5","a":"2"})");
}

TEST(matrix, names_a_row_by_its_number_where_it_has_no_name) {
  auto const rows = rows_of("{\"a\":1}\n\n{\"a\":2,\"_name\":null,\"_after\":[\"1\"]}", jsonl,
                            R"({"x":"{{a}}"})");
  ASSERT_EQ(rows.size(), 2U);
  EXPECT_EQ(rows[0].name, "1");
  EXPECT_EQ(rows[1].name, "2");
  EXPECT_EQ(rows[1].after, (texts{"1"}));
  EXPECT_EQ(rows[1].line, 3U);
}

TEST(matrix, key_is_of_document_and_name_wherever_the_row_stands) {
  constexpr auto text = R"({"x":"{{a}}"})";
  auto const one = rows_of("a,#note\n1,x\n2,y\n", csv, text);
  auto const moved = rows_of("#note,a\nz,2\nz,1\n", csv, R"( {"x" : "{{a}}"} )");
  ASSERT_EQ(one.size(), 2U);
  EXPECT_EQ(one[0].key.size(), 32U);
  EXPECT_EQ(one[0].key.find_first_not_of("0123456789abcdef"), std::string::npos);
  EXPECT_NE(one[0].key, one[1].key);
  EXPECT_EQ(one[0].key, moved[1].key);
  EXPECT_EQ(one[1].key, moved[0].key);
  EXPECT_NE(rows_of("a,_name\n1,n\n", csv, text)[0].key, one[0].key);
  EXPECT_NE(rows_of("a\n1\n", csv, R"({"x":"{{a}}","y":0})")[0].key, one[0].key);
}

TEST(matrix, gives_any_row_again_once_all_were_seen) {
  for (auto const& [table, format] : {std::pair{"a:int\n1\n\n2\n3\n", csv},
                                      {"{\"a\":1}\n\n{\"a\":2}\n{\"a\":3}", jsonl},
                                      {R"({"a":[0,1,2,3],"exclude":[{"a":0}]})", product}}) {
    auto m = opened(table, format, R"({"x":"{{a}}"})");
    ASSERT_TRUE(m.has_value());
    EXPECT_TRUE(m->row(0).has_error());
    EXPECT_EQ(m->validate().rows, 3U);
    for (std::uint64_t const i : {2U, 0U, 1U, 1U}) {
      auto const row = m->row(i);
      ASSERT_TRUE(row.has_value());
      EXPECT_EQ(row->number, i + 1);
      EXPECT_EQ(row->document, R"({"x":)" + std::to_string(i + 1) + '}');
    }
    EXPECT_TRUE(m->row(3).has_error());
  }
}

TEST(matrix, goes_on_behind_a_bad_row) {
  auto m = opened("a:int\nx\n2\n", csv, R"({"x":"{{a}}"})");
  ASSERT_TRUE(m.has_value());
  auto const bad = m->next();
  ASSERT_TRUE(bad.has_error());
  EXPECT_EQ(bad.error().message(), "rows:2: row 1, column 'a': 'x' is no int");
  auto const good = m->next();
  ASSERT_TRUE(good.has_value() && good->has_value());
  EXPECT_EQ((*good)->document, R"({"x":2})");
  auto const end = m->next();
  EXPECT_TRUE(end.has_value() && !end->has_value());
}

TEST(matrix, refuses_what_cannot_be_read_at_all) {
  constexpr auto text = R"({"x":"{{a}}"})";
  EXPECT_EQ(refusal_of("", csv, text), "rows:1: the header is missing: names of variables");
  EXPECT_EQ(refusal_of("a,a\n", csv, text), "rows:1: header, field 2: 'a' stands twice");
  EXPECT_EQ(refusal_of("a:date\n", csv, text),
            "rows:1: header, field 1: 'a:date': 'date' is no type: text, int, number, bool, json");
  EXPECT_EQ(refusal_of("b,_after\n1,\n", csv, text),
            "run.json: {{a}} is no column of rows, which has b, _after");
  EXPECT_EQ(refusal_of("a\nx\n\xFF\n", csv, text), "rows:3: a byte that is not UTF-8");
  EXPECT_EQ(refusal_of("a\n1\n", csv, "[]"),
            "run.json is no JSON object: template: expected a JSON object");
  EXPECT_EQ(refusal_of("a\n1\n", csv, R"({"x":1,"x":"{{a}}"})"),
            "run.json is no JSON object: template: member 'x' stands twice");
  EXPECT_NE(refusal_of("a\n1\n", csv, R"({"x":)").find("run.json is no JSON object: template: "),
            std::string::npos);
  EXPECT_EQ(refusal_of("a\n1\n", csv, R"({"{{a}}":1})"),
            "run.json has a variable in the name of a member: \"{{a}}\"");
  EXPECT_EQ(refusal_of("a\n1\n", csv, R"({"x":"{{a"})"),
            "run.json has '{{' without '}}' in \"{{a\"; '{{!' stands for '{{' itself");
  EXPECT_EQ(refusal_of("a\n1\n", csv, R"({"x":"{{a b}}"})"),
            "run.json has '{{a b}}' in \"{{a b}}\", which is no variable; '{{!' stands for '{{' "
            "itself");
  EXPECT_EQ(refusal_of(R"({"a":[]})", product, text),
            "rows: 'a' is an empty list: there is no row");
  EXPECT_EQ(refusal_of(R"({"a":[1],"exclude":[{"b":1}]})", product, text),
            "rows: 'exclude' names 'b', which is no list");
  EXPECT_EQ(refusal_of(R"({"a":[1],"include":{"a":2}})", product, text),
            "rows: 'include' is not a list of objects");
  EXPECT_NE(refusal_of(R"([1])", product, text).find("rows: lists: "), std::string::npos);
  EXPECT_NE(refusal_of("_retries\n1\n", csv, "{}").find("are kept for kiln"), std::string::npos);
}

TEST(matrix, refuses_a_product_with_too_many_rows_before_making_any) {
  std::string list = "[0";
  for (int i = 1; i < 1'001; ++i) list += ',' + std::to_string(i);
  list += ']';
  EXPECT_EQ(refusal_of("{\"a\":" + list + ",\"b\":" + list + '}', product, R"({"x":"{{a}}{{b}}"})"),
            "rows: the product has more than 1000000 rows");
}

TEST(matrix_validate, finds_every_fault_with_row_and_column) {
  EXPECT_EQ(faults_of("a:int,b\n1,x\nz,x\n3\n4,\"x\n", csv, R"({"x":"{{a}}","y":"{{b}}"})"),
            (texts{"rows:3: row 2, column 'a': 'z' is no int",
                   "rows:4: row 3: 1 fields, but the header has 2",
                   "rows:5: row 4: field 2: the quote that opens it is never closed"}));
  EXPECT_EQ(
      faults_of("{\"a\":1}\n{\"b\":1}\n{\"a\":null}\nnonsense", jsonl, R"({"x":"-{{a}}"})").size(),
      4U);
  auto const faults =
      faults_of("{\"a\":1}\n{\"c\":1}\n{\"a\":null}\n[]\n", jsonl, R"({"x":"-{{a}}"})");
  ASSERT_EQ(faults.size(), 4U);
  EXPECT_EQ(faults[0], "rows:2: row 2, column 'a': {{a}}: the row has no value for it");
  EXPECT_EQ(faults[1], "rows:3: row 3, column 'a': {{a}}: null cannot stand inside a longer text");
  EXPECT_EQ(faults[2], "rows:4: row 4: row: expected a JSON object");
  EXPECT_EQ(
      faults[3],
      "rows: column 'c': nothing in run.json uses it; a column called '#c' is taken as a note");
}

TEST(matrix_validate, finds_rows_that_are_the_same_run) {
  EXPECT_EQ(faults_of("a,#n\n1,x\n2,y\n1,z\n", csv, R"({"x":"{{a}}"})"),
            (texts{"rows:4: row 3: the same as row 1, and would be the same run; a different _name "
                   "makes two of them"}));
  EXPECT_EQ(faults_of("a,_name\n1,x\n1,y\n", csv, R"({"x":"{{a}}"})"), texts{});
  EXPECT_EQ(faults_of("a,_name\n1,x\n2,x\n", csv, R"({"x":"{{a}}"})"),
            (texts{"rows:3: row 2, column '_name': row 1 has the same name"}));
}

TEST(matrix_validate, finds_rows_that_wait_for_none_or_for_themselves) {
  constexpr auto text = R"({"x":"{{a}}"})";
  EXPECT_EQ(faults_of("a,_name,_after\n1,x,z\n2,y,x;3\n3,,\n", csv, text),
            (texts{"rows:2: row 1, column '_after': no row is called 'z'"}));
  EXPECT_EQ(faults_of("a,_name,_after\n1,x,\n2,y,z\n3,z,y\n", csv, text),
            (texts{"rows:3: row 2, column '_after': waits for itself: y -> z -> y"}));
  EXPECT_EQ(faults_of("a,_after\n1,\n2,1\n", csv, text), texts{});
}

TEST(matrix_validate, checks_values_about_the_row) {
  constexpr auto table =
      "{\"_name\":[]}\n{\"_after\":{},\"_name\":7}\n{\"_after\":[1]}\n{\"_priority\":1.5}\n"
      "{\"_priority\":99999999999}\n{\"_name\":\"\",\"_after\":\"\",\"_priority\":\"\"}\n";
  EXPECT_EQ(
      faults_of(table, jsonl, "{}"),
      (texts{"rows:1: row 1, column '_name': expected a text of at most 1000 bytes",
             "rows:2: row 2, column '_after': expected names of rows, as \"a; b\" or "
             "[\"a\",\"b\"]",
             "rows:3: row 3, column '_after': _after[0]: expected string, found int64",
             "rows:4: row 4, column '_priority': expected a whole number of at most 32 bits",
             "rows:5: row 5, column '_priority': expected a whole number of at most 32 bits"}));
  EXPECT_EQ(
      faults_of("_priority\nhigh\n", csv, "{}"),
      (texts{"rows:2: row 1, column '_priority': expected a whole number of at most 32 bits"}));
}

TEST(matrix_validate, checks_documents_against_the_request_they_are) {
  constexpr auto submit = matrix_document::runs_submit;
  constexpr auto text = R"({"run_name":"{{a}}","timeout_seconds":"{{t}}","new_field":1})";
  EXPECT_EQ(faults_of("a,t:int\nx,3\n", csv, text, submit), texts{});
  EXPECT_EQ(faults_of("a:int,t:json\n3,[]\n", csv, text, submit),
            (texts{"rows:2: row 1: document.run_name: expected string, found int64"}));
  EXPECT_EQ(faults_of("a\nx\n", csv, R"({"run_name":"{{a}}","idempotency_token":"t"})", submit),
            (texts{"rows:2: row 1: document.idempotency_token: the key of the row is put there"}));
  EXPECT_EQ(
      faults_of("a\nx\n", csv, R"({"notebook_params":{"a":"{{a}}"}})", matrix_document::run_now),
      (texts{"rows:2: row 1: document.job_id: missing"}));
  EXPECT_EQ(faults_of("a\nx\n", csv, R"({"job_id":7,"notebook_params":{"a":"{{a}}"}})",
                      matrix_document::run_now20),
            texts{});
}

TEST(matrix_validate, finds_parameters_of_a_job_that_are_larger_than_the_server_takes) {
  constexpr auto text = R"({"job_id":7,"notebook_params":{"a":"{{a}}"}})";
  auto const room = 10'000 - std::string(R"({"a":""})").size();
  auto const table = [](std::size_t bytes) { return "a\n" + std::string(bytes, 'x') + '\n'; };
  for (auto const kind : {matrix_document::run_now, matrix_document::run_now20}) {
    EXPECT_EQ(faults_of(table(room), csv, text, kind), texts{});
    EXPECT_EQ(faults_of(table(room + 1), csv, text, kind),
              (texts{"rows:2: row 1: document.notebook_params: 10001 bytes as JSON, where the "
                     "server takes 10000"}));
  }
}

TEST(matrix_validate, bounds_the_faults_it_keeps_and_counts_the_others) {
  std::string table = "a:int\n";
  for (int i = 0; i < 150; ++i) table += "x\n";
  auto m = opened(std::move(table), csv, R"({"x":"{{a}}"})");
  ASSERT_TRUE(m.has_value());
  auto const check = m->validate();
  EXPECT_EQ(check.rows, 150U);
  EXPECT_EQ(check.faults.size(), matrix::faults_max);
  EXPECT_EQ(check.faults_left_out, 50U);
}

TEST(matrix_validate, says_when_there_is_no_row) {
  EXPECT_EQ(faults_of("a\n", csv, R"({"x":"{{a}}"})"), (texts{"rows: holds no row"}));
  EXPECT_EQ(faults_of("", jsonl, "{}"), (texts{"rows: holds no row"}));
}

TEST(matrix_validate, reads_a_hundred_thousand_rows_and_leaves_them_readable) {
  std::string table = "a:int,_after\n0,\n";
  constexpr std::uint64_t count = 100'000;
  for (std::uint64_t i = 1; i < count; ++i) {
    table += std::to_string(i) + ',' + std::to_string(i) + '\n';
  }
  auto m = opened(std::move(table), csv, R"({"x":"{{a}}"})");
  ASSERT_TRUE(m.has_value());
  auto const check = m->validate();
  EXPECT_EQ(check.rows, count);
  EXPECT_EQ(check.dependencies, count - 1);
  EXPECT_TRUE(check.faults.empty());
  std::set<std::string> keys;
  for (;;) {
    auto row = m->next();
    ASSERT_TRUE(row.has_value());
    if (!*row) break;
    keys.insert(std::move((*row)->key));
  }
  EXPECT_EQ(keys.size(), count);
}

}  // namespace
}  // namespace kiln
