#pragma once

#include <kiln/result.hpp>
#include <kiln/workspace.hpp>

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

/// Jobs that are created once. jobs/create takes no idempotency token, and names are not unique: a
/// call whose answer was lost, or that is made again after a crash, makes a second job.
namespace kiln {

/// The tag of a job that holds its key.
inline constexpr std::string_view job_key_tag = "kiln-key";
inline constexpr std::size_t job_key_bytes_max = 127;

struct created_job {
  std::int64_t job_id = 0;
  bool adopted = false;  ///< It was there, from an earlier call or from one whose answer was lost.
};

/// Creates the job that `key` stands for, or finds it. `document` is the body of 2.1 jobs/create
/// and needs a name; the job gets the tag "kiln-key" as well. Jobs of that name are listed first,
/// and again where an answer leaves open whether the job was made; nothing is sent a second time
/// before the first can no longer be applied, which takes twice the time that the workspace's
/// options give an answer. A job that was found is taken as it is, whatever `document` says by now.
///
/// The key is no lock: two callers at the same moment may create two jobs. Two requests as a rule.
/// Fails with invalid_argument for a document without a name, another kiln-key in it, or a key that
/// is empty, longer than job_key_bytes_max or not of [0-9A-Za-z_.-]; with conflict when several
/// jobs have the key; with the last error, may_have_been_applied(), when it stays open.
/// https://docs.databricks.com/api/workspace/jobs/create
[[nodiscard]] task<created_job> create_job(workspace const& ws, std::string document,
                                           std::string key);

}  // namespace kiln
