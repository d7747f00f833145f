#include "afterimage/formats/npy.h"

#include <ATen/Functions.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/npy_types.h"

namespace afterimage {
NpyFile::NpyFile(const std::filesystem::path& path)
    : where_(path.string()), file_(path, std::ios::binary) {
  if (!file_ || std::filesystem::is_directory(path)) {
    throw Error(path, std::filesystem::exists(path) ? "cannot be read" : "no such file");
  }
  const auto take = [this](size_t count) {
    std::string bytes(count, '\0');
    file_.read(bytes.data(), static_cast<std::streamsize>(count));
    if (!file_) throw Error(where_, "cannot be read");
    return bytes;
  };
  header_ = read_npy_header(take, std::filesystem::file_size(path), where_);
}

at::ScalarType NpyFile::type() const { return wide_type(header_.type); }

at::Tensor NpyFile::read_elements(int64_t first, int64_t count) const {
  at::Tensor elements = header_.storage(count);
  file_.seekg(header_.data_start + first * header_.element_bytes());
  file_.read(static_cast<char*>(elements.data_ptr()), count * header_.element_bytes());
  if (!file_) throw Error(where_, "cannot be read");
  return elements;
}

at::Tensor NpyFile::read() const {
  return header_.in_memory(read_elements(0, header_.elements()), header_.shape, where_);
}

at::Tensor NpyFile::rows(int64_t first, int64_t count) const {
  if (shape().empty()) throw Error(where_, "is a single number", "An array is expected here");
  TORCH_INTERNAL_ASSERT(first >= 0 && count >= 0 && first + count <= shape()[0]);
  if (header_.fortran_order) return read().narrow(0, first, count);
  std::vector<int64_t> part = shape();
  part[0] = count;
  const int64_t row = shape()[0] == 0 ? 0 : header_.elements() / shape()[0];
  return header_.in_memory(read_elements(first * row, count * row), part, where_);
}

NpyWriter::NpyWriter(const std::filesystem::path& path, at::ScalarType type,
                     const std::vector<int64_t>& shape)
    : path_(path), type_(type), missing_(1), file_(path, std::ios::binary) {
  if (!file_) throw Error(path, "cannot be written");
  const auto* known = std::find_if(std::begin(npy::type_names), std::end(npy::type_names),
                                   [&](const auto& entry) { return entry.type == type; });
  TORCH_INTERNAL_ASSERT(known != std::end(npy::type_names), "no npy type");
  std::string sizes;
  for (const int64_t size : shape) {
    missing_ *= size;
    sizes += concat(size, ", ");
  }
  if (shape.size() > 1) sizes.resize(sizes.size() - 2);
  std::string header = concat("{'descr': '", c10::elementSize(type) == 1 ? '|' : '<', known->name,
                              "', 'fortran_order': False, 'shape': (", sizes, "), }");
  const size_t before = npy::magic.size() + 4;  // version and length
  header.append(63 - (before + header.size()) % 64, ' ');
  header += '\n';
  file_ << npy::magic << '\1' << '\0' << static_cast<char>(header.size() & 255)
        << static_cast<char>(header.size() >> 8) << header;
}

void NpyWriter::append(const at::Tensor& rows) {
  TORCH_INTERNAL_ASSERT(rows.scalar_type() == type_ && rows.numel() <= missing_);
  const at::Tensor whole = rows.contiguous();
  missing_ -= whole.numel();
  file_.write(static_cast<const char*>(whole.const_data_ptr()),
              static_cast<std::streamsize>(whole.nbytes()));
}

void NpyWriter::finish() {
  TORCH_INTERNAL_ASSERT(missing_ == 0, "an npy file was finished before all of it was written");
  file_.close();
  if (!file_) throw Error(path_, "cannot be written", "Is the disk full?");
}

void write_npy(const std::filesystem::path& path, const at::Tensor& array) {
  NpyWriter writer(path, array.scalar_type(), array.sizes().vec());
  writer.append(array.cpu());
  writer.finish();
}

}  // namespace afterimage
