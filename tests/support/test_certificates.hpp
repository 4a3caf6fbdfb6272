#pragma once

#include <string>

namespace kiln::test {

/// Certificates made at run time, as PEM files in a temporary folder that goes with this object.
class test_certificates {
 public:
  struct identity {
    std::string certificate_file;
    std::string key_file;
  };
  struct wish {
    std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";  ///< Empty: no alternative names.
    std::string common_name = "kiln test";
    int from_days = -1;
    int until_days = 30;
    bool self_signed = false;
  };

  test_certificates();
  ~test_certificates();
  test_certificates(test_certificates const&) = delete;
  test_certificates& operator=(test_certificates const&) = delete;

  /// Of the authority that signs all but the self-signed.
  [[nodiscard]] std::string const& ca_file() const noexcept { return ca_.certificate_file; }
  [[nodiscard]] std::string const& folder() const noexcept { return folder_; }

  [[nodiscard]] identity issue(wish const& w);
  [[nodiscard]] identity right();
  [[nodiscard]] identity expired();
  [[nodiscard]] identity not_yet_valid();
  [[nodiscard]] identity other_host();
  [[nodiscard]] identity self_signed();
  /// The right name, but only as common name.
  [[nodiscard]] identity common_name_only();

 private:
  [[nodiscard]] identity make(wish const& w, bool authority);

  std::string folder_;
  identity ca_;
  int count_ = 0;
};

}  // namespace kiln::test
