#include <algorithm>
#include <charconv>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/npy.h"
#include "afterimage/formats/npy_types.h"

namespace afterimage {
namespace {

constexpr size_t longest_header = 1 << 16;  // NumPy itself refuses more than 10000 unless trusted
constexpr size_t most_dimensions = 32;

/// The dictionary of a header: {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }
class Dictionary {
 public:
  Dictionary(std::string_view text, const std::string& where) : text_(text), where_(where) {}

  NpyHeader read() {
    NpyHeader header;
    expect('{');
    while (!accept('}')) {
      const std::string_view key = quoted();
      expect(':');
      read_value(key, header);
      if (!accept(',')) {
        expect('}');
        break;
      }
    }
    spaces();
    if (position_ != text_.size() || seen_ != all_keys) corrupt();
    return header;
  }

 private:
  static constexpr unsigned all_keys = 7;

  [[noreturn]] void corrupt() const {
    throw Error(where_, "has a header that is no npy header", "Save it with numpy.save again");
  }

  void spaces() {
    while (position_ < text_.size() && (text_[position_] == ' ' || text_[position_] == '\n')) {
      ++position_;
    }
  }
  bool accept(char wanted) {
    spaces();
    if (position_ == text_.size() || text_[position_] != wanted) return false;
    ++position_;
    return true;
  }
  void expect(char wanted) {
    if (!accept(wanted)) corrupt();
  }

  std::string_view quoted() {
    const char mark = accept('"') ? '"' : '\'';
    if (mark == '\'') expect('\'');
    const size_t end = text_.find(mark, position_);
    if (end == std::string_view::npos) corrupt();
    const std::string_view word = text_.substr(position_, end - position_);
    position_ = end + 1;
    return word;
  }

  std::string_view word() {
    spaces();
    size_t end = position_;
    while (end < text_.size() && std::isalnum(static_cast<unsigned char>(text_[end]))) ++end;
    const std::string_view found = text_.substr(position_, end - position_);
    position_ = end;
    return found;
  }

  void once(unsigned key) {
    if ((seen_ & key) != 0) corrupt();
    seen_ |= key;
  }

  void read_value(std::string_view key, NpyHeader& header) {
    if (key == "descr") {
      once(1);
      read_type(header);
    } else if (key == "fortran_order") {
      once(2);
      const std::string_view flag = word();
      if (flag != "True" && flag != "False") corrupt();
      header.fortran_order = flag == "True";
    } else if (key == "shape") {
      once(4);
      read_shape(header);
    } else {
      corrupt();
    }
  }

  void read_type(NpyHeader& header) {
    spaces();
    if (position_ < text_.size() && text_[position_] == '[') refuse_type("structured");
    const std::string_view text = quoted();
    const std::string_view name = text.empty() ? text : text.substr(1);
    for (const auto& known : npy::type_names) {
      if (known.name != name || std::string_view("<>|=").find(text[0]) == std::string_view::npos) {
        continue;
      }
      header.type = known.type;
      header.swapped = text[0] == '>';
      return;
    }
    refuse_type(concat("'", text, "'"));
  }

  [[noreturn]] void refuse_type(const std::string& type) const {
    throw Error(
        where_, "has elements of the type " + type,
        "Save an array of numbers: bool, int8 to int64, uint8 to uint64, float16 to float64");
  }

  void read_shape(NpyHeader& header) {
    expect('(');
    while (!accept(')')) {
      spaces();
      int64_t size = 0;
      const char* begin = text_.data() + position_;
      const auto [end, code] = std::from_chars(begin, text_.data() + text_.size(), size);
      if (code != std::errc{} || size < 0 || header.shape.size() == most_dimensions) corrupt();
      position_ += static_cast<size_t>(end - begin);
      accept('L');  // Python 2's long
      header.shape.push_back(size);
      if (!accept(',')) {
        expect(')');
        break;
      }
    }
  }

  std::string_view text_;
  const std::string& where_;
  size_t position_ = 0;
  unsigned seen_ = 0;
};

void check_size(const NpyHeader& header, uint64_t file_bytes, const std::string& where) {
  const uint64_t needed = header.checked_bytes(where);
  const uint64_t there = file_bytes - static_cast<uint64_t>(header.data_start);
  if (needed == there) return;
  throw Error(where,
              concat("has ", there, " bytes of numbers, its header says ", needed, " (shape [",
                     c10::IntArrayRef(header.shape), "])"),
              there < needed ? "The file is truncated; copy it again" : "The file is damaged");
}

}  // namespace

NpyHeader read_npy_header(const std::function<std::string(size_t)>& take, uint64_t file_bytes,
                          const std::string& where) {
  if (file_bytes < 10 || take(npy::magic.size()) != npy::magic) {
    throw Error(where, "is no npy file", "Save it with numpy.save");
  }
  const int version = static_cast<unsigned char>(take(2)[0]);
  if (version < 1 || version > 3) {
    throw Error(where, concat("is an npy file of version ", version), "Known are 1 to 3");
  }
  const size_t digits = version == 1 ? 2 : 4;
  const std::string length_bytes = file_bytes < 8 + digits ? std::string() : take(digits);
  uint64_t length = 0;
  for (size_t i = 0; i < length_bytes.size(); ++i) {
    length |= uint64_t{static_cast<unsigned char>(length_bytes[i])} << (8 * i);
  }
  if (length_bytes.empty() || length > file_bytes - 8 - digits || length > longest_header) {
    throw Error(where, concat("claims a header of ", length, " bytes"),
                "The file is truncated or damaged");
  }
  const std::string text = take(length);
  NpyHeader header = Dictionary(text, where).read();
  header.data_start = static_cast<int64_t>(8 + digits + length);
  check_size(header, file_bytes, where);
  return header;
}

}  // namespace afterimage
