#include "afterimage/formats/npy.h"

#include <ATen/Functions.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/npy_types.h"

namespace afterimage {
NpyFile::NpyFile(const std::filesystem::path& path) : where_(path.string()) {
  file_.rdbuf()->pubsetbuf(nullptr, 0);  // pieces may be far apart: read no more than asked for
  file_.open(path, std::ios::binary);
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

int64_t NpyFile::elements_between(size_t begin, size_t end) const {
  int64_t count = 1;
  for (size_t i = begin; i < end; ++i) count *= shape()[i];
  return count;
}

int64_t NpyFile::pieces(int64_t index) const {
  const auto at = static_cast<size_t>(index);
  return header_.fortran_order ? elements_between(at + 1, shape().size()) : elements_between(0, at);
}

at::Tensor NpyFile::read() const {
  if (!shape().empty()) return rows(0, shape()[0]);
  at::Tensor number = header_.storage(1);
  file_.seekg(header_.data_start);
  file_.read(static_cast<char*>(number.data_ptr()), header_.element_bytes());
  if (!file_) throw Error(where_, "cannot be read");
  return header_.in_memory(number, {}, where_);
}

at::Tensor NpyFile::rows(int64_t first, int64_t count, int64_t index) const {
  if (shape().empty()) throw Error(where_, "is a single number", "An array is expected here");
  const auto at = static_cast<size_t>(index);
  TORCH_INTERNAL_ASSERT(at < shape().size() && first >= 0 && count >= 0 &&
                        first + count <= shape()[at]);
  // The elements that one step of the index passes, in bytes, and what a piece has of them.
  const int64_t step =
      header_.element_bytes() *
      (header_.fortran_order ? elements_between(0, at) : elements_between(at + 1, shape().size()));
  std::vector<int64_t> size = shape();
  size[at] = count;
  at::Tensor elements = header_.storage(c10::multiply_integers(size));
  auto* out = static_cast<char*>(elements.data_ptr());
  const int64_t all = count == shape()[at] ? pieces(index) : 1;  // adjacent: read in one go
  for (int64_t piece = 0; piece < pieces(index) && elements.numel() > 0; piece += all) {
    file_.seekg(header_.data_start + (piece * shape()[at] + first) * step);
    file_.read(out, all * count * step);
    if (!file_) throw Error(where_, "cannot be read");
    out += all * count * step;
  }
  return header_.in_memory(elements, size, where_);
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
