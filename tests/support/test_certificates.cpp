#include "support/test_certificates.hpp"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509v3.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace kiln::test {

namespace {

struct openssl_deleter {
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(X509_EXTENSION* p) const noexcept { X509_EXTENSION_free(p); }
  void operator()(std::FILE* p) const noexcept { std::fclose(p); }
};
template <class T>
using owned = std::unique_ptr<T, openssl_deleter>;

owned<std::FILE> open_file(std::string const& path, char const* mode) {
  owned<std::FILE> out(std::fopen(path.c_str(), mode));
  if (!out) throw std::runtime_error("cannot open " + path);
  return out;
}

void check(bool ok, char const* what) {
  if (!ok) throw std::runtime_error(std::string("OpenSSL: ") + what);
}

void add_extension(X509* certificate, int nid, std::string const& value) {
  X509V3_CTX context;
  X509V3_set_ctx_nodb(&context);
  X509V3_set_ctx(&context, certificate, certificate, nullptr, nullptr, 0);
  owned<X509_EXTENSION> extension(X509V3_EXT_conf_nid(nullptr, &context, nid, value.c_str()));
  check(extension != nullptr, value.c_str());
  check(X509_add_ext(certificate, extension.get(), -1) == 1, "X509_add_ext");
}

}  // namespace

test_certificates::test_certificates() {
  std::string name = (std::filesystem::temp_directory_path() / "kiln-tls-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("cannot make " + name);
  folder_ = name;
  wish authority;
  authority.common_name = "kiln test authority";
  ca_ = make(authority, true);
}

test_certificates::~test_certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

test_certificates::identity test_certificates::make(wish const& w, bool authority) {
  identity out;
  std::string const base = folder_ + "/" + std::to_string(++count_);
  out.certificate_file = base + ".pem";
  out.key_file = base + ".key";

  owned<EVP_PKEY> key(EVP_EC_gen("P-256"));
  check(key != nullptr, "EVP_EC_gen");
  owned<X509> certificate(X509_new());
  X509* const x = certificate.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1000 + count_);
  X509_gmtime_adj(X509_getm_notBefore(x), 86'400L * w.from_days);
  X509_gmtime_adj(X509_getm_notAfter(x), 86'400L * w.until_days);
  X509_set_pubkey(x, key.get());
  X509_NAME_add_entry_by_txt(X509_get_subject_name(x), "CN", MBSTRING_UTF8,
                             reinterpret_cast<unsigned char const*>(w.common_name.c_str()), -1, -1,
                             0);
  add_extension(x, NID_basic_constraints, authority ? "critical,CA:TRUE" : "critical,CA:FALSE");
  if (!authority && !w.names.empty()) add_extension(x, NID_subject_alt_name, w.names);

  owned<EVP_PKEY> signer_key;
  if (authority || w.self_signed) {
    X509_set_issuer_name(x, X509_get_subject_name(x));
  } else {
    owned<X509> const signer(
        PEM_read_X509(open_file(ca_.certificate_file, "r").get(), nullptr, nullptr, nullptr));
    signer_key.reset(
        PEM_read_PrivateKey(open_file(ca_.key_file, "r").get(), nullptr, nullptr, nullptr));
    check(signer && signer_key, "reading the authority");
    X509_set_issuer_name(x, X509_get_subject_name(signer.get()));
  }
  check(X509_sign(x, signer_key ? signer_key.get() : key.get(), EVP_sha256()) > 0, "X509_sign");

  check(PEM_write_X509(open_file(out.certificate_file, "w").get(), x) == 1, "PEM_write_X509");
  check(PEM_write_PrivateKey(open_file(out.key_file, "w").get(), key.get(), nullptr, nullptr, 0,
                             nullptr, nullptr) == 1,
        "PEM_write_PrivateKey");
  return out;
}

test_certificates::identity test_certificates::issue(wish const& w) { return make(w, false); }
test_certificates::identity test_certificates::right() { return make({}, false); }
test_certificates::identity test_certificates::expired() {
  wish w;
  w.from_days = -10;
  w.until_days = -1;
  return make(w, false);
}
test_certificates::identity test_certificates::not_yet_valid() {
  wish w;
  w.from_days = 2;
  return make(w, false);
}
test_certificates::identity test_certificates::other_host() {
  wish w;
  w.names = "DNS:other.test,IP:127.0.0.2";
  return make(w, false);
}
test_certificates::identity test_certificates::self_signed() {
  wish w;
  w.self_signed = true;
  return make(w, false);
}
test_certificates::identity test_certificates::common_name_only() {
  wish w;
  w.names.clear();
  w.common_name = "localhost";
  return make(w, false);
}

}  // namespace kiln::test
