// Options that cannot work, hosts that cannot be reached and certificates that are not right.
#include "loopback/bad_input_support.hpp"
#include "support/test_certificates.hpp"

#include <stdexcept>

namespace kiln {
namespace {

using namespace std::chrono_literals;
using engine_tests::response;

struct bad_hosts : engine_tests::misled {
  /// What the constructor says of the options.
  std::string refusal(workspace_options o) {
    try {
      workspace const ws(loop, std::move(o));
    } catch (std::invalid_argument const& e) {
      EXPECT_EQ(std::string_view(e.what()).find(token), std::string_view::npos) << e.what();
      return e.what();
    }
    return "accepted";
  }
  static bool has(std::string const& text, std::string_view part) {
    return text.find(part) != std::string::npos;
  }
};

TEST_F(bad_hosts, a_missing_host_is_named_with_an_example) {
  auto const why = refusal(options(""));
  EXPECT_TRUE(has(why, "host: is missing")) << why;
  EXPECT_TRUE(has(why, "https://adb-")) << why;
}

TEST_F(bad_hosts, a_missing_token_is_named) {
  auto o = options("https://adb-1.example.net");
  o.credentials = {};
  auto const why = refusal(o);
  EXPECT_TRUE(has(why, "credentials: are missing")) << why;
  EXPECT_TRUE(has(why, "token")) << why;
}

TEST_F(bad_hosts, a_token_that_no_header_can_hold_is_refused_without_being_shown) {
  for (std::string const bad : {"", "dapi 1234secret", "dapi1234secret\n", "dapi\x01secret"}) {
    try {
      static_cast<void>(credentials::personal_access_token(bad));
      ADD_FAILURE() << "accepted";
    } catch (std::invalid_argument const& e) {
      EXPECT_TRUE(has(e.what(), "token: ")) << e.what();
      EXPECT_FALSE(has(e.what(), "secret")) << e.what();
    }
  }
}

TEST_F(bad_hosts, plain_http_is_for_loopback_only) {
  auto const why = refusal(options("http://adb-1.example.net"));
  EXPECT_TRUE(has(why, "host: ")) << why;
  EXPECT_TRUE(has(why, "in the clear")) << why;
  EXPECT_TRUE(has(why, "https://")) << why;
  EXPECT_NE(refusal(options("http://127.0.0.1.example.net")), "accepted");
  EXPECT_NE(refusal(options("http://localhost.example.net")), "accepted");
  EXPECT_EQ(refusal(options("http://localhost:1")), "accepted");
  EXPECT_EQ(refusal(options("http://[::1]:1")), "accepted");
  auto asked_for = options("http://adb-1.example.net");
  asked_for.allow_plain_http = true;
  EXPECT_EQ(refusal(asked_for), "accepted");
}

TEST_F(bad_hosts, a_host_that_is_none_is_refused_without_being_shown) {
  for (char const* bad :
       {"ftp://adb-1.example.net", "https://", "https://user:pa55word@adb-1.example.net",
        "https://adb 1.example.net", "https://adb-1.example.net:99999",
        "https://adb-1.example.net?o=pa55word", "https://adb-1.example.net/\r\nX: y"}) {
    auto const why = refusal(options(bad));
    EXPECT_TRUE(why.starts_with("host: ")) << bad << ": " << why;
    EXPECT_FALSE(has(why, "pa55word")) << why;
  }
}

TEST_F(bad_hosts, a_name_without_an_address_is_told_and_tried_twice_at_most) {
  auto o = options("https://kiln-test.invalid");
  o.retry.attempts_max = 8;
  auto const e = list(std::move(o));
  expect(e, errc::resolve_failed,
         {"dbfs/list", "kiln-test.invalid", "no address", "check the host"});
  EXPECT_LE(e.attempts(), 2) << "it is more likely mistyped than away";
  EXPECT_FALSE(e.may_have_been_applied());
}

TEST_F(bad_hosts, a_port_nobody_listens_on_is_told) {
  auto const port = std::to_string(test::refused_port());
  auto const e = list(options("http://127.0.0.1:" + port));
  expect(e, errc::connect_failed, {"dbfs/list", "127.0.0.1:" + port, "refused"});
  EXPECT_FALSE(e.may_have_been_applied());
}

struct bad_certificates : bad_hosts {
  test::test_certificates certificates;

  error list_with(test::test_certificates::identity id, bool trust_ca = true) {
    test::hostile_server::options secure;
    secure.tls = true;
    secure.identity = std::move(id);
    test::hostile_server const server(saying(response("200 OK", "{}")), secure);
    auto o = options("https://127.0.0.1:" + std::to_string(server.port()));
    if (trust_ca) o.tls.ca_file = certificates.ca_file();
    auto e = list(std::move(o));
    EXPECT_EQ(e.where(), "127.0.0.1:" + std::to_string(server.port()));
    return e;
  }
};

TEST_F(bad_certificates, are_told_apart_and_get_no_request) {
  expect(list_with(certificates.expired()), errc::tls_failed, {"dbfs/list", "expired"});
  expect(list_with(certificates.not_yet_valid()), errc::tls_failed, {"not yet valid"});
  expect(list_with(certificates.self_signed()), errc::tls_failed, {"self-signed"});
  expect(list_with(certificates.other_host()), errc::tls_failed, {"127.0.0.1"});
  auto const unknown = list_with(certificates.right(), false);
  expect(unknown, errc::tls_failed, {"issuer", "tls.ca_file"});
  EXPECT_EQ(unknown.attempts(), 1) << "a certificate does not change between attempts";
  EXPECT_TRUE(requests.empty()) << "a request left before the certificate was checked";
}

TEST_F(bad_certificates, a_ca_file_that_is_none_is_named) {
  auto o = options("https://127.0.0.1:1");
  o.tls.ca_file = certificates.folder() + "/missing.pem";
  auto const missing = refusal(o);
  EXPECT_TRUE(missing.starts_with("tls.ca_file: cannot be read")) << missing;
  EXPECT_TRUE(has(missing, "No such file")) << missing;
  EXPECT_TRUE(has(missing, o.tls.ca_file)) << missing;
  o.tls.ca_file = certificates.right().key_file;
  auto const no_certificate = refusal(o);
  EXPECT_TRUE(has(no_certificate, "PEM certificates")) << no_certificate;
}

TEST_F(bad_hosts, https_to_a_server_without_tls_is_told) {
  test::hostile_server const server([](test::hostile_connection& c, int) {
    c.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
    c.wait_for_close();
  });
  auto const e = list(options("https://127.0.0.1:" + std::to_string(server.port())));
  expect(e, errc::tls_failed, {"dbfs/list", "may not speak TLS on this port"});
}

}  // namespace
}  // namespace kiln
