#include "afterimage/formats/image_container.h"

#include <algorithm>
#include <array>
#include <cstdint>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

using Bytes = std::string_view;

enum class Order { little, big };

/// An unsigned number of 2 or 4 bytes; 0 where the bytes have ended.
uint32_t number(Bytes bytes, size_t offset, size_t width, Order order) {
  if (offset > bytes.size() || width > bytes.size() - offset) return 0;
  uint32_t value = 0;
  for (size_t i = 0; i < width; ++i) {
    const size_t digit = order == Order::big ? i : width - 1 - i;
    value = value << 8 | static_cast<unsigned char>(bytes[offset + digit]);
  }
  return value;
}

Order order_of(Bytes tiff) { return tiff.starts_with("MM") ? Order::big : Order::little; }

constexpr size_t tag_bytes = 12;  // an entry of a TIFF directory

/// The value of a 16-bit tag in the first directory of a TIFF structure; 0 when it is not there.
uint32_t short_tag(Bytes tiff, uint32_t tag) {
  const Order order = order_of(tiff);
  const size_t directory = number(tiff, 4, 4, order);
  const size_t entries = number(tiff, directory, 2, order);
  for (size_t i = 0; i < entries; ++i) {
    const size_t entry = directory + 2 + tag_bytes * i;
    if (entry >= tiff.size()) break;
    if (number(tiff, entry, 2, order) == tag) return number(tiff, entry + 8, 2, order);
  }
  return 0;
}

/// Orientation from a TIFF structure, which is also what EXIF blocks hold.
int orientation_of(Bytes tiff) {
  constexpr Bytes exif_prefix("Exif\0\0", 6);
  if (tiff.starts_with(exif_prefix)) tiff.remove_prefix(exif_prefix.size());
  const uint32_t value = short_tag(tiff, 0x0112);
  return value >= 1 && value <= 8 ? static_cast<int>(value) : 1;
}

[[noreturn]] void truncated(const std::filesystem::path& where) {
  throw Error(where, "ends before its picture does", "The file is truncated; copy it again");
}

/// The position of the marker byte after the entropy-coded data that starts at `position`: restart
/// markers and stuffed zeros belong to the data (ITU-T T.81, B.1.1).
size_t next_marker(Bytes bytes, size_t position, const std::filesystem::path& where) {
  while (true) {
    position = bytes.find('\xff', position);
    if (position == Bytes::npos || position + 1 >= bytes.size()) truncated(where);
    const auto marker = static_cast<unsigned char>(bytes[position + 1]);
    const bool restart = marker >= 0xd0 && marker <= 0xd7;
    if (marker != 0x00 && marker != 0xff && !restart) return position + 1;
    position += marker == 0xff ? 1 : 2;
  }
}

ImageContainer inspect_jpeg(Bytes bytes, const std::filesystem::path& where) {
  ImageContainer image{ImageKind::jpeg, bytes};
  size_t position = 2;
  while (true) {
    const size_t marker = next_marker(bytes, position, where);
    const auto code = static_cast<unsigned char>(bytes[marker]);
    if (code == 0xd9) {  // end of image
      image.picture = bytes.substr(0, marker + 1);
      return image;
    }
    position = marker + 1;
    if (code == 0x01 || code == 0xd8) continue;  // markers without a segment
    const size_t length = number(bytes, position, 2, Order::big);
    if (length < 2 || length > bytes.size() - position) truncated(where);
    const Bytes segment = bytes.substr(position + 2, length - 2);
    if (code == 0xe1 && segment.starts_with("Exif")) image.orientation = orientation_of(segment);
    position += length;
  }
}

ImageContainer inspect_png(Bytes bytes, const std::filesystem::path& where) {
  ImageContainer image{ImageKind::png, bytes};
  constexpr size_t around = 12;  // length, type and checksum of a chunk
  for (size_t position = 8; position + around <= bytes.size();) {
    const size_t length = number(bytes, position, 4, Order::big);
    const Bytes type = bytes.substr(position + 4, 4);
    if (length > bytes.size() - position - around) break;
    if (type == "IEND") return image;
    if (type == "eXIf") image.orientation = orientation_of(bytes.substr(position + 8, length));
    position += length + around;
  }
  truncated(where);
}

ImageContainer inspect_webp(Bytes bytes, const std::filesystem::path& where) {
  const size_t size = size_t{8} + number(bytes, 4, 4, Order::little);
  if (size > bytes.size()) truncated(where);
  ImageContainer image{ImageKind::webp, bytes.substr(0, size)};
  for (size_t position = 12; position + 8 <= size;) {
    const size_t length = number(bytes, position + 4, 4, Order::little);
    if (length > size - position - 8) truncated(where);
    if (bytes.substr(position, 4) == "EXIF") {
      image.orientation = orientation_of(bytes.substr(position + 8, length));
    }
    position += 8 + length + length % 2;
  }
  return image;
}

ImageContainer inspect_tiff(Bytes bytes, const std::filesystem::path& where) {
  // None, fax, LZW, deflate (two numbers) and packbits (TIFF 6.0 and its supplements). libavcodec
  // returns black pictures for some of the others.
  static constexpr std::array<uint32_t, 8> compressions{1, 2, 3, 4, 5, 8, 32773, 32946};
  const uint32_t compression = std::max<uint32_t>(short_tag(bytes, 259), 1);
  if (std::find(compressions.begin(), compressions.end(), compression) == compressions.end()) {
    throw Error(where, concat("is a TIFF file of compression ", compression),
                "Save it without compression, with LZW or as PNG");
  }
  return {ImageKind::tiff, bytes, orientation_of(bytes)};
}

}  // namespace

ImageContainer inspect_image(Bytes bytes, const std::filesystem::path& where) {
  if (bytes.starts_with("\xff\xd8\xff")) return inspect_jpeg(bytes, where);
  if (bytes.starts_with("\x89PNG\r\n\x1a\n")) return inspect_png(bytes, where);
  if (bytes.starts_with("RIFF") && bytes.substr(0, 12).ends_with("WEBP")) {
    return inspect_webp(bytes, where);
  }
  if (bytes.starts_with(Bytes("II*\0", 4)) || bytes.starts_with(Bytes("MM\0*", 4))) {
    return inspect_tiff(bytes, where);
  }
  throw Error(where, "is no image of a known kind", "Known are JPEG, PNG, WebP and TIFF");
}

void keep_pixel_tags(std::span<char> tiff) {
  // Width, height, bits, compression, photometric, fill order, strips, samples, rows, bytes,
  // planes, fax options, predictor, palette, tiles, YCbCr subsampling and reference (TIFF 6.0).
  static constexpr std::array<uint32_t, 21> pixel_tags{256, 257, 258, 259, 262, 266, 273,
                                                       277, 278, 279, 284, 292, 293, 317,
                                                       320, 322, 323, 324, 325, 530, 532};
  const Bytes bytes(tiff.data(), tiff.size());
  const Order order = order_of(bytes);
  const size_t directory = number(bytes, 4, 4, order);
  const size_t entries = number(bytes, directory, 2, order);
  if (directory + 2 + entries * tag_bytes + 4 > bytes.size()) return;  // the decoder will complain
  size_t kept = 0;
  for (size_t i = 0; i < entries; ++i) {
    const auto entry = tiff.subspan(directory + 2 + i * tag_bytes, tag_bytes);
    const uint32_t tag = number(bytes, directory + 2 + i * tag_bytes, 2, order);
    if (std::find(pixel_tags.begin(), pixel_tags.end(), tag) == pixel_tags.end()) continue;
    std::copy(entry.begin(), entry.end(), tiff.begin() + directory + 2 + kept++ * tag_bytes);
  }
  const char low = static_cast<char>(kept);  // at most 21
  tiff[directory] = order == Order::big ? 0 : low;
  tiff[directory + 1] = order == Order::big ? low : 0;
  std::fill_n(tiff.begin() + directory + 2 + kept * tag_bytes, 4, 0);  // no next directory
}

}  // namespace afterimage
