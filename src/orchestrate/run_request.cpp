#include "orchestrate/run_request.hpp"

#include "client/wire.hpp"
#include "json/read.hpp"
#include "json/text.hpp"

#include <kiln/services/jobs.hpp>
#include <kiln/services/jobs20.hpp>

#include <openssl/evp.h>

#include <algorithm>
#include <array>
#include <utility>

namespace kiln {

std::string run_key(std::span<std::string_view const> parts) {
  constexpr std::size_t key_bytes = 16;
  std::string all;
  for (auto const part : parts) {
    (all += std::to_string(part.size())) += ':';
    all += part;
  }
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  ::EVP_Digest(all.data(), all.size(), digest.data(), nullptr, ::EVP_sha256(), nullptr);
  std::string out;
  for (std::size_t i = 0; i < key_bytes; ++i) {
    constexpr std::string_view digits = "0123456789abcdef";
    out += digits[digest[i] >> 4U];
    out += digits[digest[i] & 15U];
  }
  return out;
}

namespace runs {

namespace {

constexpr std::string_view mark = " kiln:";
/// As the API has it, without the mark and a key.
constexpr std::size_t run_name_bytes_max = 4'096 - 64;

/// What only the answer of a start has.
struct start_answer {
  std::int64_t run_id = 0;
};
void fields(auto& io, start_answer& v) { io("run_id", v.run_id); }

endpoint const& endpoint_of(run_call call) noexcept {
  switch (call) {
    case run_call::submit:
      return jobs::runs_submit::at;
    case run_call::submit_20:
      return jobs20::runs_submit::at;
    case run_call::now:
      return jobs::run_now::at;
    case run_call::now_20:
      return jobs20::run_now::at;
  }
  return jobs::runs_submit::at;
}

/// Why a row is no good; empty when it is.
std::string objection(run_row const& row) {
  if (row.key.size() > run_row::key_chars_max) return "its key has more than 48 characters";
  if (!has_key_characters(row.key)) {
    return "its key '" + row.key + "' has other characters than letters, digits, '_', '.', '-'";
  }
  if (row.name.size() > run_row::name_bytes_max) return "its name has more than 1024 bytes";
  if (row.deadline.count() < 0) return "its deadline is below 0";
  if (row.retry.backoff.count() < 0 || row.retry.backoff_max.count() < 0) {
    return "the backoff of its retry is below 0";
  }
  return {};
}

}  // namespace

bool has_key_characters(std::string_view text) noexcept {
  constexpr std::string_view allowed =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz_.-";
  return text.find_first_not_of(allowed) == std::string_view::npos;
}

std::string marked_name(std::string_view name, std::string_view key) {
  std::string out(name.substr(0, run_name_bytes_max));
  out += mark;
  return out += key;
}

std::string_view key_in(std::string_view run_name) noexcept {
  auto const at = run_name.rfind(mark);
  return at == std::string_view::npos ? std::string_view() : run_name.substr(at + mark.size());
}

result<run_request> make_request(run_row const& row, std::string_view salt, std::size_t number) {
  std::string const shown = row.name.size() > 80 ? row.name.substr(0, 80) + "…" : row.name;
  std::string const what =
      "row " + std::to_string(number + 1) + (row.name.empty() ? "" : " ('" + shown + "')");
  auto const bad = [&what](std::string const& why) {
    return error(errc::invalid_argument, what + ": " + why).with_operation("run_many");
  };
  if (auto const why = objection(row); !why.empty()) return bad(why);
  auto document = members_of(row.document, "its document");
  if (document.has_error()) return bad(document.error().message());
  run_request out;
  out.call = row.call;
  out.document = std::move(*document);
  if (!out.one_time()) {
    auto const* const job = find_member(out.document, "job_id");
    if (job == nullptr) return bad("its document has no job_id, which run-now needs");
    auto const id = json::read_as<std::int64_t>(*job, "job_id");
    if (id.has_error() || *id <= 0) return bad("its job_id is not a number above 0");
    out.job_id = *id;
  }
  out.key = row.key;
  if (out.key.empty()) {
    std::string const text = object_of(out.document);
    std::array<std::string_view, 2> const parts{endpoint_of(row.call).path, text};
    out.key = run_key(parts);
  }
  if (!salt.empty()) {
    std::array<std::string_view, 2> const parts{out.key, salt};
    out.key = run_key(parts);
  }
  out.name = row.name;
  auto const* const given = find_member(out.document, "run_name");
  if (out.name.empty() && given != nullptr) {
    auto text = json::read_as<std::string>(*given, "run_name");
    if (text.has_error()) return bad("its run_name is no text");
    out.name = std::move(*text);
  }
  if (out.name.empty()) out.name = out.key;
  return out;
}

outgoing_call call_for(run_request const& what, std::uint32_t attempt, lane in_lane) {
  call_options options;
  options.lane = in_lane;
  auto const& at = endpoint_of(what.call);
  auto out = prepare(at, options);
  auto document = what.document;
  auto const token = attempt > 1 ? what.key + "-" + std::to_string(attempt) : what.key;
  set_member(document, token_member, json::quoted(token));
  if (what.one_time()) {
    set_member(document, "run_name", json::quoted(marked_name(what.name, what.key)));
  }
  out.repeats = repeat::not_idempotent;
  out.quota_ends_it = true;
  out.message.body = object_of(document);
  out.message.headers.push_back({"Content-Type", std::string(at.media_type)});
  return out;
}

result<std::int64_t> run_id_in(http::response const& answer, std::string const& operation,
                               std::string const& where) {
  start_answer got;
  auto read = decode(answer, type_of<start_answer>(), &got, operation, where);
  if (read.has_error()) return std::move(read).error();
  if (got.run_id == 0) {
    return error(errc::decode_failed, "the answer names no run").with_operation(operation);
  }
  return got.run_id;
}

}  // namespace runs

}  // namespace kiln
