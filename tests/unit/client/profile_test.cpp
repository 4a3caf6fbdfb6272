#include "client/profile.hpp"

#include "client/netrc.hpp"

#include <gtest/gtest.h>

namespace kiln {
namespace {

profile_file read(std::string_view text) {
  auto out = read_profiles(text, "cfg");
  EXPECT_TRUE(out.has_value()) << out.error();
  return out ? *out : profile_file();
}

std::string value(profile_file const& file, std::string_view section, std::string_view key) {
  auto const* const at = file.find(section);
  auto const* const entry = at == nullptr ? nullptr : at->find(key);
  return entry == nullptr ? "(none)" : std::string(entry->value.reveal());
}

TEST(profile, reads_sections_keys_and_both_separators) {
  auto const file = read(
      "[DEFAULT]\nhost = https://a.net\ntoken: dapi1\n\n[my profile]\n  HOST=b.net  \n"
      "[__settings__]\ndefault_profile = my profile\n[empty]\n");
  EXPECT_EQ(value(file, "DEFAULT", "host"), "https://a.net");
  EXPECT_EQ(value(file, "DEFAULT", "token"), "dapi1");
  EXPECT_EQ(value(file, "my profile", "host"), "b.net");
  EXPECT_EQ(file.names(), (std::vector<std::string>{"DEFAULT", "my profile"}));
  EXPECT_EQ(file.find("my profile")->find("host")->line, 6U);
}

TEST(profile, a_hash_ends_a_value_only_behind_a_blank) {
  auto const file = read(
      "# comment\n; other\n[DEFAULT] # of the section\npassword = a#b;c # not this\n"
      "token = \"x # y\" ; comment\nquote = it's\nnothing = # all of it\n");
  EXPECT_EQ(value(file, "DEFAULT", "password"), "a#b;c");
  EXPECT_EQ(value(file, "DEFAULT", "token"), "x # y");
  EXPECT_EQ(value(file, "DEFAULT", "quote"), "it's");
  EXPECT_EQ(value(file, "DEFAULT", "nothing"), "");
}

TEST(profile, a_byte_order_mark_and_windows_line_ends_are_no_part_of_anything) {
  auto const file = read("\xEF\xBB\xBF[DEFAULT]\r\nhost = a.net\r\ntoken = t\r\n");
  EXPECT_EQ(value(file, "DEFAULT", "host"), "a.net");
  EXPECT_EQ(value(file, "DEFAULT", "token"), "t");
}

TEST(profile, sections_of_one_name_are_one_and_the_last_of_a_key_counts) {
  auto const file = read("token = early\n[a]\nhost = 1\n[DEFAULT]\ntoken = t\n[a]\nhost = 2\n");
  EXPECT_EQ(value(file, "a", "host"), "2");
  EXPECT_EQ(value(file, "DEFAULT", "token"), "t");
  EXPECT_EQ(file.find("a")->entries.size(), 1U);
}

TEST(profile, what_is_malformed_is_named_by_line_and_column_and_never_shown) {
  auto const fault = [](std::string_view text) {
    auto const out = read_profiles(text, "~/.databrickscfg");
    return out ? std::string("no fault") : out.error().message();
  };
  EXPECT_EQ(fault("[DEFAULT]\n\n  dapiSECRET\n"),
            "~/.databrickscfg, line 3, column 3: neither [section] nor key = value");
  EXPECT_EQ(fault("[DEFAULT\n"), "~/.databrickscfg, line 1, column 1: '[' without ']'");
  EXPECT_EQ(fault("[]\n"), "~/.databrickscfg, line 1, column 2: a section without a name");
  EXPECT_EQ(fault("[a] b\n"), "~/.databrickscfg, line 1, column 4: only a comment may follow ']'");
  EXPECT_EQ(fault("[a]\n= b\n"), "~/.databrickscfg, line 2, column 1: a value without a key");
  EXPECT_EQ(fault(std::string_view("[a]\nb = \0x\n", 11)),
            "~/.databrickscfg, line 2, column 5: a control character");
  EXPECT_EQ(fault(std::string(profile_file_bytes_max + 1, '\n')),
            "~/.databrickscfg, line 1, column 1: the file is larger than 1 MiB");
}

std::string with(std::string_view text, std::string_view name,
                 std::vector<std::pair<std::string, secret>> const& values) {
  auto const out = with_profile(text, "cfg", name, values);
  return out ? *out : "error: " + out.error().message();
}

TEST(profile_writer, keeps_what_was_there) {
  std::string_view const before =
      "; mine\n[DEFAULT]\nhost = https://a.net  # prod\ntoken = old\n\n[other]\nhost = b.net";
  EXPECT_EQ(with(before, "DEFAULT", {{"token", secret("new")}, {"auth_type", secret("pat")}}),
            "; mine\n[DEFAULT]\nhost = https://a.net  # prod\ntoken = new\nauth_type = pat\n\n"
            "[other]\nhost = b.net");
  EXPECT_EQ(with(before, "other", {{"token", secret("t")}}), std::string(before) + "\ntoken = t\n");
  EXPECT_EQ(with(before, "new", {{"host", secret("c.net")}}),
            std::string(before) + "\n\n[new]\nhost = c.net\n");
}

TEST(profile_writer, an_empty_value_removes_its_key) {
  EXPECT_EQ(with("[a]\ntoken = x\nhost = h\n", "a", {{"token", secret()}}), "[a]\nhost = h\n");
  EXPECT_EQ(with("", "a", {{"token", secret()}}), "");
  EXPECT_EQ(with("", "a", {{"host", secret("h")}}), "[a]\nhost = h\n");
}

TEST(profile_writer, keeps_the_files_line_ends) {
  EXPECT_EQ(with("[a]\r\nhost = h\r\n", "a", {{"token", secret("t")}}),
            "[a]\r\nhost = h\r\ntoken = t\r\n");
}

TEST(profile_writer, refuses_what_could_not_be_read_back) {
  for (std::string const bad : {"a\nb = c", " a", "a #b", "a ;b", "\"a\"", "#a"}) {
    EXPECT_TRUE(with("", "a", {{"token", secret(bad)}}).starts_with("error: token")) << bad;
  }
  for (std::string const bad : {"", " a", "a]", "__settings__"}) {
    EXPECT_TRUE(with("", bad, {{"token", secret("t")}}).starts_with("error: ")) << bad;
  }
  EXPECT_TRUE(with("broken\n", "a", {{"token", secret("t")}}).starts_with("error: cfg, line 1"));
}

TEST(profile_writer, what_it_wrote_is_read_back) {
  for (std::string const text : {"it's", "a#b;c", "=x", "a:b", "x\"y", "p[q]"}) {
    auto const file = read(with("[b]\nk = v\n", "a", {{"token", secret(text)}}));
    EXPECT_EQ(value(file, "a", "token"), text);
    EXPECT_EQ(value(file, "b", "k"), "v");
  }
}

std::string login(std::string_view text, std::string_view host) {
  auto const found = find_in_netrc(text, host);
  return found ? found->user + '/' + std::string(found->password.reveal()) : "none";
}

TEST(netrc, finds_the_machine_as_curl_does) {
  std::string_view const text =
      "# tokens\nmachine a.net login token password dapi1\n"
      "machine b.net\n  login token\n  account x\n  password \"with \\\"blank \"\n"
      "macdef init\nmachine c.net password macro\n\n"
      "machine c.net login me password p#1\ndefault login any password one\n";
  EXPECT_EQ(login(text, "A.net"), "token/dapi1");
  EXPECT_EQ(login(text, "b.net"), "token/with \"blank ");
  EXPECT_EQ(login(text, "c.net"), "me/p#1");
  EXPECT_EQ(login(text, "d.net"), "any/one");
  EXPECT_EQ(login("machine a.net login token password dapi1", "b.net"), "none");
}

TEST(netrc, a_broken_file_gives_no_login_and_no_loop) {
  for (std::string_view const text : {"", "machine", "machine a.net", "machine a.net password",
                                      "machine a.net login", "\"", "macdef x", "# only", "\\"}) {
    EXPECT_EQ(login(text, "a.net"), "none") << text;
  }
}

}  // namespace
}  // namespace kiln
