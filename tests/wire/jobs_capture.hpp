#pragma once

#include "json/read.hpp"
#include "json/write.hpp"
#include "wire/expected_request.hpp"
#include "wire/whole_document.hpp"

#include <string>
#include <utility>

// What the tests of both versions of the Jobs API ask of it.
namespace kiln::wire_tests {

struct jobs_capture : capture {
  expected_request expect;

  /// A request with all it can hold, and the body it must be sent as.
  template <class R>
  static std::pair<R, std::string> whole() {
    auto text = whole_document(type_of<R>());
    auto read = json::read_as<R>(text, "whole");
    EXPECT_TRUE(read) << read.error();
    return {read ? *read : R(), std::move(text)};
  }
  /// What is read of a whole answer holds all that stood in it.
  template <class T>
  void reads_whole(task<T> work) {
    auto const text = whole_document(type_of<T>());
    answers(text);
    EXPECT_EQ(json::to_json(made(std::move(work))), text);
  }
  template <class Reset, class Update, class Service>
  void needs_no_answer(Service const& api) {
    Reset const reset;
    Update const update;
    for (char const* body : {"{}", "", R"({"later":[1]})"}) {
      answers(body);
      made(api.delete_({.job_id = 1}));
      made(api.reset(reset));
      made(api.update(update));
      made(api.runs_cancel({.run_id = 1}));
      made(api.runs_cancel_all({.job_id = 1}));
      made(api.runs_delete({.run_id = 1}));
    }
    EXPECT_EQ(seen.size(), 18U);
  }
};

}  // namespace kiln::wire_tests
