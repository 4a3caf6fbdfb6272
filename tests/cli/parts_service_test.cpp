#include "cli/api_list.hpp"
#include "cli/api_request.hpp"
#include "cli/field_value.hpp"
#include "cli/service_document.hpp"
#include "cli/service_table.hpp"
#include "cli/table.hpp"
#include "cli/usage_error.hpp"

#include <boost/json/parse.hpp>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

// From words to requests, and from answers to tables.
namespace kiln::cli {
namespace {

enum class shade { red, green };
constexpr auto spellings(shade) { return kiln::spell("RED", "GREEN"); }

struct part {
  std::string name;
};
void fields(auto& io, part& v) { io("name", v.name); }

struct request {
  static constexpr endpoint at{verb::post, "/api/2.0/things/make"};
  using response = void;
  std::string name;
  std::optional<std::int64_t> job_id;
  std::optional<std::uint32_t> count;
  std::optional<bool> recursive;
  std::optional<double> share;
  open_enum<shade> colour;
  std::vector<std::string> tags;
  std::vector<std::int64_t> ids;
  std::map<std::string, std::string> spark_conf;
  std::vector<part> parts;
  std::optional<part> one;
  std::string displayName;
};
void fields(auto& io, request& v) {
  io("name", v.name);
  io("job_id", v.job_id);
  io("count", v.count);
  io("recursive", v.recursive);
  io("share", v.share);
  io("colour", v.colour);
  io("tags", v.tags);
  io("ids", v.ids);
  io("spark_conf", v.spark_conf);
  io("parts", v.parts);
  io("one", v.one);
  io("displayName", v.displayName);
}

constexpr service_command row{
    "things", "make", verb::post, "/api/2.0/things/make", "Make a thing", "name", "", "", ""};
operation const what = describe<request>("things", "make");

field_info const& field(std::string_view name) { return *type_of<request>().find(name); }

std::string made(std::vector<std::pair<std::string, std::string>> const& given,
                 std::string const& document = {}) {
  service_args args;
  args.row = &row;
  args.what = &what;
  for (auto const& [name, text] : given) args.fields.push_back({&field(name), text});
  return object_of(request_of(args, document));
}

std::string refused(std::vector<std::pair<std::string, std::string>> const& given,
                    std::string const& document = {}) {
  try {
    return "taken: " + made(given, document);
  } catch (usage_error const& e) {
    return e.what();
  }
}

TEST(cli_field, is_an_option_when_it_fits_on_a_command_line) {
  EXPECT_EQ(form_of(field("name").type()), field_form::value);
  EXPECT_EQ(form_of(field("recursive").type()), field_form::flag);
  EXPECT_EQ(form_of(field("tags").type()), field_form::list);
  EXPECT_EQ(form_of(field("spark_conf").type()), field_form::pairs);
  EXPECT_EQ(form_of(field("parts").type()), field_form::none);
  EXPECT_EQ(form_of(field("one").type()), field_form::none);
}

TEST(cli_field, is_named_as_options_and_positionals_are) {
  EXPECT_EQ(option_name("page_size"), "--page-size");
  EXPECT_EQ(option_name("excludedAttributes"), "--excluded-attributes");
  EXPECT_EQ(option_name("Operations"), "--operations");
  EXPECT_EQ(positional_name("cluster_id"), "CLUSTER_ID");
  EXPECT_EQ(positional_name("displayName"), "DISPLAY_NAME");
  EXPECT_EQ(expected_text(field("colour").type()), "RED, GREEN");
  EXPECT_EQ(type_text(field("parts").type()), "list<object>");
  EXPECT_EQ(type_text(field("spark_conf").type()), "map<string,string>");
  EXPECT_EQ(type_text(field("job_id").type()), "int64");
}

TEST(cli_request, is_made_of_options_by_the_types_of_their_fields) {
  EXPECT_EQ(made({{"name", "42"}, {"job_id", "9007199254740993"}, {"recursive", "true"}}),
            R"({"name":"42","job_id":9007199254740993,"recursive":true})");
  EXPECT_EQ(made({{"name", "x"}, {"share", "0.5"}, {"colour", "ULTRAVIOLET"}}),
            R"({"name":"x","share":0.5,"colour":"ULTRAVIOLET"})");
  EXPECT_EQ(made({{"name", "x"}, {"tags", "a"}, {"tags", "1"}, {"ids", "7"}}),
            R"({"name":"x","tags":["a","1"],"ids":[7]})");
  EXPECT_EQ(made({{"name", "x"}, {"spark_conf", "a.b=c=d"}, {"spark_conf", "e="}}),
            R"({"name":"x","spark_conf":{"a.b":"c=d","e":""}})");
}

TEST(cli_request, lets_options_go_over_the_document) {
  EXPECT_EQ(made({{"count", "3"}}, R"({"name":"n","count":1,"parts":[{"name":"p"}]})"),
            R"({"name":"n","count":3,"parts":[{"name":"p"}]})");
}

TEST(cli_request, is_refused_with_the_name_of_the_option) {
  EXPECT_EQ(refused({{"name", "x"}, {"job_id", "1e3"}}), "--job-id: '1e3' is not a whole number");
  EXPECT_EQ(refused({{"name", "x"}, {"job_id", "-"}}), "--job-id: '-' is not a whole number");
  EXPECT_EQ(refused({{"name", "x"}, {"job_id", "9223372036854775808"}}),
            "--job-id: 9223372036854775808 is not between -9223372036854775808 and "
            "9223372036854775807");
  EXPECT_EQ(refused({{"name", "x"}, {"count", "-1"}}),
            "--count: -1 is not between 0 and 4294967295");
  EXPECT_EQ(refused({{"name", "x"}, {"share", "nan"}}), "--share: 'nan' is not a number");
  EXPECT_EQ(refused({{"name", "x"}, {"share", "5."}}), "--share: '5.' is not a number");
  EXPECT_EQ(refused({{"name", "x"}, {"ids", "seven"}}), "--ids: 'seven' is not a whole number");
  EXPECT_EQ(refused({{"name", "x"}, {"spark_conf", "lonely"}}),
            "--spark-conf: 'lonely' is not key=value");
  EXPECT_EQ(refused({}), "NAME is missing: give it, or 'name' inside --json");
  EXPECT_TRUE(refused({}, "[]").starts_with("--json: ")) << refused({}, "[]");
}

TEST(cli_request, says_where_a_document_is_no_json) {
  EXPECT_TRUE(refused({}, "{\"name\":}").starts_with("--json: invalid JSON at byte 8: "));
  service_args args;
  args.row = &row;
  args.what = &what;
  args.document = "made.json";
  try {
    static_cast<void>(request_of(args, "{\n  \"name\": \"x\",\n  \"count\" 2\n}"));
    ADD_FAILURE();
  } catch (usage_error const& e) {
    EXPECT_EQ(std::string(e.what()).find("--json made.json: invalid JSON at byte 27 (line 3, "
                                         "column 11): "),
              0U)
        << e.what();
  }
}

TEST(cli_request, tells_json_from_the_name_of_a_file) {
  EXPECT_TRUE(is_document("{}"));
  EXPECT_TRUE(is_document("\n {\"a\":1}"));
  EXPECT_TRUE(is_document("[1]"));
  EXPECT_FALSE(is_document("a{}.json"));
  EXPECT_FALSE(is_document("-"));
  EXPECT_FALSE(is_document(""));
}

TEST(cli_request, names_members_that_no_field_takes_however_deep) {
  auto const unknown = [](std::string const& document) {
    return unknown_members(*members_of(document, "test"), type_of<request>());
  };
  EXPECT_TRUE(unknown(R"({"name":"x","parts":[{"name":"p"}],"spark_conf":{"a.b":"c"}})").empty());
  EXPECT_EQ(unknown(R"({"nmae":"x","zzzzzzzz":1})"),
            (std::vector<std::string>{"nmae; did you mean name?", "zzzzzzzz"}));
  EXPECT_EQ(unknown(R"({"parts":[{"name":"p"},{"nam":"q"}],"one":{"x":{"name":1}}})"),
            (std::vector<std::string>{"parts[1].nam; did you mean name?", "one.x"}));
  // What is of another type than its field is the server's to refuse.
  EXPECT_TRUE(unknown(R"({"parts":7,"one":[{"x":1}],"name":{"x":1},"spark_conf":null})").empty());
}

TEST(cli_table_of_commands, has_each_name_once_and_groups_for_all) {
  std::set<std::string> groups;
  for (auto const& group : command_groups()) groups.emplace(group.name);
  EXPECT_EQ(groups.size(), command_groups().size());
  std::set<std::string> names;
  for (auto const& r : service_commands()) {
    EXPECT_TRUE(groups.contains(std::string(r.group))) << r.group;
    for (auto const name : {r.name, r.alias}) {
      if (name.empty()) continue;
      EXPECT_TRUE(names.insert(std::string(r.group) + ' ' + std::string(name)).second)
          << r.group << ' ' << name;
    }
    EXPECT_FALSE(r.example.empty() && !r.positionals.empty()) << r.group << ' ' << r.name;
    EXPECT_FALSE(r.summary.empty() || r.summary.ends_with('.')) << r.group << ' ' << r.name;
    for (auto const& c : columns_of(r.columns)) {
      EXPECT_FALSE(c.heading.empty() || c.path.empty()) << r.group << ' ' << r.name;
    }
  }
}

/// The member that a column shows, somewhere in the answer's listings.
bool is_shown(type_info const& item, std::string_view path) {
  if (path == ".") return true;
  auto const name = path.substr(0, path.find('.'));
  auto const* at = &item;
  while (at->kind == value_kind::optional) at = &at->element();
  if (at->kind != value_kind::object) return at->kind == value_kind::json;
  auto const* const found = at->find(name);
  if (found == nullptr) return false;
  return name.size() == path.size() || is_shown(found->type(), path.substr(name.size() + 1));
}

TEST(cli_table_of_commands, fits_the_operations_it_stands_for) {
  for (auto const& r : service_commands()) {
    auto const* const found = find_operation(r.method, r.path);
    ASSERT_NE(found, nullptr) << r.group << ' ' << r.name << ": " << r.path;
    auto const& fields_of_request = found->request();
    for (auto const name : words_of(r.positionals)) {
      EXPECT_NE(fields_of_request.find(name), nullptr) << r.group << ' ' << r.name << ": " << name;
    }
    for (auto const& c : columns_of(r.columns)) {
      bool shown = false;
      for (auto const& f : found->response().fields) {
        auto const& list = f.type();
        shown = shown || (list.kind == value_kind::list && is_shown(list.element(), c.path));
      }
      EXPECT_TRUE(shown) << r.group << ' ' << r.name << ": " << c.path;
    }
  }
}

TEST(cli_table_of_commands, has_a_command_for_every_operation) {
  for (auto const& each : operations()) {
    // kiln fs has DBFS and volumes, commands of their own have documents, and jobs are those of
    // API 2.1.
    bool const elsewhere =
        each.service == "dbfs" || each.service == "files" || !each.form_file.empty() ||
        each.raw_response || each.at.path.starts_with("/api/2.0/jobs/") ||
        each.at.path == "/api/2.0/workspace/export" || each.at.path == "/api/2.0/workspace/import";
    auto const& all = service_commands();
    bool const found = std::any_of(all.begin(), all.end(), [&each](auto const& r) {
      return r.method == each.at.method && r.path == each.at.path;
    });
    EXPECT_NE(found, elsewhere) << each.service << ' ' << each.name << ": " << each.at.path;
  }
}

TEST(cli_table_of_commands, finds_operations_by_verb_and_path) {
  auto const* const found = find_operation(verb::get, "/api/2.0/dbfs/list");
  ASSERT_NE(found, nullptr);
  EXPECT_EQ(found->name, "list");
  EXPECT_EQ(find_operation(verb::post, "/api/2.0/dbfs/list"), nullptr);
  EXPECT_EQ(find_operation(verb::get, "/api/2.0/dbfs/list/"), nullptr);
  EXPECT_EQ(find_operation(verb::post, "/api/2.0/dbfs/put")->name, "put");
}

TEST(cli_table, aligns_columns_and_counts_characters) {
  auto const columns = columns_of("ID=id NAME=name.given STARTED=start@time");
  std::vector<table_row> const rows{
      cells_of(R"({"id":9007199254740993,"name":{"given":"J\u00fcrgen"},"start":1600000000123})",
               columns),
      cells_of(R"({"id":"a\tb","name":null,"start":0})", columns)};
  EXPECT_EQ(aligned_table(columns, rows, 0),
            "ID                NAME    STARTED\n"
            "9007199254740993  J\xC3\xBCrgen  2020-09-13T12:26:40Z\n"
            "a b\n");
  EXPECT_EQ(tab_line(rows[0]), "9007199254740993\tJ\xC3\xBCrgen\t2020-09-13T12:26:40Z\n");
  EXPECT_EQ(tab_line(rows[1]), "a b\t\t\n");
}

TEST(cli_table, cuts_the_widest_column_to_fit) {
  auto const columns = columns_of("A=a B=b");
  std::vector<table_row> const rows{{"short", "a very long text that does not fit"}};
  EXPECT_EQ(aligned_table(columns, rows, 20), "A      B\nshort  a very long \xE2\x80\xA6\n");
  EXPECT_EQ(aligned_table(columns, {}, 20), "A  B\n");
}

TEST(cli_table, cuts_what_describes_before_times_and_those_before_what_names) {
  auto const columns = columns_of("ID=id NAME=name STARTED=start@time");
  std::vector<table_row> const rows{
      {"0923-164208-meows279", "a name that is long", "2020-09-13T12:26:40Z"}};
  EXPECT_EQ(aligned_table(columns, rows, 54),
            "ID                    NAME        STARTED\n"
            "0923-164208-meows279  a name th\xE2\x80\xA6  2020-09-13T12:26:40Z\n");
  EXPECT_EQ(aligned_table(columns, rows, 40),
            "ID                    NAME    STARTED\n"
            "0923-164208-meows279  a nam\xE2\x80\xA6  2020-09-1\xE2\x80\xA6\n");
  // Where nothing helps, half of the line is still left to it.
  EXPECT_EQ(aligned_table(columns, rows, 24),
            "ID            NAME    START\xE2\x80\xA6\n"
            "0923-164208\xE2\x80\xA6  a nam\xE2\x80\xA6  2020-\xE2\x80\xA6\n");
}

TEST(cli_table, gives_wide_characters_two_columns_and_marks_none) {
  auto const columns = columns_of("NAME=name N=n");
  std::vector<table_row> const rows{{"\xE6\x97\xA5\xE6\x9C\xAC", "1"},  // two wide ones
                                    {"e\xCC\x81t\xC3\xA9", "2"}};       // e + acute
  EXPECT_EQ(aligned_table(columns, rows, 0),
            "NAME  N\n"
            "\xE6\x97\xA5\xE6\x9C\xAC  1\n"
            "e\xCC\x81t\xC3\xA9   2\n");
}

TEST(cli_table, shows_items_that_are_texts_and_lists_as_json) {
  auto const columns = columns_of("ITEM=. TAGS=tags");
  EXPECT_EQ(cells_of(R"("plain")", columns), (table_row{"plain", ""}));
  EXPECT_EQ(cells_of(R"({"tags":["a",1]})", columns_of("TAGS=tags")), table_row{R"(["a",1])"});
  EXPECT_EQ(cells_of(R"({"t":"\u001b[31mred"})", columns_of("T=t")), table_row{"?[31mred"});
}

TEST(cli_flat_text, names_every_value_by_its_path) {
  EXPECT_EQ(flat_text(R"({"id":1,"state":{"life":"DONE"},"tasks":[{"k":"a"},2],"none":[],"o":{}})"),
            "id          1\n"
            "state.life  DONE\n"
            "tasks[0].k  a\n"
            "tasks[1]    2\n"
            "none        []\n"
            "o           {}\n");
  EXPECT_EQ(flat_text(R"({"run":{"info":{"run_id":"r"}}})"), "info.run_id  r\n");
}

TEST(cli_api_list, is_one_json_object_a_line) {
  auto const parsed = boost::json::parse(operation_json(what)).as_object();
  EXPECT_EQ(parsed.at("service"), "things");
  EXPECT_EQ(parsed.at("operation"), "make");
  EXPECT_EQ(parsed.at("verb"), "POST");
  EXPECT_EQ(parsed.at("version"), "2.0");
  EXPECT_EQ(parsed.at("parameters").as_object().at("colour"), "enum");
  EXPECT_EQ(parsed.at("parameters").as_object().size(), 12U);
  EXPECT_TRUE(parsed.at("response_fields").as_object().empty());
  EXPECT_EQ(parsed.at("repeat"), "safe");
}

TEST(cli_api_request, decodes_a_query_and_keeps_text_text) {
  EXPECT_EQ(object_of(query_members("a=b%20c&d=%zz&e&n=42")),
            R"({"a":"b c","d":"%zz","e":"","n":"42"})");
  EXPECT_EQ(object_of(field_members({"a=1", "b:=1", "c:=[1, 2]"})),
            R"({"a":"1","b":1,"c":[1, 2]})");
  EXPECT_THROW(static_cast<void>(field_members({"a:=1,\"b\":2"})), usage_error);
  EXPECT_THROW(static_cast<void>(field_members({"a:=nope"})), usage_error);
  EXPECT_THROW(static_cast<void>(body_of({"a:=1,\"b\":2"})), usage_error);
  EXPECT_EQ(body_of({"a=1", "b:=[1, 2]"}), R"({"a":"1","b":[1, 2]})");
}

}  // namespace
}  // namespace kiln::cli
