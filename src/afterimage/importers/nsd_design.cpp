#include <algorithm>
#include <set>
#include <string>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/mat.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nsd_parts.h"

namespace afterimage::nsd {
namespace {

constexpr int64_t subjects = 8, images_per_subject = 10000, all_trials = 30000,
                  shared_images = 1000;

at::Tensor variable(const MatFile& file, const std::string& where, const std::string& name,
                    const std::vector<int64_t>& shape, const std::string& what) {
  const at::Tensor values = file.read(name).to(at::kLong);
  require_shape(values.sizes().vec(), shape, where + " '" + name + "'", what);
  return values;
}

}  // namespace

std::string stimulus_name(int64_t image) {
  const auto digits = std::to_string(image);
  return "nsd-" + std::string(digits.size() < 5 ? 5 - digits.size() : 0, '0') + digits;
}

Design read_design(const std::filesystem::path& path, int64_t subject, int64_t trials) {
  const MatFile file(path);
  const std::string where = path.string();
  const auto order = integers_of(
      variable(file, where, "masterordering", {1, all_trials}, "the image of each trial"));
  const auto images = integers_of(variable(file, where, "subjectim", {subjects, images_per_subject},
                                           "the images of each subject")[subject - 1]);
  TORCH_INTERNAL_ASSERT(trials <= all_trials);
  const auto places = rows_from({order.begin(), order.begin() + trials}, 1, images_per_subject,
                                where + " 'masterordering'", "images of a subject");
  Design design;
  std::set<std::pair<int64_t, int64_t>> pairs;
  for (const int64_t place : places) {
    design.image.push_back(images[static_cast<size_t>(place)] - 1);
    design.shared.push_back(place < shared_images);
    pairs.insert({design.image.back(), place});
  }
  const std::set<int64_t> distinct(design.image.begin(), design.image.end());
  if (distinct.size() != pairs.size()) {
    throw Error(where, concat("'subjectim' has an image of subject ", subject, " at two places"),
                "Use nsd_expdesign.mat as it was distributed");
  }
  return design;
}

}  // namespace afterimage::nsd
