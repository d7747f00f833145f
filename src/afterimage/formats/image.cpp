#include "afterimage/formats/image.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <array>
#include <cctype>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

constexpr std::array extensions{".jpg", ".jpeg", ".png", ".webp", ".tif", ".tiff"};

bool is_image_file(const fs::directory_entry& entry) {
  std::string extension = entry.path().extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return entry.is_regular_file() &&
         std::find(extensions.begin(), extensions.end(), extension) != extensions.end();
}

}  // namespace

std::vector<fs::path> image_files(const fs::path& folder) {
  if (!fs::is_directory(folder)) {
    throw Error(folder, fs::exists(folder) ? "is no folder" : "no such folder");
  }
  std::vector<fs::path> files;
  for (const auto& entry : fs::directory_iterator(folder)) {
    if (is_image_file(entry)) files.push_back(entry.path());
  }
  if (files.empty()) {
    throw Error(folder, "holds no images", "Looked for jpg, jpeg, png, webp, tif and tiff files");
  }
  std::sort(files.begin(), files.end());
  return files;
}

at::Tensor resize_image(const at::Tensor& image, int64_t height, int64_t width) {
  TORCH_INTERNAL_ASSERT(image.dim() == 3 || image.dim() == 4, "images are (n, 3, H, W)");
  TORCH_INTERNAL_ASSERT(height > 0 && width > 0, "an image has pixels");
  if (image.size(-2) == height && image.size(-1) == width) return image;
  const bool bytes = image.scalar_type() == at::kByte;
  const at::Tensor batch = image.dim() == 3 ? image.unsqueeze(0) : image;  // (n, 3, y, x)
  at::Tensor resized = at::_upsample_bicubic2d_aa(bytes ? batch.to(at::kFloat) : batch,
                                                  {height, width}, /*align_corners=*/false);
  // Bicubic weights are partly negative: edges overshoot the range.
  resized = bytes ? resized.round().clamp(0, 255).to(at::kByte) : resized.clamp(0, 1);
  return image.dim() == 3 ? resized.squeeze(0) : resized;
}

at::Tensor as_bytes(const at::Tensor& images) {
  if (images.scalar_type() == at::kByte) return images.contiguous();
  return images.clamp(0, 1).mul(255).round().to(at::kByte).contiguous();
}

at::Tensor centre_square(const at::Tensor& image, int64_t size) {
  TORCH_INTERNAL_ASSERT(image.dim() == 3, "an image is (3, H, W)");
  const int64_t height = image.size(1), width = image.size(2);
  const int64_t side = std::min(height, width);
  const at::Tensor square =
      image.narrow(1, (height - side) / 2, side).narrow(2, (width - side) / 2, side);
  return resize_image(square, size, size).contiguous();
}

}  // namespace afterimage
