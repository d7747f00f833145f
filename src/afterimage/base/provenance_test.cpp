#include "afterimage/base/provenance.h"

#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>

#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

// FIPS 180-2, appendix B.
constexpr const char* hash_of_abc =
    "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

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
  EXPECT_EQ(record["inputs"][1]["sha256"], content_hash(folder.path()).sha256);
  EXPECT_EQ(record["inputs"][1]["files"], 1);
  EXPECT_EQ(record["time"].get<std::string>().size(), std::string("2024-01-01T00:00:00Z").size());
}

TEST(Provenance, KnowsItsInputsByContent) {
  TemporaryFolder folder;
  std::filesystem::create_directory(folder / "model");
  std::ofstream(folder / "model/weights") << "first";
  std::ofstream(folder / "in.h5") << "abc";
  const auto hashes = [&] {
    return std::vector{content_hash(folder / "model"), content_hash(folder / "in.h5")};
  };
  auto record = provenance("", {}, {}, {folder / "in.h5", folder / "model"});
  EXPECT_TRUE(made_of(record, hashes()));
  EXPECT_TRUE(made_of(record, {content_hash(folder / "model")}));
  std::filesystem::rename(folder / "in.h5", folder / "moved.h5");
  EXPECT_TRUE(made_of(record, {content_hash(folder / "model"), content_hash(folder / "moved.h5")}));
  std::filesystem::rename(folder / "moved.h5", folder / "in.h5");
  std::ofstream(folder / "model/weights") << "other";  // trained again
  EXPECT_FALSE(made_of(record, hashes()));
  record["inputs"] = {{{"path", "model"}}, record["inputs"][0]};  // as older versions wrote it
  EXPECT_FALSE(made_of(record, hashes()));
  EXPECT_TRUE(made_of(record, {content_hash(folder / "in.h5")}));
  EXPECT_FALSE(made_of("a note", {}));
}

}  // namespace
}  // namespace afterimage
