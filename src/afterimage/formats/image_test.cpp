#include "afterimage/formats/image.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

const fs::path reference = fs::path(AFTERIMAGE_TEST_DATA) / "formats";

fs::path scratch(const std::string& name, const std::string& bytes) {
  const fs::path path = fs::path(testing::TempDir()) / name;
  fs::remove(path);  // overwriting in place waits for the disk
  std::ofstream(path, std::ios::binary) << bytes;
  return path;
}

bool refused(const std::string& bytes) {
  try {
    read_image(scratch("damaged", bytes));
  } catch (const Error&) {
    return true;  // anything but Error leaves the test
  }
  return false;
}

std::string zeroed(std::string bytes, size_t from, size_t count) {
  return bytes.replace(from, count, std::string(count, '\0'));
}

/// Gray levels that a file may differ from what Pillow reads: lossless kinds not at all, lossy ones
/// by rounding, CMYK and 16 bits by the way they are rounded.
double largest_difference(const std::string& name) {
  if (name == "422.jpg") return 3;
  if (name.ends_with(".jpg") || name.starts_with("lossy")) return 2;
  return name.find("16") != std::string::npos ? 1 : 0;
}

TEST(Image, ReadsWhatPillowReads) {
  const auto expected = read_safetensors(reference / "images.safetensors");
  EXPECT_GT(expected.size(), 30u);
  for (const auto& [name, image] : expected) {
    const auto read = read_image(reference / "images" / name);
    ASSERT_EQ(read.sizes(), image.sizes()) << name;
    EXPECT_TRUE(read.is_contiguous()) << name;
    const auto levels = (read.to(at::kDouble) - image.to(at::kDouble)).abs();
    EXPECT_LE(levels.max().item<double>(), largest_difference(name)) << name;
    const double mean = name == "cmyk.jpg"                     ? 1.1
                        : name.find("16") != std::string::npos ? 0.5
                                                               : 0.25;
    EXPECT_LE(levels.mean().item<double>(), mean) << name;
  }
}

TEST(Image, EveryPrefixIsRefused) {
  for (const auto& file : image_files(reference / "images")) {
    const std::string whole = read_text(file);
    ASSERT_FALSE(refused(whole)) << file;
    for (size_t size = 0; size < whole.size(); size += 1 + whole.size() / 60) {
      EXPECT_TRUE(refused(whole.substr(0, size))) << file << " cut to " << size;
    }
    EXPECT_FALSE(refused(whole + "more")) << file;  // what follows the picture does not matter
  }
}

TEST(Image, DamageInsideIsRefusedWhereItShows) {
  const std::string png = read_text(reference / "images/rgb.png");
  EXPECT_TRUE(refused(zeroed(png, png.size() / 2, 4)));
  const std::string lzw = read_text(reference / "images/lzw.tif");
  EXPECT_TRUE(refused(zeroed(lzw, lzw.size() / 2, 200)));
  const std::string jpeg = read_text(reference / "images/cmyk.jpg");
  EXPECT_TRUE(refused(zeroed(jpeg, jpeg.size() / 2, 200)));
}

TEST(Image, FlippedBitsNeverCrash) {
  for (const char* name : {"420.jpg", "progressive.jpg", "palettealpha.png", "lossyalpha.webp",
                           "lossless.webp", "lzw.tif", "orientation.tif"}) {
    const std::string whole = read_text(reference / "images" / name);
    for (size_t bit = 0; bit < whole.size() * 8; bit += 61) {
      std::string flipped = whole;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      refused(flipped);
    }
  }
}

TEST(Image, OtherFilesAreNamed) {
  EXPECT_THROW(read_image("absent.png"), Error);
  EXPECT_TRUE(refused(""));
  EXPECT_TRUE(refused("GIF89a and so on"));
  std::string jpeg_in_tiff = read_text(reference / "images/lzw.tif");
  const size_t compression =
      jpeg_in_tiff.find(std::string("\x03\x01\x03\x00\x01\x00\x00\x00\x05", 9));
  ASSERT_NE(compression, std::string::npos);
  jpeg_in_tiff[compression + 8] = 7;
  EXPECT_TRUE(refused(jpeg_in_tiff));
}

TEST(Image, PngComesBackAsWritten) {
  const at::Tensor image = read_image(reference / "images/lossy.webp");
  const fs::path path = scratch("written.png", "");
  write_png(path, image);
  EXPECT_TRUE(at::equal(read_image(path), image));
  EXPECT_EQ(read_text(path), encode_png(image));

  const at::Tensor strip = image.slice(2, 3, 20, 2);  // strided, odd width
  EXPECT_TRUE(at::equal(read_image(scratch("strip.png", encode_png(strip))), strip));
  const at::Tensor decimal = image.to(at::kFloat) / 255 + 0.0015;  // rounded, clamped
  EXPECT_TRUE(at::equal(read_image(scratch("float.png", encode_png(decimal))), image));
  EXPECT_THROW(write_png("absent/folder.png", image), Error);
  EXPECT_THROW(write_png("/dev/full", image), Error);
}

TEST(Image, ResizingEqualsPyTorch) {
  const auto expected = read_safetensors(reference / "resize.safetensors");
  const at::Tensor image = expected.at("image");
  for (const char* name : {"down", "up", "mixed"}) {
    const at::Tensor& target = expected.at(name);
    const at::Tensor resized = resize_image(image, target.size(2), target.size(3));
    EXPECT_TRUE(at::allclose(resized, target, 0, 1e-6)) << name;
    const at::Tensor bytes = (image * 255).round().to(at::kByte);
    const at::Tensor byte_resized = resize_image(bytes[0], target.size(2), target.size(3));
    EXPECT_EQ(byte_resized.scalar_type(), at::kByte);
    EXPECT_LE((byte_resized.to(at::kFloat) / 255 - target[0]).abs().max().item<float>(), 1.2 / 255);
  }
  EXPECT_TRUE(at::equal(resize_image(image, image.size(2), image.size(3)), image));
}

TEST(Image, CentreSquareCutsTheMiddle) {
  const at::Tensor image = at::arange(3 * 4 * 9, at::kByte).view({3, 4, 9});
  EXPECT_TRUE(at::equal(centre_square(image, 4), image.slice(2, 2, 6)));
  EXPECT_TRUE(
      at::equal(centre_square(image.transpose(1, 2), 4), image.transpose(1, 2).slice(1, 2, 6)));
  EXPECT_EQ(centre_square(image, 16).sizes(), at::IntArrayRef({3, 16, 16}));
}

TEST(Image, FilesOfAFolderInOrder) {
  const fs::path folder = fs::path(testing::TempDir()) / "image_folder";
  fs::remove_all(folder);
  EXPECT_THROW(image_files(folder), Error);
  fs::create_directories(folder / "inner.png");
  EXPECT_THROW(image_files(folder), Error);
  for (const char* name : {"b.JPG", "a.png", "c.txt", "d.TiFf"}) std::ofstream(folder / name) << 1;
  const auto files = image_files(folder);
  ASSERT_EQ(files.size(), 3u);
  EXPECT_EQ(files[0].filename(), "a.png");
  EXPECT_EQ(files[1].filename(), "b.JPG");
  EXPECT_EQ(files[2].filename(), "d.TiFf");
}

}  // namespace
}  // namespace afterimage
