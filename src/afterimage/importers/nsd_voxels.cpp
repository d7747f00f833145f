#include <ATen/Functions.h>

#include <cmath>
#include <limits>
#include <map>
#include <numbers>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/nifti.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/nsd_parts.h"

namespace afterimage::nsd {
namespace {

namespace fs = std::filesystem;

/// Names of the labels 1, 2, ... of a volume (NSD data manual, "ROIs"; Wang et al. 2015 for the
/// atlas in Kastner2015).
const std::map<std::string, std::vector<std::string>> label_names = {
    {"prf-visualrois", {"V1v", "V1d", "V2v", "V2d", "V3v", "V3d", "hV4"}},
    {"Kastner2015", {"V1v",  "V1d",  "V2v",  "V2d",  "V3v",  "V3d",  "hV4", "VO1", "VO2",
                     "PHC1", "PHC2", "MST",  "MT",   "LO2",  "LO1",  "V3b", "V3a", "IPS0",
                     "IPS1", "IPS2", "IPS3", "IPS4", "IPS5", "SPL1", "FEF"}},
};

/// A volume's values at the voxels kept.
std::vector<double> values_at(const fs::path& path, const ResponseFiles& responses) {
  const at::Tensor volume = NiftiFile(path).read_volume();
  require_shape(volume.sizes().vec(), responses.sensor_shape(), path.string(), "as the betas");
  return doubles_of(volume.reshape(-1).index({responses.kept()}));
}

void name_rois(const fs::path& folder, const std::vector<std::string>& rois, bool merge,
               const ResponseFiles& responses, Sensors& sensors) {
  for (const auto& roi : rois) {
    const auto labels = values_at(folder / "roi" / (roi + ".nii.gz"), responses);
    for (size_t v = 0; v < labels.size(); ++v) {
      if (labels[v] > 0 && sensors.roi[v].empty()) {
        const std::string name = label_name(roi, std::llround(labels[v]));
        sensors.roi[v] = merge ? area_of(name) : name;
      }
    }
  }
}

/// Angles run counter-clockwise from the right, eccentricity and size (a standard deviation) are in
/// degrees from fixation, the centre of the images (NSD data manual, "pRF").
void read_fields(const fs::path& folder, double least_r2, const ResponseFiles& responses,
                 Sensors& sensors) {
  std::map<std::string, std::vector<double>> maps;
  for (const char* name : {"angle", "eccentricity", "size", "R2"}) {
    const fs::path path = folder / concat("prf_", name, ".nii.gz");
    if (!fs::exists(path)) return;
    maps[name] = values_at(path, responses);
  }
  for (size_t v = 0; v < sensors.x.size(); ++v) {
    if (!(maps["R2"][v] >= least_r2) || !(maps["size"][v] > 0)) continue;
    const double angle = maps["angle"][v] * std::numbers::pi / 180;
    const double eccentricity = maps["eccentricity"][v] / degrees;
    sensors.x[v] = 0.5 + eccentricity * std::cos(angle);
    sensors.y[v] = 0.5 - eccentricity * std::sin(angle);
    sensors.size[v] = maps["size"][v] / degrees;
  }
  for (double& r2 : maps["R2"]) r2 /= 100;
  sensors.measures["field_r2"] = maps["R2"];
}

}  // namespace

std::string label_name(const std::string& volume, int64_t label) {
  const auto known = label_names.find(volume);
  if (known != label_names.end() && label <= static_cast<int64_t>(known->second.size())) {
    return known->second[static_cast<size_t>(label) - 1];
  }
  return concat(volume, "-", label);
}

std::string area_of(const std::string& part) {
  if (part == "V3a" || part == "V3b") return "V3ab";
  for (const char* area : {"V1", "V2", "V3", "VO", "PHC", "LO", "IPS"}) {
    if (part.size() == std::string_view(area).size() + 1 && part.starts_with(area)) return area;
  }
  return part;
}

Sensors read_voxels(const fs::path& folder, const std::vector<std::string>& rois, bool merge,
                    double field_r2, const ResponseFiles& responses) {
  Sensors sensors = voxels_at(responses.kept());
  name_rois(folder, rois, merge, responses, sensors);
  read_fields(folder, field_r2, responses, sensors);
  return sensors;
}

}  // namespace afterimage::nsd
