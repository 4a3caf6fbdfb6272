#include "transfer/manifest.hpp"

#include "json/text.hpp"
#include "transfer/names.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace kiln::transfer {

namespace {

/// Members of an object one after the other. Names that are not UTF-8 are escaped.
class members {
 public:
  members& text(std::string_view key, std::string_view value) {
    add(key);
    json::append_quoted(out_, is_utf8(value) ? std::string(value) : escaped(value));
    return *this;
  }
  members& number(std::string_view key, std::uint64_t value) {
    add(key);
    out_ += std::to_string(value);
    return *this;
  }
  members& raw(std::string_view key, std::string const& value) {
    add(key);
    out_ += value;
    return *this;
  }
  [[nodiscard]] std::string finish() const { return '{' + out_ + '}'; }

 private:
  void add(std::string_view key) {
    if (!out_.empty()) out_ += ',';
    json::append_quoted(out_, key);
    out_ += ':';
  }
  std::string out_;
};

std::string_view word_of(transfer_state state) {
  if (state == transfer_state::skipped) return "skipped";
  return state == transfer_state::done ? "done" : "failed";
}

std::string error_of(error const& e) {
  members out;
  out.text("code", to_string(e.code())).text("message", e.message());
  if (!e.operation().empty()) out.text("operation", e.operation());
  if (!e.where().empty()) out.text("where", e.where());
  if (e.http_status() != 0) out.number("http_status", static_cast<std::uint64_t>(e.http_status()));
  if (!e.error_code().empty()) out.text("error_code", e.error_code());
  if (e.attempts() > 0) out.number("attempts", static_cast<std::uint64_t>(e.attempts()));
  return out.finish();
}

std::uint64_t ms_of(std::chrono::nanoseconds elapsed) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(elapsed).count());
}

std::string line_of(members out, transfer_outcome const& o) {
  out.text("source", o.item.source).text("destination", o.item.destination);
  out.text("kind", o.item.is_dir ? "directory" : "file").number("bytes", o.bytes);
  if (!o.sha256.empty()) out.text("sha256", o.sha256);
  out.text("outcome", word_of(o.state)).number("requests", o.requests);
  if (o.verified) out.raw("verified", "true");
  if (o.why != nullptr) out.raw("error", error_of(*o.why));
  return out.finish();
}

}  // namespace

std::string manifest_line(transfer_outcome const& o) { return line_of(members(), o); }

std::string manifest_line(sync_step const& step, transfer_outcome const& o) {
  members out;
  out.text("action", to_string(step.action)).text("path", step.path);
  if (!step.from.empty()) out.text("from", step.from);
  return line_of(std::move(out), o);
}

std::string manifest_summary(sync_report const& report) {
  members all;
  all.number("copied", report.copied).number("replaced", report.replaced);
  all.number("moved", report.moved).number("removed", report.removed);
  all.number("directories", report.directories).number("unchanged", report.unchanged);
  all.number("failed", report.failed).number("bytes", report.bytes);
  all.number("requests", report.requests).number("throttled", report.throttled);
  all.number("ms", ms_of(report.elapsed));
  return members().raw("summary", all.finish()).finish();
}

std::string manifest_summary(transfer_report const& report) {
  members all;
  all.number("files_done", report.files_done).number("files_skipped", report.files_skipped);
  all.number("files_failed", report.files_failed).number("directories", report.directories);
  all.number("bytes_done", report.bytes_done).number("requests", report.requests);
  all.number("throttled", report.throttled).number("ms", ms_of(report.elapsed));
  if (report.files_resumed > 0) all.number("files_resumed", report.files_resumed);
  return members().raw("summary", all.finish()).finish();
}

result<std::unique_ptr<manifest>> manifest::make(std::string const& path) {
  constexpr int flags = O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC;
  constexpr mode_t mode = 0666;  // the umask takes away
  descriptor file(::open(path.c_str(), flags, mode));
  if (!file) return file_error(errno, "make manifest", path);
  return std::unique_ptr<manifest>(new manifest(path, std::move(file)));
}

void manifest::add(std::string line) {
  if (failed_) return;
  line += '\n';
  for (std::string_view rest = line; !rest.empty();) {
    auto const wrote = ::write(file_.get(), rest.data(), rest.size());
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) {
      failed_ = file_error(errno, "write manifest", path_);
      return;
    }
    rest.remove_prefix(static_cast<std::size_t>(wrote));
  }
}

result<void> manifest::finish(std::string summary) {
  add(std::move(summary));
  if (failed_) return *failed_;
  if (::close(file_.release()) != 0) return file_error(errno, "write manifest", path_);
  return {};
}

}  // namespace kiln::transfer
