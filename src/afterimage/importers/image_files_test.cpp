#include "afterimage/importers/image_files.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

/// (3, 5, 7) whose channels differ unless gray.
at::Tensor picture(int64_t value, bool gray) {
  const at::Tensor plane = (at::arange(35).view({5, 7}) * 3 + value).to(at::kByte);
  return at::stack({plane, plane, gray ? plane : plane + 50});
}

TEST(ImageFiles, ColourAndGrayAtTheirOwnSize) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", picture(1, true));
  write_png(folder / "b.png", picture(2, true));
  write_png(folder / "c.png", picture(3, false));
  const auto files = find_images(folder.path(), {"b.png", "a.png", "c.png"});
  const ImageFiles all(files, 0);
  EXPECT_EQ(all.channels(), 3);
  EXPECT_EQ(all.height(), 5);
  EXPECT_EQ(all.width(), 7);
  EXPECT_TRUE(at::equal(all.read(1, 2), at::stack({picture(1, true), picture(3, false)})));
  const ImageFiles gray({files[0], files[1]}, 0);
  EXPECT_EQ(gray.channels(), 1);
  EXPECT_TRUE(at::equal(gray.read(0, 1)[0], picture(2, true).narrow(0, 0, 1)));
}

TEST(ImageFiles, OneSizeForAll) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", picture(1, false));
  write_png(folder / "b.png", picture(2, false).slice(2, 0, 6));
  const auto files = find_images(folder.path(), {"a.png", "b.png"});
  const ImageFiles square(files, 4);
  EXPECT_TRUE(at::equal(square.read(0, 1)[0], centre_square(picture(1, false), 4)));
  try {
    ImageFiles(files, 0).read(0, 2);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("b.png: is 6 x 5 pixels"), std::string::npos);
  }
}

TEST(ImageFiles, MissingOnesAreListed) {
  const TemporaryFolder folder;
  write_png(folder / "a.png", picture(1, false));
  try {
    find_images(folder.path(), {"x.png", "a.png", "y.png"});
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("2 of 3 images are missing: x.png, y.png"),
              std::string::npos);
  }
  EXPECT_THROW(find_images(folder / "none", {}), Error);
}

}  // namespace
}  // namespace afterimage
