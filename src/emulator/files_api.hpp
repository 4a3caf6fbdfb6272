#pragma once

#include "emulator/files_state.hpp"
#include "emulator/service.hpp"
#include "emulator/upload_body.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace kiln::emulation {

/// A PUT of a file's content, as it arrives.
class raw_upload final : public upload_body {
 public:
  raw_upload(std::string_view path, std::string_view query, std::shared_ptr<storage> store);

  void feed(std::span<std::byte const> data) override;
  api_reply finish(dbfs_state& files, moment now) override;

 private:
  outcome<void> commit(dbfs_state& files, moment now);

  std::string path_;
  std::string query_;
  std::shared_ptr<content> contents_;  ///< Null once it has failed.
  api_error failed_{0, "", ""};
};

/// The Files API: "/api/2.0/fs/files/Volumes/…" and "/api/2.0/fs/directories/Volumes/…".
class files_api final : public emulated_service {
 public:
  explicit files_api(dbfs_state& tree) : state_(tree) {}

  [[nodiscard]] std::string_view verbs_of(std::string_view path) const noexcept override;
  api_reply handle(api_request const& request, moment now) override;
  /// Files are the tree's, which is cleared by its owner.
  void clear() override {}

  /// Whether raw_upload takes the body.
  [[nodiscard]] static bool takes_content(std::string_view method, std::string_view path) noexcept;

  static constexpr std::size_t page_max = 1'000;
  /// Answers up to this size are made at once.
  static constexpr std::uint64_t small_bytes_max = 64 * 1024;

 private:
  api_reply file(std::string const& path, api_request const& request);
  api_reply directory(std::string const& path, api_request const& request, moment now);
  api_reply list(std::string const& path, std::string_view query);

  files_state state_;
};

}  // namespace kiln::emulation
