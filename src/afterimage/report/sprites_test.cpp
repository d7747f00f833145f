#include "afterimage/report/sprites.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "afterimage/formats/image.h"
#include "afterimage/report/columns.h"
#include "afterimage/report/html.h"
#include "afterimage/report/sample_report.h"

namespace afterimage {
namespace {

TEST(Sprites, EqualImagesAreStoredOnce) {
  SpriteSheets sprites(sample::side, sample::side);
  const at::Tensor images = sample::images(5);
  EXPECT_EQ(sprites.add(images), (std::vector<int64_t>{0, 1, 2, 3, 4}));
  EXPECT_EQ(sprites.add(images.flip(0)), (std::vector<int64_t>{4, 3, 2, 1, 0}));
  EXPECT_EQ(sprites.add(images.mul(255).round().to(at::kByte)).front(), 0);
  EXPECT_EQ(sprites.cells(), 5);
}

// 20 images fill one row of 16 and part of a second.
TEST(Sprites, CellsLieInRows) {
  SpriteSheets sprites(sample::side, sample::side);
  const at::Tensor images = sample::images(20);
  sprites.add(images);
  const auto json = sprites.to_json();
  ASSERT_EQ(json["sheets"].size(), 1u);
  const at::Tensor bytes = images.mul(255).round().to(at::kByte);
  at::Tensor expected = at::zeros({3, 2 * sample::side, 16 * sample::side}, at::kByte);
  for (int64_t i = 0; i < 20; ++i) {
    expected.narrow(1, i / 16 * sample::side, sample::side)
        .narrow(2, i % 16 * sample::side, sample::side)
        .copy_(bytes[i]);
  }
  EXPECT_EQ(json["sheets"][0], "data:image/png;base64," + base64(encode_png(expected)));
}

TEST(Sprites, LargeSetsAreCutIntoSheets) {
  SpriteSheets sprites(1, 1);
  const at::Tensor levels = at::arange(600).view({600, 1, 1, 1});
  sprites.add(
      at::cat({levels.remainder(256), levels.div(256, "floor"), levels * 0}, 1).to(at::kByte));
  const auto json = sprites.to_json();
  EXPECT_EQ(json["per_sheet"], 256);
  EXPECT_EQ(json["sheets"].size(), 3u);
}

std::vector<std::string> names(const std::vector<Reconstruction>& reconstructions) {
  std::vector<std::string> names;
  for (const auto& column : image_columns(reconstructions)) names.push_back(column.name);
  return names;
}

TEST(Columns, SharedControlsStandOnce) {
  auto near = sample::reconstruction("near", 0.1), far = sample::reconstruction("far", 0.6);
  EXPECT_EQ(names({near}), (std::vector<std::string>{"near", "mean", "shuffled (near)"}));
  EXPECT_EQ(names({near, far}),
            (std::vector<std::string>{"near", "far", "mean", "shuffled (near)", "shuffled (far)"}));
  far.controls["mean"] = far.images;
  near.controls["far"] = far.images;  // a control that is a decoder too
  EXPECT_EQ(names({near, far}), (std::vector<std::string>{"near", "far", "mean", "shuffled (near)",
                                                          "mean (far)", "shuffled (far)"}));
}

TEST(Columns, RefuseWhatDoesNotBelongTogether) {
  const auto near = sample::reconstruction("near", 0.1);
  auto other = sample::reconstruction("far", 0.6);
  const auto message = [&] {
    try {
      image_columns({near, other});
    } catch (const std::exception& error) {
      return std::string(error.what());
    }
    return std::string("accepted");
  };
  EXPECT_EQ(message(), "accepted");
  other.split = "train";
  EXPECT_NE(message().find("'near' is of split 'test', 'far' of 'train'"), std::string::npos);
  other = near;
  EXPECT_NE(message().find("two reconstructions are called 'near'"), std::string::npos);
  other.name = "far";
  std::swap(other.stimulus[0], other.stimulus[1]);
  EXPECT_NE(message().find("'far' shows other images"), std::string::npos);
  other.stimulus = near.stimulus;
  other.images = at::zeros({sample::count, 3, 8, 8});
  EXPECT_NE(message().find("images of 'far' are [12, 3, 8, 8]"), std::string::npos);
  other.images = near.images;
  other.controls["mean"] = at::zeros({1, 3, 32, 32});
  EXPECT_NE(message().find("control 'mean' is [1, 3, 32, 32]"), std::string::npos);
}

}  // namespace
}  // namespace afterimage
