#include "cli/api_list.hpp"

#include "cli/field_value.hpp"
#include "cli/json_text.hpp"
#include "cli/table.hpp"

#include <array>

namespace kiln::cli {
namespace {

std::string fields_json(type_function type) {
  json_object out;
  if (type != nullptr) {
    for (auto const& field : type().fields) out.text(field.name, type_text(field.type()));
  }
  return out.finish();
}

std::string_view spelled(repeat r) {
  constexpr std::array<std::string_view, 4> words{"safe", "idempotent", "token", "not_idempotent"};
  return words[static_cast<std::size_t>(r)];
}

/// "2.0" of "/api/2.0/clusters/get".
std::string_view version_of(std::string_view path) {
  constexpr std::string_view prefix = "/api/";
  if (!path.starts_with(prefix)) return {};
  path.remove_prefix(prefix.size());
  return path.substr(0, path.find('/'));
}

}  // namespace

std::string operation_json(operation const& what) {
  return json_object()
      .text("service", what.service)
      .text("operation", what.name)
      .text("verb", to_string(what.at.method))
      .text("path", what.at.path)
      .text("version", version_of(what.at.path))
      .member("parameters", fields_json(what.request))
      .member("response_fields", fields_json(what.response))
      .text("repeat", spelled(what.at.repeats))
      .finish();
}

std::string operations_text(std::span<operation const> all) {
  auto const columns = columns_of("SERVICE=s OPERATION=o VERB=v PATH=p REPEAT=r");
  std::vector<table_row> rows;
  for (auto const& each : all) {
    rows.push_back({std::string(each.service), std::string(each.name),
                    std::string(to_string(each.at.method)), std::string(each.at.path),
                    std::string(spelled(each.at.repeats))});
  }
  return aligned_table(columns, rows, 0);
}

}  // namespace kiln::cli
