#include "transfer/manifest.hpp"

#include "support/text.hpp"
#include "transfer/digest.hpp"
#include "unit/transfer/fake_remote.hpp"

#include <gtest/gtest.h>

#include <span>
#include <string>
#include <string_view>

namespace kiln::transfer {
namespace {

using test::bytes_of;

// https://www.di-mgt.com.au/sha_testvectors.html
constexpr auto of_abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr auto of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

TEST(digest, is_sha256_in_however_many_pieces) {
  EXPECT_EQ(digest().finish(), of_nothing);
  digest whole;
  whole.update(bytes_of("abc"));
  EXPECT_EQ(whole.finish(), of_abc);
  digest pieces;
  pieces.update(bytes_of("x"));
  pieces.restart();
  for (auto const* piece : {"a", "", "bc"}) pieces.update(bytes_of(piece));
  EXPECT_EQ(pieces.finish(), of_abc);
}

TEST(digest, of_a_source_is_that_of_its_last_whole_reading) {
  digesting_source source(make_memory_source(bytes_of("abc")));
  bytes two(2);
  ASSERT_TRUE(source.read(0, two).has_value());
  EXPECT_EQ(source.whole(), "");
  ASSERT_TRUE(source.read(0, two).has_value()) << "a second attempt";
  EXPECT_EQ(*source.read(2, two), 1U);
  EXPECT_EQ(source.whole(), of_abc);
  ASSERT_TRUE(source.read(0, two).has_value()) << "one that is refused half way";
  EXPECT_EQ(source.whole(), of_abc);
}

TEST(digest, of_a_source_read_out_of_order_is_not_known) {
  digesting_source source(make_memory_source(bytes_of("abc")));
  bytes one(1);
  for (std::uint64_t const at : {0U, 2U, 2U}) ASSERT_TRUE(source.read(at, one).has_value());
  EXPECT_EQ(source.whole(), "") << "the second byte was never read";
}

TEST(manifest, has_a_line_an_item_and_a_summary) {
  testing::scratch at;
  auto made = manifest::make(at / "m");
  ASSERT_TRUE(made.has_value());
  transfer_item const file{"/a \"b\"", "/c", false, 3, {}};
  (*made)->add(manifest_line({file, transfer_state::done, nullptr, 3, of_abc, 2, true}));
  error const why = error(errc::unavailable, "down")
                        .with_operation("dbfs/put")
                        .with_http_status(503)
                        .with_attempts(5);
  transfer_item const odd{"/bad\xFF", "", true, 0, {}};
  (*made)->add(manifest_line({odd, transfer_state::failed, &why}));
  transfer_report report;
  report.files_done = 1;
  report.requests = 7;
  ASSERT_TRUE((*made)->finish(manifest_summary(report)).has_value());
  EXPECT_EQ(at.read("m"),
            R"({"source":"/a \"b\"","destination":"/c","kind":"file","bytes":3,"sha256":")" +
                std::string(of_abc) + R"(","outcome":"done","requests":2,"verified":true})" + "\n" +
                R"({"source":"/bad\\xff","destination":"","kind":"directory","bytes":0,)"
                R"("outcome":"failed","requests":0,"error":{"code":"unavailable",)"
                R"("message":"down","operation":"dbfs/put","http_status":503,"attempts":5}})" +
                "\n" +
                R"({"summary":{"files_done":1,"files_skipped":0,"files_failed":0,)"
                R"("directories":0,"bytes_done":0,"requests":7,"throttled":0,"ms":0}})" +
                "\n");
}

TEST(manifest, of_a_sync_says_what_was_done_and_why_it_failed) {
  sync_step moved;
  moved.action = sync_action::move;
  moved.path = "new";
  moved.from = "old";
  transfer_item const item{"/t/old", "/t/new", false, 9, {}};
  EXPECT_EQ(manifest_line(moved, {item, transfer_state::done, nullptr, 0, {}, 1}),
            R"({"action":"move","path":"new","from":"old","source":"/t/old",)"
            R"("destination":"/t/new","kind":"file","bytes":0,"outcome":"done","requests":1})");
  sync_report report;
  report.moved = 1;
  report.unchanged = 4;
  report.elapsed = std::chrono::milliseconds(12);
  EXPECT_EQ(manifest_summary(report),
            R"({"summary":{"copied":0,"replaced":0,"moved":1,"removed":0,"directories":0,)"
            R"("unchanged":4,"failed":0,"bytes":0,"requests":0,"throttled":0,"ms":12}})");
}

TEST(manifest, that_cannot_be_made_or_written_says_so) {
  testing::scratch at;
  auto const nowhere = manifest::make(at / "no/such/m");
  ASSERT_TRUE(nowhere.has_error());
  EXPECT_EQ(nowhere.error().code(), errc::file_not_found);
  auto full = manifest::make("/dev/full");
  ASSERT_TRUE(full.has_value());
  transfer_item const file{"/a", "/c", false, 3, {}};
  (*full)->add(manifest_line({file}));
  auto const finished = (*full)->finish(manifest_summary(transfer_report()));
  ASSERT_TRUE(finished.has_error());
  EXPECT_EQ(finished.error().code(), errc::disk_full);
}

}  // namespace
}  // namespace kiln::transfer
