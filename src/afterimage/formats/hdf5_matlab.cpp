#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/hdf5_parts.h"

// What MATLAB 7.3 files need beyond plain datasets: the layout of large arrays and cells of text.
namespace afterimage::hdf5 {
namespace {

using namespace internal;

void append_utf8(std::string& text, uint32_t code) {
  const auto put = [&](uint32_t byte) { text += static_cast<char>(byte); };
  if (code < 0x80) {
    put(code);
  } else if (code < 0x800) {
    put(0xC0 | code >> 6);
    put(0x80 | (code & 0x3F));
  } else if (code < 0x10000) {
    put(0xE0 | code >> 12);
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  } else {
    put(0xF0 | code >> 18);
    put(0x80 | (code >> 12 & 0x3F));
    put(0x80 | (code >> 6 & 0x3F));
    put(0x80 | (code & 0x3F));
  }
}

std::string utf8(const std::vector<uint16_t>& units) {
  constexpr uint32_t replacement = 0xFFFD;
  std::string text;
  for (size_t i = 0; i < units.size(); ++i) {
    uint32_t code = units[i];
    if (code >= 0xD800 && code < 0xE000) {  // half of a pair
      const uint32_t low = code < 0xDC00 && i + 1 < units.size() ? units[i + 1] : 0;
      const bool pair = low >= 0xDC00 && low < 0xE000;
      code = pair ? 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00) : replacement;
      i += pair;
    }
    append_utf8(text, code);
  }
  return text;
}

}  // namespace

std::vector<int64_t> File::chunk(const std::string& name) const {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  const Id list = properties(H5Dget_create_plist(dataset));
  if (H5Pget_layout(list) != H5D_CHUNKED) return {};
  std::vector<hsize_t> size(shape_of(dataset).size());
  H5Pget_chunk(list, static_cast<int>(size.size()), size.data());
  return {size.begin(), size.end()};
}

bool is_hdf5(const std::filesystem::path& path) {
  silence();
  return H5Fis_hdf5(path.c_str()) > 0;
}

ElementType File::element_type(const std::string& name) const {
  silence();
  const Id stored = type(H5Dget_type(open_dataset(path_, file_, name)));
  const H5T_class_t kind = H5Tget_class(stored);
  ElementType out;
  out.text = class_text(kind);
  out.bytes = H5Tget_size(stored);
  if (kind == H5T_FLOAT) out.kind = ElementType::Kind::floating;
  if (kind == H5T_ENUM) out.kind = ElementType::Kind::boolean;
  if (kind == H5T_INTEGER) {
    out.kind = ElementType::Kind::integer;
    out.is_signed = H5Tget_sign(stored) == H5T_SGN_2;
  }
  return out;
}

std::vector<std::string> File::read_cell_texts(const std::string& name) const {
  silence();
  const Id dataset = open_dataset(path_, file_, name);
  const auto references =
      object_references(path_, dataset, name, "A MATLAB cell array of texts is expected here");
  std::vector<std::string> texts;
  for (size_t i = 0; i < references.size(); ++i) {
    const Id target(H5Rdereference2(dataset, H5P_DEFAULT, H5R_OBJECT, &references[i]), H5Oclose);
    if (target < 0 || H5Iget_type(target) != H5I_DATASET) {
      throw Error(path_, concat("element ", i + 1, " of '", name, "' leads nowhere"),
                  "The file is damaged; download it again");
    }
    const Id content = type(H5Dget_type(target));
    std::vector<uint16_t> units(static_cast<size_t>(element_count(shape_of(target))));
    if (H5Tget_class(content) != H5T_INTEGER || H5Tget_size(content) != 2) {
      throw Error(path_, concat("element ", i + 1, " of '", name, "' is no text"));
    }
    if (!units.empty() &&
        H5Dread(target, H5T_NATIVE_UINT16, H5S_ALL, H5S_ALL, H5P_DEFAULT, units.data()) < 0) {
      fail(path_, name, "cannot be read", "The file is probably damaged or cut short");
    }
    if (H5Aexists(target, "MATLAB_empty") > 0) units.clear();
    texts.push_back(utf8(units));
  }
  return texts;
}

}  // namespace afterimage::hdf5
