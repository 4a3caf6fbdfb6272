#pragma once

#include "emulator/dbfs_state.hpp"
#include "emulator/multipart_reader.hpp"
#include "emulator/upload_body.hpp"

#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace kiln::emulation {

/// A dbfs/put as multipart/form-data.
class form_upload final : public upload_body, private form_receiver {
 public:
  form_upload(std::string_view boundary, std::shared_ptr<storage> store, std::uint64_t bytes_max);

  void feed(std::span<std::byte const> data) override;
  api_reply finish(dbfs_state& files, moment now) override;

  static constexpr std::size_t field_bytes_max = 8 * 1024;

 private:
  outcome<void> commit(dbfs_state& files, moment now);
  bool part_begins(std::string const& name) override;
  bool part_data(std::span<std::byte const> piece) override;
  bool part_ends() override;

  multipart_reader reader_;
  std::shared_ptr<storage> store_;
  std::uint64_t bytes_max_;
  std::shared_ptr<content> contents_;
  std::string path_;
  std::string overwrite_;
  std::string ignored_;
  std::string* field_ = nullptr;  ///< Null: the part is `contents`.
  api_error failed_{0, "", ""};   ///< status 0: not failed.
};

/// The HTTP side of dbfs_state: routes, JSON, error bodies.
class dbfs_api {
 public:
  explicit dbfs_api(dbfs_state& state) : state_(state) {}

  /// The verb of a route, "" for a path that is none of DBFS's.
  [[nodiscard]] static std::string_view verb_of(std::string_view path) noexcept;
  [[nodiscard]] static bool takes_form(std::string_view path) noexcept;

  /// `request.method` is that of verb_of.
  api_reply handle(api_request const& request, moment now);

 private:
  api_reply read(api_request const& request);
  api_reply list(api_request const& request);

  dbfs_state& state_;
};

}  // namespace kiln::emulation
