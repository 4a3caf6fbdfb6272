#include "cli/json_text.hpp"
#include "cli/render.hpp"

#include <fmt/format.h>

namespace kiln::cli {
namespace {

std::string_view exists_hint(error const& e) {
  if (e.operation().find("move") != std::string::npos) {
    return "remove the destination first (kiln fs rm), or choose another";
  }
  return "use --overwrite to replace what is there, --skip-existing to keep it";
}

}  // namespace

std::string hint_for(error const& e) {
  switch (e.code()) {
    case errc::already_exists:
    case errc::file_exists:
      return std::string(exists_hint(e));
    case errc::unauthenticated:
      return "the token was refused: check DATABRICKS_TOKEN (or what --token-stdin read), that it "
             "has not expired and that it is of this workspace";
    case errc::permission_denied:
      return "the token is good, but its owner may not do this";
    case errc::not_databricks:
    case errc::redirected:
      return "check the host: DATABRICKS_HOST or --host must be the URL of a workspace, such as "
             "https://adb-1234567890123456.7.azuredatabricks.net";
    case errc::resolve_failed:
      return "check the spelling of DATABRICKS_HOST or --host, and the network";
    case errc::connect_failed:
      return "check DATABRICKS_HOST or --host; behind a firewall, --proxy or HTTPS_PROXY may be "
             "needed";
    case errc::out_of_resources:
      return "raise the limit (`ulimit -n`), or close what else keeps files and connections open";
    case errc::tls_failed:
      return "a certificate authority of your own is named with --ca-file";
    case errc::proxy_failed:
      return "check --proxy or HTTPS_PROXY, user and password included";
    case errc::throttled:
      return "others use the workspace's budget too: run it again later, or with a lower --rate";
    case errc::deadline_exceeded:
      return "--timeout gives a call more time";
    case errc::not_implemented:
      return "this workspace does not have the endpoint";
    case errc::conflict:
      return e.error_code() == "IO_ERROR" ? "a directory that is not empty goes with -r" : "";
    case errc::disk_full:
      return "free some space and run it again";
    default:
      return {};
  }
}

std::string error_text(error const& e) {
  auto text = "kiln: " + printable(e.describe());
  if (auto const hint = hint_for(e); !hint.empty()) text += "\nhint: " + hint;
  return text;
}

std::string failure_text(transfer_failure const& f) {
  if (f.item.destination.empty()) {
    return fmt::format("kiln: {}: {}", f.item.source, f.reason.message());
  }
  return fmt::format("kiln: {} -> {}: {}", f.item.source, f.item.destination, f.reason.describe());
}

std::string error_json(error const& e) {
  return json_object()
      .text("code", kiln::to_string(e.code()))
      .text("message", e.message())
      .text("operation", e.operation())
      .text("where", e.where())
      .number("http_status", static_cast<std::int64_t>(e.http_status()))
      .text("error_code", e.error_code())
      .text("request_id", e.request_id())
      .number("attempts", static_cast<std::int64_t>(e.attempts()))
      .flag("may_have_been_applied", e.may_have_been_applied())
      .finish();
}

}  // namespace kiln::cli
