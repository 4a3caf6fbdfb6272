#include "cli/exit_code.hpp"

namespace kiln::cli {

exit_code exit_code_of(errc code) noexcept {
  switch (code) {
    case errc::none:
      return exit_code::ok;
    case errc::cancelled:
      return exit_code::interrupted;
    case errc::invalid_argument:
      return exit_code::usage;
    case errc::deadline_exceeded:
    case errc::queue_full:
    case errc::response_too_large:
      return exit_code::own_limit;
    case errc::unauthenticated:
    case errc::permission_denied:
      return exit_code::denied;
    case errc::not_found:
    case errc::file_not_found:
      return exit_code::not_found;
    // A name server that is down and a name that does not exist look the same from here.
    case errc::resolve_failed:
    case errc::connect_failed:
    case errc::out_of_resources:
    case errc::connection_lost:
    case errc::timed_out:
    case errc::throttled:
    case errc::unavailable:
    case errc::server_error:
    case errc::file_changed:
      return exit_code::temporary;
    case errc::closed:
    case errc::tls_failed:
    case errc::proxy_failed:
    case errc::malformed_response:
    case errc::redirected:
    case errc::not_databricks:
    case errc::decode_failed:
    case errc::already_exists:
    case errc::conflict:
    case errc::invalid_request:
    case errc::not_implemented:
    case errc::file_exists:
    case errc::file_failed:
    case errc::disk_full:
    case errc::unsafe_name:
      return exit_code::other;
  }
  return exit_code::other;
}

exit_code exit_code_of(transfer_report const& report) noexcept {
  if (report.failures.empty()) return exit_code::ok;
  bool const only_item =
      report.failures.size() == 1 && report.files_done + report.files_skipped == 0;
  return only_item ? exit_code_of(report.failures.front().reason.code()) : exit_code::some_failed;
}

}  // namespace kiln::cli
