#include "afterimage/analysis/result_arrays.h"

#include <c10/util/Exception.h>

#include "afterimage/base/text.h"
#include "afterimage/formats/hdf5_heading.h"

namespace afterimage {
namespace {

const hdf5::Heading heading{"afterimage-arrays", 1, "file of arrays", "Run the analysis again"};

void write_array(hdf5::File& file, const NamedArray& array) {
  const at::Tensor values = array.values.contiguous();
  const auto shape = values.sizes().vec();
  if (values.scalar_type() == at::kDouble) {
    file.write(array.name, shape, values.const_data_ptr<double>());
  } else {
    file.write(array.name, shape, values.to(at::kFloat).contiguous().const_data_ptr<float>());
  }
  file.set_attribute(array.name, "title", array.title);
  file.set_attribute(array.name, "axes", join(array.axes));
}

}  // namespace

void save_arrays(const AnalysisResult& result, const std::filesystem::path& path) {
  auto file = hdf5::File::create(path);
  hdf5::write_heading(file, heading);
  file.set_attribute("/", "title", result.title);
  file.set_attribute("/", "provenance", result.provenance.dump());
  std::map<std::string, std::vector<std::string>> names;
  for (const auto& array : result.arrays) {
    write_array(file, array);
    for (const auto& [axis, its_names] : array.names) {
      const auto [known, is_new] = names.emplace(axis, its_names);
      TORCH_INTERNAL_ASSERT(known->second == its_names);
      if (is_new) file.write_strings(axis, its_names);
    }
  }
  hdf5::write_complete(file);
}

}  // namespace afterimage
