#pragma once

#include <kiln/emulator.hpp>
#include <kiln/endpoint.hpp>
#include <kiln/transfer.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

// What a command line asks for, free of the library that parsed it.
namespace kiln {
struct field_info;
struct operation;
}  // namespace kiln

namespace kiln::cli {

struct service_command;

enum class output_format : std::uint8_t { text, json, jsonl };

struct global_args {
  std::string host;  ///< Empty: DATABRICKS_HOST.
  std::optional<std::string> profile;
  bool token_from_stdin = false;
  std::optional<double> rate;
  std::string proxy;
  std::string ca_file;
  std::optional<std::chrono::milliseconds> timeout;
  bool verbose = false;
  bool no_progress = false;
  bool allow_plain_http = false;
  output_format output = output_format::text;
  bool output_given = false;  ///< False: `output` is the default.
};

struct cp_args {
  std::string source, destination;
  bool recursive = false, skip_existing = false, dry_run = false, stream = false;
  overwrite existing = overwrite::fail;
  std::string overwrite_word;  ///< As it was typed.
  std::vector<std::string> include, exclude;
  std::string files_from;  ///< "-" for stdin; empty: no list.
  bool null_separated = false;
  link_mode links = link_mode::skip;
  bool verify = false;
  std::string manifest;  ///< Empty: none.
  std::optional<std::uint32_t> concurrency;
  upload_strategy strategy = upload_strategy::automatic;
  bool no_journal = false;
};
struct transfers_look_args {
  std::string id;  ///< Empty: all transfers, without their items.
};
struct transfers_resume_args {
  std::string id;  ///< Empty: the only unfinished one.
  bool retry_failed = false;
  bool verify = false;
  bool dry_run = false;
  std::string manifest;
};
struct transfers_clean_args {
  std::string id;  ///< Empty: those whose items have all ended.
  bool all = false, dry_run = false;
};
struct sync_args {
  std::string source, destination;
  std::string manifest;  ///< Empty: none.
  bool remove = false, checksum = false, dry_run = false;
  std::vector<std::string> include, exclude;
  std::string files_from;  ///< As of cp.
  bool null_separated = false;
  link_mode links = link_mode::skip;
  std::optional<std::uint32_t> concurrency;
};
struct verify_args {
  std::string local, remote;
  bool dry_run = false;
  std::vector<std::string> include, exclude;
  std::string files_from;  ///< As of cp.
  bool null_separated = false;
  link_mode links = link_mode::skip;
};
struct ls_args {
  std::string path;
  bool long_form = false, recursive = false;
};
struct cat_args {
  std::vector<std::string> paths;
  bool dry_run = false;
};
struct rm_args {
  std::string path;
  bool recursive = false, dry_run = false;
};
struct mkdir_args {
  std::string path;
  bool dry_run = false;
};
struct mv_args {
  std::string source, destination;
  bool dry_run = false;
};
struct stat_args {
  std::string path;
};
struct du_args {
  std::string path;
};
struct api_args {
  verb method = verb::get;
  std::string path;
  std::vector<std::string> fields;  ///< "key=text" or "key:=json".
  std::vector<std::string> words;   ///< More of them.
  std::string input;                ///< A file, "-" for stdin; empty: none.
  bool paginate = false;
  bool list = false;  ///< Instead of a call: which endpoints there are.
};
struct batch_args {
  std::string file;  ///< "-": stdin.
  bool ordered = false;
  std::optional<std::uint32_t> concurrency;
};
/// A field of a request as it was given.
struct given_field {
  field_info const* field = nullptr;
  std::string text;
};
struct service_args {
  service_command const* row = nullptr;
  operation const* what = nullptr;
  std::vector<given_field> fields;
  std::string document;  ///< A file with JSON, "-" for stdin, or JSON itself; empty: none.
  std::optional<std::uint64_t> limit;
  std::string api_version;  ///< Empty: the endpoint's own.
  std::string once;         ///< Of jobs create: the key of the job; empty: none.
  bool wait = false;
  std::optional<std::chrono::milliseconds> wait_timeout;
};
enum class matrix_form : std::uint8_t { csv, jsonl, yaml, json };
struct matrix_args {
  std::string file;           ///< "-": stdin.
  std::string template_file;  ///< Empty: with `job`, no parameters.
  std::optional<matrix_form> form;
  std::optional<std::int64_t> job;
  std::string api_version;  ///< Empty: 2.1.
  std::uint32_t active_max = 200;
  bool wait = false, detach = false, resume = false, rerun_failed = false, output = false;
  bool no_journal = false, validate = false, dry_run = false;
  std::string attempt;
  std::optional<std::uint64_t> stop_after;
  std::optional<std::uint32_t> retries;
  std::optional<std::chrono::milliseconds> backoff, row_deadline, deadline, interval;
  std::vector<std::string> retry_states;
  /// Of kiln jobs matrices resume: whose table it is, whatever its file is called now.
  std::optional<std::string> journal, journal_host;
};
struct matrices_look_args {
  std::string id;  ///< Empty: all journals, without their rows.
};
struct matrices_resume_args {
  std::string id;  ///< Empty: the only one to go on with.
  bool rerun_failed = false;
};
struct matrices_clean_args {
  std::string id;  ///< Empty: those that are over, or all.
  bool all = false;
};
struct export_args {
  std::string path, format;
};
struct import_args {
  std::string file, path, format, language;
  bool overwrite = false;
};
struct runtime_args {
  enum class kind : std::uint8_t { parse, list, select };
  kind what = kind::parse;
  std::vector<std::string> keys;
  bool unique = false;  ///< Of select: several are an error.
  bool lts = false, beta = false, ml = false, gpu = false, photon = false, aarch64 = false,
       genomics = false;
  std::string scala, spark, version;
};
struct limits_args {};
struct auth_describe_args {};
struct auth_env_args {
  bool show = false;  ///< Secrets too.
};
struct auth_token_args {
  bool show = false;
};
struct configure_args {
  std::vector<std::string> settings;  ///< "key=value"
};
struct emulate_args {
  emulator_options options;
  std::string ready_file;
};
struct demo_args {
  std::string directory;  ///< Empty: the current one without what no one would upload.
  std::uint64_t big_file_bytes = 64U << 20;
};

using command =
    std::variant<cp_args, sync_args, verify_args, ls_args, cat_args, rm_args, mkdir_args, mv_args,
                 stat_args, du_args, api_args, batch_args, service_args, matrix_args,
                 matrices_look_args, matrices_resume_args, matrices_clean_args, export_args,
                 import_args, runtime_args, limits_args, auth_describe_args, auth_env_args,
                 auth_token_args, configure_args, transfers_look_args, transfers_resume_args,
                 transfers_clean_args, emulate_args, demo_args>;

struct invocation {
  global_args global;
  command what;
};

}  // namespace kiln::cli
