#pragma once

#include "cli/invocation.hpp"

#include <kiln/document.hpp>
#include <kiln/fields.hpp>
#include <kiln/operations.hpp>

#include <string>
#include <string_view>
#include <vector>

// From the words of a service's command to the request's document. Pure.
namespace kiln::cli {

/// "name version" to its words.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

/// Fields of a listing's request that kiln sets itself: page_token, offset, startIndex.
[[nodiscard]] bool steers_paging(std::string_view field);
/// Whether its answer goes on by page_token: a listing, or a thing told in pages.
[[nodiscard]] bool comes_in_pages(operation const& what);
/// Fields of a listing's request that say how many a page holds, whatever their name.
[[nodiscard]] bool sizes_page(std::string_view field);

/// The option that a field is given by: "--page-size" for the size of a listing's pages.
[[nodiscard]] std::string shown_option(service_command const& row, std::string_view field);

/// The request: `document` (JSON text, empty for none) with the given fields over it. Throws
/// usage_error for a value that does not fit its field, a document that is no object, and a
/// positional that stands in neither.
[[nodiscard]] json_members request_of(service_args const& args, std::string const& document);

/// Whether the word after --json is JSON itself, not the name of a file.
[[nodiscard]] bool is_document(std::string_view word);
/// Members that kiln has no field for, however deep: "clusters[0].nmae; did you mean name?". The
/// server may know more than kiln, so they are sent all the same.
[[nodiscard]] std::vector<std::string> unknown_members(json_members const& request,
                                                       type_info const& type);

}  // namespace kiln::cli
