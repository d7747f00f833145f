#include "afterimage/formats/nifti.h"

#include <nifti2_io.h>

#include <ATen/ATen.h>

#include <cmath>
#include <cstdlib>
#include <cstring>
#include <new>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/raw_array.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// Deflate makes a file at most 1032 times smaller: what claims more is made to fill memory.
constexpr uint64_t most_compression = 1040;

using Header = std::unique_ptr<nifti_image, decltype(&nifti_image_free)>;

struct CloseZnz {
  void operator()(znzptr* file) const { znzclose(file); }
};

at::ScalarType type_of(int datatype, const std::string& where) {
  switch (datatype) {
    case NIFTI_TYPE_INT8:
      return at::kChar;
    case NIFTI_TYPE_UINT8:
      return at::kByte;
    case NIFTI_TYPE_INT16:
      return at::kShort;
    case NIFTI_TYPE_UINT16:
      return at::kUInt16;
    case NIFTI_TYPE_INT32:
      return at::kInt;
    case NIFTI_TYPE_UINT32:
      return at::kUInt32;
    case NIFTI_TYPE_INT64:
      return at::kLong;
    case NIFTI_TYPE_UINT64:
      return at::kUInt64;
    case NIFTI_TYPE_FLOAT32:
      return at::kFloat;
    case NIFTI_TYPE_FLOAT64:
      return at::kDouble;
    default:
      throw Error(where, concat("has voxels of the type ", nifti_datatype_string(datatype)),
                  "Real numbers are expected");
  }
}

Header read_header(const fs::path& path) {
  if (!fs::exists(path)) throw Error(path, "no such file");
  if (fs::is_directory(path)) throw Error(path, "is a folder", "Name a .nii or .nii.gz file");
  nifti_set_debug_level(0);
  int version = 0;
  std::free(nifti_read_header(path.c_str(), &version, /*check=*/0));
  Header header(nifti_image_read(path.c_str(), /*read_data=*/0), &nifti_image_free);
  if (!header || version < 1 || header->iname == nullptr) {
    throw Error(path, "is no NIfTI file, or is damaged", "It must be a .nii or .nii.gz file");
  }
  return header;
}

}  // namespace

struct NiftiFile::Impl {
  explicit Impl(const fs::path& path) : where(path.string()) {
    const Header header = read_header(path);
    const int64_t dimensions = header->ndim;
    if (dimensions < 1 || dimensions > 7) throw Error(where, "has no dimensions");
    array.type = type_of(header->datatype, where);
    array.swapped = header->byteorder != nifti_short_order();
    array.fortran_order = true;
    for (int64_t i = 0; i < 3; ++i) {
      array.shape.push_back(i < dimensions ? header->dim[i + 1] : 1);
    }
    // As one row of all volumes, to check the size: x fastest, volume slowest.
    RawArray all = array;
    all.shape.push_back(1);
    for (int64_t i = 3; i < dimensions; ++i) {
      if (header->dim[i + 1] > 1 && all.shape[3] > 1) {
        throw Error(where, concat("has ", dimensions, " dimensions"),
                    "Volumes (x, y, z), or a series of them, are expected");
      }
      all.shape[3] = std::max(all.shape[3], header->dim[i + 1]);
    }
    volumes = all.shape[3];
    start = header->iname_offset;
    slope = std::isfinite(header->scl_slope) ? header->scl_slope : 0;
    intercept = std::isfinite(header->scl_inter) ? header->scl_inter : 0;
    check_size(header->iname, all.checked_bytes(where));
    file.reset(znzopen(header->iname, "rb", nifti_is_gzfile(header->iname)));
    if (!file) throw Error(where, "cannot be read");
  }

  void check_size(const char* data_file, uint64_t bytes) const {
    std::error_code failed;
    uint64_t there = fs::file_size(data_file, failed);
    if (failed) throw Error(data_file, "no such file", "It holds the numbers of " + where);
    const bool zipped = nifti_is_gzfile(data_file) != 0;
    if (start < 0 || bytes > (zipped ? there * most_compression : there) ||
        (!zipped && bytes + static_cast<uint64_t>(start) > there)) {
      truncated();
    }
  }

  [[noreturn]] void truncated() const {
    throw Error(where, "has fewer numbers than its header says",
                "The file is truncated; copy it again");
  }

  at::Tensor read_one(int64_t volume) {
    at::Tensor elements = array.storage(array.elements());
    const auto bytes = static_cast<int64_t>(elements.nbytes());
    const int64_t position = start + volume * bytes;
    if (position != next && znzseek(file.get(), position, SEEK_SET) < 0) truncated();
    next = -1;
    if (znzread(elements.data_ptr(), 1, elements.nbytes(), file.get()) != elements.nbytes()) {
      truncated();
    }
    next = position + bytes;
    const at::Tensor values = array.in_memory(elements, array.shape, where);  // (x, y, z)
    if (scaled()) {
      return (values.to(at::kDouble) * slope + intercept).to(at::kFloat);
    }
    return values.scalar_type() == at::kDouble ? values.to(at::kFloat) : values;
  }

  bool scaled() const { return slope != 0 && (slope != 1 || intercept != 0); }

  std::string where;
  RawArray array;  ///< of one volume
  int64_t volumes = 1;
  int64_t start = 0, next = -1;  ///< bytes; where the last read ended
  double slope = 0, intercept = 0;
  std::unique_ptr<znzptr, CloseZnz> file;
};

NiftiFile::NiftiFile(const fs::path& path) : impl_(std::make_unique<Impl>(path)) {}
NiftiFile::~NiftiFile() = default;
NiftiFile::NiftiFile(NiftiFile&&) noexcept = default;

int64_t NiftiFile::volumes() const { return impl_->volumes; }
const std::vector<int64_t>& NiftiFile::volume_shape() const { return impl_->array.shape; }

bool NiftiFile::integers() const {
  return !impl_->scaled() && !at::isFloatingType(impl_->array.type);
}

at::Tensor NiftiFile::read(int64_t first, int64_t count) const {
  TORCH_INTERNAL_ASSERT(first >= 0 && count > 0 && first + count <= volumes());
  std::vector<at::Tensor> parts;
  for (int64_t i = 0; i < count; ++i) parts.push_back(impl_->read_one(first + i));
  return at::stack(parts);
}

at::Tensor NiftiFile::read_volume() const {
  if (volumes() != 1) {
    throw Error(impl_->where, concat("has ", volumes(), " volumes"), "One (x, y, z) is expected");
  }
  return impl_->read_one(0);
}

void write_nifti(const fs::path& path, const fs::path& like, const at::Tensor& volumes) {
  const Header header = read_header(like);
  const int64_t count = volumes.size(0);
  for (int64_t i = 0; i < 3; ++i) {
    const int64_t side = i < header->ndim ? header->dim[i + 1] : 1;
    if (volumes.size(i + 1) != side) {
      throw Error(like,
                  concat("has volumes of another shape than ", shape_text(volumes.sizes().vec())));
    }
    header->dim[i + 1] = side;
  }
  header->ndim = header->dim[0] = count == 1 ? 3 : 4;
  header->nt = header->dim[4] = count;
  for (int i = 5; i < 8; ++i) header->dim[i] = 1;
  header->nu = header->nv = header->nw = 1;
  header->nvox = static_cast<size_t>(volumes.numel());
  header->datatype = NIFTI_TYPE_FLOAT32;
  header->nbyper = 4;
  header->scl_slope = header->scl_inter = header->cal_min = header->cal_max = 0;
  header->intent_code = NIFTI_INTENT_NONE;
  header->nifti_type = NIFTI_FTYPE_NIFTI1_1;
  nifti_set_filenames(header.get(), path.c_str(), /*check=*/0, /*set_byte_order=*/1);
  // x is stored fastest; the library frees what it is given.
  const auto stored = volumes.to(at::kFloat).permute({0, 3, 2, 1}).contiguous();
  header->data = std::malloc(stored.nbytes());
  if (header->data == nullptr) throw std::bad_alloc();
  std::memcpy(header->data, stored.const_data_ptr(), stored.nbytes());
  nifti_image_write(header.get());
  // It does not say whether that worked.
  bool whole = fs::exists(path);
  try {
    const NiftiFile back(path);
    whole = whole && at::equal(back.read(count - 1, 1)[0], volumes[count - 1].to(at::kFloat));
  } catch (const Error&) {
    whole = false;
  }
  if (!whole) throw Error(path, "cannot be written", "Is the disk full?");
}

}  // namespace afterimage
