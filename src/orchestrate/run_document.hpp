#pragma once

#include <kiln/matrix.hpp>

#include <string_view>

namespace kiln::orchestrate {

/// Whether a document is a request of its kind, as far as the types of the API tell; members that
/// they do not know pass. Fails with decode_failed, whose message has the path.
[[nodiscard]] result<void> check_document(std::string_view document, matrix_document kind);

}  // namespace kiln::orchestrate
