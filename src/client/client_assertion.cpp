#include "client/client_assertion.hpp"

#include "client/small_file.hpp"
#include "json/base64.hpp"
#include "json/text.hpp"

#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/x509.h>

#include <algorithm>
#include <array>
#include <memory>
#include <span>
#include <utility>
#include <vector>

// The only file that signs.
namespace kiln {

namespace {

constexpr std::size_t key_file_bytes_max = 256U * 1024;
constexpr auto assertion_life = std::chrono::minutes(10);
constexpr auto clock_skew = std::chrono::seconds(60);

struct openssl_deleter {
  void operator()(BIO* p) const noexcept { BIO_free(p); }
  void operator()(X509* p) const noexcept { X509_free(p); }
  void operator()(EVP_PKEY* p) const noexcept { EVP_PKEY_free(p); }
  void operator()(PKCS12* p) const noexcept { PKCS12_free(p); }
  void operator()(EVP_MD_CTX* p) const noexcept { EVP_MD_CTX_free(p); }
  void operator()(ECDSA_SIG* p) const noexcept { ECDSA_SIG_free(p); }
};
template <class T>
using owned = std::unique_ptr<T, openssl_deleter>;

struct identity {
  owned<EVP_PKEY> key;
  owned<X509> certificate;  ///< May be null.
};

error refuse_file(std::string const& path, std::string const& why) {
  return error(errc::invalid_argument, "certificate file " + path + ": " + why);
}

owned<BIO> bio_of(std::string_view data) {
  return owned<BIO>(BIO_new_mem_buf(data.data(), static_cast<int>(data.size())));
}

/// Never asks on a terminal, as OpenSSL's own would.
int give_password(char* into, int size, int, void* user) {
  auto const text = static_cast<secret const*>(user)->reveal();
  if (text.empty() || static_cast<int>(text.size()) > size) return -1;
  std::copy(text.begin(), text.end(), into);
  return static_cast<int>(text.size());
}

result<identity> read_pem(std::string_view data, key_file const& file) {
  identity out;
  auto key_source = bio_of(data);
  auto* const password = const_cast<secret*>(&file.password);
  out.key.reset(PEM_read_bio_PrivateKey(key_source.get(), nullptr, &give_password, password));
  if (!out.key) {
    bool const locked = data.find("ENCRYPTED") != std::string_view::npos;
    return refuse_file(file.path, locked ? "the private key cannot be read; is the password right?"
                                         : "there is no private key in it");
  }
  auto certificate_source = bio_of(data);
  out.certificate.reset(PEM_read_bio_X509(certificate_source.get(), nullptr, nullptr, nullptr));
  return out;
}

result<identity> read_pkcs12(std::string_view data, key_file const& file) {
  auto source = bio_of(data);
  owned<PKCS12> const box(d2i_PKCS12_bio(source.get(), nullptr));
  if (!box) return refuse_file(file.path, "neither PEM nor PKCS #12");
  secret const password(std::string(file.password.reveal()) + '\0');
  EVP_PKEY* key = nullptr;
  X509* certificate = nullptr;
  int const opened = PKCS12_parse(box.get(), password.reveal().data(), &key, &certificate, nullptr);
  identity out;
  out.key.reset(key);
  out.certificate.reset(certificate);
  if (opened != 1) {
    return refuse_file(file.path, "it cannot be opened; is certificate_password right?");
  }
  if (!out.key) return refuse_file(file.path, "there is no private key in it");
  return out;
}

result<identity> read_identity(key_file const& file) {
  auto text = read_small_file(file.path, key_file_bytes_max);
  if (!text) return text.error();
  if (!*text) return refuse_file(file.path, "there is no such file");
  secret const data(std::move(**text));
  bool const pem = data.reveal().find("-----BEGIN ") != std::string_view::npos;
  return pem ? read_pem(data.reveal(), file) : read_pkcs12(data.reveal(), file);
}

std::string date_of(ASN1_TIME const* at) {
  owned<BIO> const out(BIO_new(BIO_s_mem()));
  ASN1_TIME_print(out.get(), at);
  char* text = nullptr;
  auto const size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(std::max(size, 0L))};
}

std::string base64_url(std::span<unsigned char const> data) {
  std::string out;
  json::append_base64(out, std::as_bytes(data));
  while (out.ends_with('=')) out.pop_back();
  std::replace(out.begin(), out.end(), '+', '-');
  std::replace(out.begin(), out.end(), '/', '_');
  return out;
}
std::string base64_url(std::string_view text) {
  return base64_url(std::span(reinterpret_cast<unsigned char const*>(text.data()), text.size()));
}

std::string thumbprint(X509* certificate, EVP_MD const* by) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned size = 0;
  X509_digest(certificate, by, digest.data(), &size);
  return base64_url(std::span<unsigned char const>(digest.data(), size));
}

/// r and s, 32 bytes each, of a signature in DER.
std::vector<unsigned char> raw_ecdsa(std::span<unsigned char const> der) {
  constexpr int half = 32;
  auto const* at = der.data();
  owned<ECDSA_SIG> const parts(d2i_ECDSA_SIG(nullptr, &at, static_cast<long>(der.size())));
  std::vector<unsigned char> out(2UL * half);
  if (!parts || BN_bn2binpad(ECDSA_SIG_get0_r(parts.get()), out.data(), half) != half ||
      BN_bn2binpad(ECDSA_SIG_get0_s(parts.get()), out.data() + half, half) != half) {
    out.clear();
  }
  return out;
}

std::vector<unsigned char> sign(EVP_PKEY* key, std::string_view text, bool elliptic) {
  owned<EVP_MD_CTX> const context(EVP_MD_CTX_new());
  auto const* const data = reinterpret_cast<unsigned char const*>(text.data());
  std::size_t size = 0;
  if (EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) != 1 ||
      EVP_DigestSign(context.get(), nullptr, &size, data, text.size()) != 1) {
    return {};
  }
  std::vector<unsigned char> out(size);
  if (EVP_DigestSign(context.get(), out.data(), &size, data, text.size()) != 1) return {};
  out.resize(size);
  return elliptic ? raw_ecdsa(out) : out;
}

std::string header_text(identity const& by, assertion_claims const& claims, bool elliptic) {
  std::string out =
      std::string(R"({"alg":")") + (elliptic ? "ES256" : "RS256") + R"(","typ":"JWT")";
  if (by.certificate) {
    out += R"(,"x5t":")" + thumbprint(by.certificate.get(), EVP_sha1()) + '"';
    out += R"(,"x5t#S256":")" + thumbprint(by.certificate.get(), EVP_sha256()) + '"';
  }
  if (!claims.key_id.empty()) out += R"(,"kid":)" + json::quoted(claims.key_id);
  return out + '}';
}

std::string claims_text(assertion_claims const& claims, wall_time now) {
  auto const epoch = [](wall_time at) {
    return std::to_string(
        std::chrono::duration_cast<std::chrono::seconds>(at.time_since_epoch()).count());
  };
  std::string const client = json::quoted(claims.client_id);
  return R"({"aud":)" + json::quoted(claims.audience) + R"(,"iss":)" + client + R"(,"sub":)" +
         client + R"(,"jti":)" + json::quoted(claims.id) + R"(,"nbf":)" + epoch(now - clock_skew) +
         R"(,"iat":)" + epoch(now - clock_skew) + R"(,"exp":)" + epoch(now + assertion_life) + '}';
}

}  // namespace

result<secret> sign_assertion(key_file const& by, assertion_claims const& claims, wall_time now) {
  auto const read = read_identity(by);
  if (!read) return read.error();
  if (read->certificate) {
    auto at = std::chrono::system_clock::to_time_t(now);
    auto const* const end = X509_get0_notAfter(read->certificate.get());
    if (X509_cmp_time(end, &at) < 0) {
      return refuse_file(by.path, "the certificate expired on " + date_of(end) +
                                      "; register a new one with the service principal");
    }
  }
  bool const elliptic = EVP_PKEY_get_base_id(read->key.get()) == EVP_PKEY_EC;
  bool const rsa = EVP_PKEY_get_base_id(read->key.get()) == EVP_PKEY_RSA;
  if (!rsa && !(elliptic && EVP_PKEY_get_bits(read->key.get()) == 256)) {
    return refuse_file(by.path, "the key is neither RSA nor P-256");
  }
  auto signed_part =
      base64_url(header_text(*read, claims, elliptic)) + '.' + base64_url(claims_text(claims, now));
  auto const signature = sign(read->key.get(), signed_part, elliptic);
  if (signature.empty()) return refuse_file(by.path, "OpenSSL cannot sign with this key");
  signed_part += '.' + base64_url(std::span<unsigned char const>(signature));
  return secret(std::move(signed_part));
}

}  // namespace kiln
