#include "afterimage/formats/hdf5_references.h"

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5_parts.h"

namespace afterimage::hdf5 {

using namespace internal;

std::vector<hobj_ref_t> internal::object_references(const std::filesystem::path& file,
                                                    hid_t dataset, const std::string& name,
                                                    const std::string& right) {
  const Id kind = type(H5Dget_type(dataset));
  if (H5Tequal(kind, H5T_STD_REF_OBJ) <= 0) {
    throw Error(file, concat("dataset '", name, "' holds ", class_text(H5Tget_class(kind))), right);
  }
  std::vector<hobj_ref_t> references(static_cast<size_t>(element_count(shape_of(dataset))));
  if (!references.empty() &&
      H5Dread(dataset, H5T_STD_REF_OBJ, H5S_ALL, H5S_ALL, H5P_DEFAULT, references.data()) < 0) {
    fail(file, name, "cannot be read", "The file is probably damaged or cut short");
  }
  return references;
}

std::vector<std::string> referenced_names(const std::filesystem::path& path,
                                          const std::string& name) {
  silence();
  const Id file(H5Fopen(path.c_str(), H5F_ACC_RDONLY, H5P_DEFAULT), H5Fclose);
  if (file < 0) throw Error(path, concat("cannot be opened (", library_message(), ")"));
  const Id dataset = open_dataset(path, file, name);
  std::vector<std::string> names;
  for (const hobj_ref_t& reference : object_references(
           path, dataset, name, "References to other parts of the file are expected here")) {
    const ssize_t size = H5Rget_name(dataset, H5R_OBJECT, &reference, nullptr, 0);
    if (size <= 0) {
      throw Error(path, concat("element ", names.size() + 1, " of '", name, "' leads nowhere"),
                  "The file is damaged, or was copied in part");
    }
    std::string target(static_cast<size_t>(size), '\0');
    H5Rget_name(dataset, H5R_OBJECT, &reference, target.data(), target.size() + 1);
    names.push_back(std::move(target));
  }
  return names;
}

}  // namespace afterimage::hdf5
