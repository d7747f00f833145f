#include "afterimage/base/provenance.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

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

TEST(Provenance, SaysWhatMadeIt) {
  TemporaryFolder folder;
  std::ofstream(folder / "in.h5") << "abc";
  const auto record = provenance("afterimage train x", {{"seed", 3}}, {{"training.steps", 5}},
                                 {folder / "in.h5", folder.path()});
  EXPECT_EQ(record["program"], "afterimage");
  EXPECT_EQ(record["version"], version());
  EXPECT_EQ(record["command"], "afterimage train x");
  EXPECT_EQ(record["run"]["seed"], 3);
  EXPECT_EQ(record["options"]["training.steps"], 5);
  ASSERT_EQ(record["inputs"].size(), 2u);
  EXPECT_EQ(record["inputs"][0]["sha256"], hash_of_abc);
  EXPECT_EQ(record["inputs"][0]["bytes"], 3);
  EXPECT_FALSE(record["inputs"][1].contains("sha256")) << "a folder is named, not hashed";
  EXPECT_EQ(record["time"].get<std::string>().size(), std::string("2024-01-01T00:00:00Z").size());
}

TEST(Provenance, LargeInputsAreSampled) {
  TemporaryFolder folder;
  const auto path = folder / "large";
  std::ofstream(path) << "start";
  std::filesystem::resize_file(path, (uintmax_t{1} << 30) + 1);  // takes no space: a hole
  const auto hash = [&path] {
    const auto record = provenance("", {}, {}, {path});
    EXPECT_FALSE(record["inputs"][0].contains("sha256"));
    return record["inputs"][0]["sampled_sha256"].get<std::string>();
  };
  const std::string before = hash();
  EXPECT_EQ(hash(), before);
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(0, std::ios::end);
  file.seekp(-1, std::ios::cur);
  file << 'x';
  file.close();
  EXPECT_NE(hash(), before) << "the last byte is among the samples";
}

}  // namespace
}  // namespace afterimage
