#include "afterimage/formats/mat.h"

#include <algorithm>
#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/formats/mat_extent.h"
#include "afterimage/formats/mat_reader.h"

namespace afterimage {
namespace {

/// Whether a file begins as MATLAB's of version 5 and later do.
bool has_header(const std::filesystem::path& path) {
  constexpr size_t size = 128;  // text, version in bytes 124-125, byte order in 126-127
  std::string header(size, '\0');
  std::ifstream(path, std::ios::binary).read(header.data(), size);
  return header.ends_with("IM") || header.ends_with("MI");
}

}  // namespace

void refuse_structure(const std::string& where, const std::string& name,
                      const std::vector<std::string>& fields) {
  if (fields.empty()) throw Error(where, "is a structure without fields");
  throw Error(where, concat("is a structure with the fields ", join(fields)),
              concat("Name one, such as ", name, ".", fields[0]));
}

MatFile::MatFile(const std::filesystem::path& path) {
  if (!std::filesystem::exists(path)) throw Error(path, "no such file");
  if (std::filesystem::is_directory(path)) throw Error(path, "is a folder", "Name a MATLAB file");
  const bool header = has_header(path), hdf5 = hdf5::is_hdf5(path);
  if (header || !hdf5) check_mat_is_whole(path);
  reader_ = hdf5 ? open_mat_73(path, header) : open_mat_5(path);
}

MatFile::~MatFile() = default;
MatFile::MatFile(MatFile&&) noexcept = default;

std::vector<std::string> MatFile::names() const { return reader_->names(); }

bool MatFile::has(const std::string& name) const {
  const auto all = names();
  return std::find(all.begin(), all.end(), name) != all.end();
}

at::Tensor MatFile::read(const std::string& name) const { return reader_->read(name); }

}  // namespace afterimage
