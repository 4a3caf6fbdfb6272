#pragma once

#include "core/clock.hpp"

#include <kiln/result.hpp>
#include <kiln/secret.hpp>

#include <string>
#include <string_view>

namespace kiln {

/// A private key and, where there is one, its certificate: PEM or PKCS #12.
struct key_file {
  std::string path;
  secret password;
};

/// What a signed assertion says of its client (RFC 7523, section 3).
struct assertion_claims {
  std::string client_id;
  std::string audience;  ///< The token endpoint.
  std::string key_id;    ///< "kid"; empty: none.
  std::string id;        ///< "jti": another one each time.
};

/// A JSON Web Token signed by the key: RS256 for RSA, ES256 for P-256. It names the certificate by
/// its thumbprints, is good for ten minutes and begins a minute before `now`. Reads the file; the
/// key's memory is cleared at the end. Fails with file_failed or invalid_argument for a file that
/// is missing, has no key of these kinds, needs another password or holds an expired certificate.
[[nodiscard]] result<secret> sign_assertion(key_file const& by, assertion_claims const& claims,
                                            wall_time now);

}  // namespace kiln
