#include "afterimage/formats/mat_extent.h"

#include <array>
#include <cstdint>
#include <fstream>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// Walks a file from variable to variable by the sizes they state of themselves.
class Walk {
 public:
  explicit Walk(const fs::path& path)
      : path_(path), file_(path, std::ios::binary), size_(fs::file_size(path)) {
    if (!file_) throw Error(path, "cannot be read");
  }

  void run() {
    constexpr uint64_t header_5 = 128;  // text, version in bytes 124-125, byte order in 126-127
    const std::string order = size_ >= header_5 ? bytes(126, 2) : std::string();
    if (order != "IM" && order != "MI") {
      for (uint64_t position = 0; position < size_;) position += variable_4(position);
      return;
    }
    big_endian_ = order == "MI";
    const char version = bytes(big_endian_ ? 124 : 125, 1)[0];
    if (version == 2) check_hdf5();
    for (uint64_t position = header_5; version == 1 && position < size_;) {
      position += element_5(position);
    }
  }

 private:
  [[noreturn]] void truncated() const {
    throw Error(path_, "ends within a variable", "The file is truncated; copy it again");
  }

  std::string bytes(uint64_t position, size_t count) {
    if (position > size_ || count > size_ - position) truncated();
    std::string read(count, '\0');
    file_.seekg(static_cast<std::streamoff>(position));
    file_.read(read.data(), static_cast<std::streamsize>(count));
    if (!file_) throw Error(path_, "cannot be read");
    return read;
  }

  uint32_t number(const std::string& digits, size_t offset) const {
    uint32_t value = 0;
    for (size_t i = 0; i < 4; ++i) {
      const size_t digit = big_endian_ ? i : 3 - i;
      value = value << 8 | static_cast<unsigned char>(digits[offset + digit]);
    }
    return value;
  }

  uint64_t within(uint64_t position, uint64_t length) const {
    if (length > size_ - position) truncated();
    return length;
  }

  /// Version 7.3: HDF5 behind 512 bytes, whose superblock holds where the file ends (HDF5 File
  /// Format, "Superblock"); the library itself allows for 512 bytes less.
  void check_hdf5() {
    constexpr uint64_t superblock = 512;
    static constexpr std::array<uint64_t, 4> end_address{40, 44, 28, 28};  // by superblock version
    const auto version = static_cast<unsigned char>(bytes(superblock + 8, 1)[0]);
    if (version >= end_address.size()) return;  // newer: left to the library
    const std::string end = bytes(superblock + end_address[version], 8);
    within(0, number(end, 0) | uint64_t{number(end, 4)} << 32);
  }

  /// Version 5: a tag of type and number of bytes, then the bytes (MAT-File Format, "Data
  /// Elements").
  uint64_t element_5(uint64_t position) {
    return within(position, 8 + uint64_t{number(bytes(position, 8), 4)});
  }

  /// Version 4: type MOPT, rows, columns, imaginary, length of the name; then name and numbers.
  uint64_t variable_4(uint64_t position) {
    static constexpr std::array<uint64_t, 6> element_sizes{8, 4, 4, 2, 2, 1};  // of P, the type
    const std::string header = bytes(position, 20);
    big_endian_ = false;
    if (number(header, 0) >= 5000) big_endian_ = true;
    const uint32_t type = number(header, 0);
    if (type >= 5000 || type / 10 % 10 >= element_sizes.size() || number(header, 12) > 1) {
      throw Error(path_, "is no MATLAB file, or is damaged", "Save it from MATLAB again");
    }
    uint64_t numbers = element_sizes[type / 10 % 10] * (1 + number(header, 12));
    for (const size_t dimension : {size_t{4}, size_t{8}}) {
      if (__builtin_mul_overflow(numbers, number(header, dimension), &numbers)) truncated();
    }
    const uint64_t before = within(position, 20 + uint64_t{number(header, 16)});
    return before + within(position + before, numbers);
  }

  fs::path path_;
  std::ifstream file_;
  uint64_t size_;
  bool big_endian_ = false;
};

}  // namespace

void check_mat_is_whole(const fs::path& path) { Walk(path).run(); }

}  // namespace afterimage
