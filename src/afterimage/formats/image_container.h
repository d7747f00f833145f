#pragma once

#include <filesystem>
#include <span>
#include <string_view>

namespace afterimage {

enum class ImageKind { jpeg, png, webp, tiff };

/// What the bytes around the pixels say.
struct ImageContainer {
  ImageKind kind;
  std::string_view picture;  ///< the bytes for the decoder, without what follows the first picture
  int orientation = 1;       ///< EXIF 2.32, tag 0x0112: 1 (upright) to 8
};

/// Tells the kind of image file by content and walks its segments or chunks up to the end marker,
/// which decoders do not insist on. Errors: of no known kind, or it ends too early.
ImageContainer inspect_image(std::string_view bytes, const std::filesystem::path& where);

/// Removes from a TIFF file in memory every tag that does not say how pixels are stored, and its
/// further pages: the decoder, told to refuse errors, takes a tag it does not know for one.
void keep_pixel_tags(std::span<char> tiff);

}  // namespace afterimage
