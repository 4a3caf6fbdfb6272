#include "cli/commands.hpp"
#include "cli/input_text.hpp"
#include "cli/service_document.hpp"
#include "cli/service_table.hpp"
#include "cli/table.hpp"
#include "cli/usage_error.hpp"
#include "client/wire.hpp"
#include "core/random.hpp"
#include "json/text.hpp"

#include <kiln/create_job.hpp>
#include <kiln/document.hpp>
#include <kiln/operations.hpp>

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kiln::cli {
namespace {

/// Prints a listing: lines while it comes, a table or a document when all of it is there.
class listing {
 public:
  listing(session& s, output_format form, std::string_view columns)
      : s_(s), form_(form), columns_(columns_of(columns)) {}

  void add(std::vector<std::string> const& items) {
    for (auto const& item : items) {
      if (form_ == output_format::jsonl) {
        s_.out().print(item + '\n');
      } else if (form_ == output_format::json) {
        document_.push_back(item);
      } else if (s_.out().is_terminal()) {
        rows_.push_back(cells_of(item, columns_));
      } else {
        s_.out().print(tab_line(cells_of(item, columns_)));
      }
      ++count_;
    }
  }
  void finish() const {
    if (form_ == output_format::json) print_json(s_.out(), form_, document_);
    bool const table = form_ == output_format::text && s_.out().is_terminal();
    if (table) s_.out().print(aligned_table(columns_, rows_, s_.out().columns()));
  }
  [[nodiscard]] std::uint64_t count() const { return count_; }

 private:
  session& s_;
  output_format form_;
  std::vector<column> columns_;
  std::vector<table_row> rows_;
  std::vector<std::string> document_;
  std::uint64_t count_ = 0;
};

call_options options_of(service_args const& args) {
  call_options options;
  options.lane = lane::interactive;
  options.api_version = args.api_version;
  return options;
}

asio::awaitable<exit_code> list_all(session& s, service_args const& args,
                                    json_members const& request) {
  auto const options = options_of(args);
  listing shown(s, result_format(s), args.row->columns);
  json_pager pager(request);
  while (!pager.done() && !s.out().closed()) {
    auto const answer = co_await call_json(s.ws(), args.what->at, pager.request(), options);
    if (answer.has_error()) co_return s.fail(answer.error());
    auto page = pager.take(answer->body);
    if (page.has_error()) co_return fail_answer(s, args.what->at.path, page.error());
    bool const last = args.limit && shown.count() + page->items.size() >= *args.limit;
    if (last) page->items.resize(static_cast<std::size_t>(*args.limit - shown.count()));
    shown.add(page->items);
    if (last) break;
  }
  shown.finish();
  co_return exit_code::ok;
}

// A call that takes an idempotency token gets one, so that an answer that was lost is asked for
// again and nothing is started twice. Which tokens other versions take is not known.
void give_token(service_args const& args, json_members& request) {
  constexpr std::string_view member = "idempotency_token";
  if (args.what->at.repeats != repeat::token || !args.api_version.empty()) return;
  if (find_member(request, member) != nullptr) return;
  set_member(request, member, json::quoted("kiln-" + random_source(entropy()).name()));
}

/// A slip of the pen in a document is otherwise noticed late: servers ignore what they do not know.
void warn_of_unknown(session& s, json_members const& request, type_info const& type) {
  constexpr std::size_t warnings_max = 5;
  auto const unknown = unknown_members(request, type);
  for (std::size_t i = 0; i < std::min(unknown.size(), warnings_max); ++i) {
    s.err().line(fmt::format("kiln: --json: sent although not known to kiln: {}", unknown[i]));
  }
  if (unknown.size() > warnings_max) {
    s.err().line(fmt::format("kiln: --json: and {} more", unknown.size() - warnings_max));
  }
}

/// jobs create --once.
asio::awaitable<exit_code> create_once(session& s, service_args const& args,
                                       json_members const& request) {
  if (!args.api_version.empty()) throw usage_error("--once goes with API 2.1 only");
  auto document = object_of(request);
  auto const made = co_await create_job(s.ws(), std::move(document), args.once);
  if (made.has_error()) co_return s.fail(made.error());
  if (made->adopted) s.err().line("kiln: the job was there already");
  co_return print_answer(s, args.what->at.path, fmt::format(R"({{"job_id":{}}})", made->job_id));
}

}  // namespace

task<std::string> call_whole(session const& s, endpoint const& at, json_members const& request,
                             call_options const& options) {
  json_pager pager(request);
  json_merge merged;
  while (!pager.done()) {
    auto const answer = co_await call_json(s.ws(), at, pager.request(), options);
    if (answer.has_error()) co_return answer.error();
    auto page = pager.take(answer->body);
    if (page.has_error()) {
      co_return std::move(page)
          .error()
          .with_operation(operation_name(at.path))
          .with_where(s.ws().core()->authority());
    }
    merged.add(*page);
  }
  co_return merged.finish();
}

output_format result_format(session const& s) {
  bool const given = s.global().output_given;
  return given || s.out().is_terminal() ? s.format() : output_format::json;
}

exit_code fail_answer(session const& s, std::string_view path, error why) {
  auto const operation = operation_name(path);
  return s.fail(std::move(why).with_operation(operation).with_where(s.ws().core()->authority()));
}

exit_code print_answer(session const& s, std::string_view path, std::string const& body) {
  auto const compact = json::compact(body, "the answer");
  if (compact.has_error()) return fail_answer(s, path, compact.error());
  if (*compact == "{}") return exit_code::ok;
  switch (result_format(s)) {
    case output_format::text:
      s.out().print(flat_text(*compact));
      break;
    case output_format::json:
      s.out().print(json::pretty(*compact).value() + '\n');
      break;
    case output_format::jsonl:
      s.out().print(*compact + '\n');
      break;
  }
  return exit_code::ok;
}

asio::awaitable<exit_code> run_command(session& s, service_args const& args) {
  std::string document = args.document;
  if (!document.empty() && !is_document(document)) {
    document = input_text(s, args.document, "--json");
  }
  auto request = request_of(args, document);
  if (!document.empty()) warn_of_unknown(s, request, args.what->request());
  give_token(args, request);
  if (!args.row->columns.empty()) {
    co_return co_await list_all(s, args, request);
  }
  if (!args.once.empty()) co_return co_await create_once(s, args, request);
  auto const options = options_of(args);
  if (comes_in_pages(*args.what) && !args.wait) {
    auto const whole = co_await call_whole(s, args.what->at, request, options);
    if (whole.has_error()) co_return s.fail(whole.error());
    co_return print_answer(s, args.what->at.path, *whole);
  }
  auto const answer = co_await call_json(s.ws(), args.what->at, request, options);
  if (answer.has_error()) co_return s.fail(answer.error());
  if (args.wait) co_return co_await wait_and_show(s, args, request, answer->body);
  if (args.what->response == nullptr) co_return exit_code::ok;
  co_return print_answer(s, args.what->at.path, answer->body);
}

}  // namespace kiln::cli
