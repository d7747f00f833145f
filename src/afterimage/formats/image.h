#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Image files of a folder (not its subfolders) by extension: jpg jpeg png webp tif tiff, any case,
/// in name order. An Error when the folder is missing or holds none.
std::vector<std::filesystem::path> image_files(const std::filesystem::path& folder);

/// Decodes a JPEG, PNG, WebP or TIFF file to (3, H, W) uint8 RGB. Gray is repeated, alpha is laid
/// over white, EXIF orientation is applied, 16 bits become 8. Errors: missing, truncated or corrupt
/// data. Damage inside a JPEG, WebP or TIFF is noticed where it breaks the decoding: unlike PNG
/// these formats carry no checksum.
at::Tensor read_image(const std::filesystem::path& path);

/// (3, H, W) uint8, or float in [0,1] (rounded), to a PNG file. The caller gives
/// atomicity (Output).
void write_png(const std::filesystem::path& path, const at::Tensor& image);

/// The same as bytes, for embedding in a page.
std::string encode_png(const at::Tensor& image);

/// (n, 3, H, W) or (3, H, W), uint8 or float: bicubic with antialiasing, clamped to the valid
/// range; the type stays.
at::Tensor resize_image(const at::Tensor& image, int64_t height, int64_t width);

/// Images of uint8 as they are, floating ones, clamped to [0,1], as the bytes they are stored as.
at::Tensor as_bytes(const at::Tensor& images);

/// The largest centred square of (3, H, W), resized to `size`.
at::Tensor centre_square(const at::Tensor& image, int64_t size);

}  // namespace afterimage
