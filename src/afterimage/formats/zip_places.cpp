#include "afterimage/formats/zip_places.h"

#include <algorithm>
#include <cstring>

#include "afterimage/base/error.h"

namespace afterimage {
namespace {

constexpr uint32_t end_mark = 0x06054b50, end64_mark = 0x06064b50, locator_mark = 0x07064b50,
                   entry_mark = 0x02014b50, local_mark = 0x04034b50;
constexpr uint64_t end_size = 22, end64_size = 56, locator_size = 20, entry_size = 46,
                   local_size = 30, longest_comment = 0xFFFF;

class Directory {
 public:
  Directory(const MappedFile& file, const std::string& where) : file_(file), where_(where) {}

  std::map<std::string, uint64_t> read() {
    std::map<std::string, uint64_t> places;
    auto [position, count] = start();
    for (uint64_t i = 0; i < count; ++i) {
      if (number<uint32_t>(position) != entry_mark) damaged();
      const uint64_t name = number<uint16_t>(position + 28),
                     extra = number<uint16_t>(position + 30),
                     comment = number<uint16_t>(position + 32);
      const uint64_t local = local_header(position, name, extra);
      places.insert_or_assign(text(position + entry_size, name), data_after(local));
      position += entry_size + name + extra + comment;
    }
    return places;
  }

 private:
  [[noreturn]] void damaged() const {
    throw Error(where_, "is no whole zip file", "The file is truncated or corrupt; copy it again");
  }

  template <typename T>
  T number(uint64_t position) const {
    T value;
    if (position > file_.size() || file_.size() - position < sizeof value) damaged();
    std::memcpy(&value, file_.data() + position, sizeof value);
    return value;
  }

  std::string text(uint64_t position, uint64_t size) const {
    if (position > file_.size() || file_.size() - position < size) damaged();
    return {file_.data() + position, size};
  }

  /// Where the directory begins, and how many entries it has.
  std::pair<uint64_t, uint64_t> start() const {
    if (file_.size() < end_size) damaged();
    const uint64_t last = file_.size() - end_size;
    for (uint64_t back = 0; back <= std::min(last, longest_comment); ++back) {
      const uint64_t end = last - back;
      if (number<uint32_t>(end) != end_mark) continue;
      if (end < locator_size || number<uint32_t>(end - locator_size) != locator_mark) {
        return {number<uint32_t>(end + 16), number<uint16_t>(end + 10)};
      }
      const auto end64 = number<uint64_t>(end - locator_size + 8);
      if (number<uint32_t>(end64) != end64_mark) damaged();
      return {number<uint64_t>(end64 + 48), number<uint64_t>(end64 + 32)};
    }
    damaged();
  }

  /// Where an entry of the directory says its own header is: in 32 bits, or in the extra field 1
  /// behind the sizes that did not fit either.
  uint64_t local_header(uint64_t entry, uint64_t name, uint64_t extra) const {
    constexpr uint32_t elsewhere = 0xFFFFFFFF;
    const auto offset = number<uint32_t>(entry + 42);
    if (offset != elsewhere) return offset;
    const uint64_t begin = entry + entry_size + name;
    for (uint64_t field = begin; field + 4 <= begin + extra;
         field += 4u + number<uint16_t>(field + 2)) {
      if (number<uint16_t>(field) != 1) continue;
      const uint64_t sizes = (number<uint32_t>(entry + 24) == elsewhere ? 8u : 0u) +
                             (number<uint32_t>(entry + 20) == elsewhere ? 8u : 0u);
      return number<uint64_t>(field + 4 + sizes);
    }
    damaged();
  }

  uint64_t data_after(uint64_t local) const {
    if (number<uint32_t>(local) != local_mark) damaged();
    return local + local_size + number<uint16_t>(local + 26) + number<uint16_t>(local + 28);
  }

  const MappedFile& file_;
  const std::string& where_;
};

}  // namespace

std::map<std::string, uint64_t> zip_places(const MappedFile& file, const std::string& where) {
  return Directory(file, where).read();
}

}  // namespace afterimage
