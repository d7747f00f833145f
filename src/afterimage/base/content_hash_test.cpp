#include "afterimage/base/content_hash.h"

#include <gtest/gtest.h>

#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

// FIPS 180-2, appendix B, and the hash of nothing.
constexpr const char* hash_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
constexpr const char* hash_of_nothing =
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
constexpr const char* hash_of_million_a =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

TEST(Sha256, KnownVectors) {
  EXPECT_EQ(sha256("abc"), hash_of_abc);
  EXPECT_EQ(sha256(""), hash_of_nothing);
  EXPECT_EQ(sha256(std::string(1000000, 'a')), hash_of_million_a);
}

TEST(Sha256, FilesHashAsTheirContent) {
  TemporaryFolder folder;
  const std::string text(3 * (1 << 20) + 17, 'q');  // more than the blocks it is read in
  std::ofstream(folder / "a") << text;
  std::ofstream(folder / "empty").flush();
  EXPECT_EQ(sha256_of_file(folder / "a"), sha256(text));
  EXPECT_EQ(sha256_of_file(folder / "empty"), hash_of_nothing);
  EXPECT_THROW(sha256_of_file(folder / "none"), Error);
  EXPECT_THROW(sha256_of_file(folder.path()), Error);
}

TEST(ContentHash, OfAFileIsThatOfItsBytes) {
  TemporaryFolder folder;
  std::ofstream(folder / "a") << "abc";
  const auto hash = content_hash(folder / "a");
  EXPECT_EQ(hash.sha256, hash_of_abc);
  EXPECT_EQ(hash.bytes, 3u);
  EXPECT_EQ(hash.text(), std::string("sha256 ") + hash_of_abc);
  EXPECT_THROW(content_hash(folder / "none"), Error);
}

class OfAFolder : public testing::Test {
 protected:
  OfAFolder() {
    fs::create_directories(folder_ / "f/below");
    write("a", "one");
    write("below/b", "two");
  }
  void write(const std::string& name, const std::string& text) {
    std::ofstream(folder_ / ("f/" + name)) << text;
  }
  std::string hash() { return content_hash(folder_ / "f").text(); }

  TemporaryFolder folder_;
};

TEST_F(OfAFolder, IsThatOfNamesAndContents) {
  const std::string before = hash();
  fs::rename(folder_ / "f", folder_ / "g");
  EXPECT_EQ(content_hash(folder_ / "g").text(), before) << "its place does not count";
  EXPECT_EQ(content_hash(folder_ / "g").files, 2);
  EXPECT_EQ(content_hash(folder_ / "g").bytes, 6u);
  fs::rename(folder_ / "g", folder_ / "f");
  fs::last_write_time(folder_ / "f/a", fs::file_time_type::clock::now());
  EXPECT_EQ(hash(), before) << "nor do times";
  write("below/b", "TWO");
  EXPECT_NE(hash(), before);
  write("below/b", "two");
  EXPECT_EQ(hash(), before);
  fs::rename(folder_ / "f/a", folder_ / "f/c");
  EXPECT_NE(hash(), before) << "names count";
  fs::rename(folder_ / "f/c", folder_ / "f/a");
  write("empty", "");
  EXPECT_NE(hash(), before);
  fs::remove(folder_ / "f/empty");
  write("a", "onet");  // the same bytes, cut at another place
  write("below/b", "wo");
  EXPECT_NE(hash(), before);
}

TEST_F(OfAFolder, FollowsLinksAndComesBackFromThem) {
  const std::string before = hash();
  fs::create_directory_symlink("..", folder_ / "f/below/back");
  EXPECT_EQ(hash(), before) << "a link that leads back adds nothing";
  fs::create_directory(folder_ / "elsewhere");
  std::ofstream(folder_ / "elsewhere/c") << "three";
  fs::create_directory_symlink(folder_ / "elsewhere", folder_ / "f/linked");
  const std::string linked = hash();
  EXPECT_NE(linked, before);
  std::ofstream(folder_ / "elsewhere/c") << "THREE";
  EXPECT_NE(hash(), linked);
  fs::create_symlink("nowhere", folder_ / "f/broken");
  EXPECT_EQ(content_hash(folder_ / "f").files, 4) << "counts with its name";
}

TEST_F(OfAFolder, CanBeOfSomeFilesOnly) {
  write("c", "left out");
  const fs::path f = folder_ / "f";
  const auto some = content_hash(f, {f / "below/b", f / "a"});
  EXPECT_EQ(some, content_hash(f, {f / "a", f / "below/b"}));
  fs::remove(f / "c");
  EXPECT_EQ(some, content_hash(f));
}

void change_byte(const fs::path& path, int64_t position) {
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(position);
  file << 'x';
}

TEST(ContentHash, OfMoreThanAGibibyteIsOfSamples) {
  TemporaryFolder folder;
  const auto path = folder / "large";
  std::ofstream(path) << "start";
  fs::resize_file(path, (uintmax_t{1} << 30) + 1);  // takes no space: a hole
  const auto before = content_hash(path);
  EXPECT_TRUE(before.sampled);
  EXPECT_EQ(content_hash(path), before);
  change_byte(path, int64_t{1} << 30);
  EXPECT_NE(content_hash(path), before) << "the last byte is among the samples";
}

TEST(ContentHash, OfALargeFolderIsOfSamplesOverAllItsFiles) {
  TemporaryFolder folder;
  for (const char* name : {"a", "b", "c"}) {
    std::ofstream(folder / name) << name;
    fs::resize_file(folder / name, uintmax_t{400} << 20);
  }
  const auto before = content_hash(folder.path());
  EXPECT_TRUE(before.sampled);
  EXPECT_EQ(before.bytes, uintmax_t{1200} << 20);
  change_byte(folder / "c", (int64_t{400} << 20) - 1);
  const auto changed = content_hash(folder.path());
  EXPECT_NE(changed, before);
  change_byte(folder / "b", int64_t{10} << 20);
  EXPECT_EQ(content_hash(folder.path()), changed) << "between two samples";
  fs::resize_file(folder / "b", (uintmax_t{400} << 20) + 1);
  EXPECT_NE(content_hash(folder.path()), changed) << "sizes count";
}

}  // namespace
}  // namespace afterimage
