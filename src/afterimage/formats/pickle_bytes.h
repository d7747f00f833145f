#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "afterimage/base/error.h"

namespace afterimage {

/// The bytes of a pickle, taken one after the other; running out of them is an Error.
class PickleBytes {
 public:
  PickleBytes(std::string_view bytes, const std::string& where) : bytes_(bytes), where_(where) {}

  [[noreturn]] void corrupt() const { throw Error(where_, "has a corrupt or truncated pickle"); }
  size_t position() const { return position_; }

  std::string_view take(size_t count) {
    if (count > bytes_.size() - position_) corrupt();
    position_ += count;
    return bytes_.substr(position_ - count, count);
  }

  /// An unsigned little-endian number of up to 8 bytes.
  uint64_t number(size_t width) {
    uint64_t value = 0;
    const auto digits = take(width);
    for (size_t i = 0; i < width; ++i) {
      value |= uint64_t{static_cast<unsigned char>(digits[i])} << (8 * i);
    }
    return value;
  }

  std::string line() {
    const size_t end = bytes_.find('\n', position_);
    if (end == std::string_view::npos) corrupt();
    const std::string text(take(end - position_));
    take(1);
    return text;
  }

  /// A two's complement number of as many bytes as said; beyond 64 bits only its presence counts.
  int64_t long_number() {
    const size_t width = number(1);
    if (width > 8) {
      take(width);
      return 0;
    }
    uint64_t value = number(width);
    if (width > 0 && width < 8 && (value >> (8 * width - 1)) != 0)
      value |= ~uint64_t{0} << (8 * width);
    return static_cast<int64_t>(value);
  }

 private:
  std::string_view bytes_;
  const std::string& where_;
  size_t position_ = 0;
};

}  // namespace afterimage
