#include "afterimage/analysis/irf_maps.h"

#include <ATen/ATen.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/projections/capabilities.h"

namespace afterimage {

IrfMaps inverse_receptive_fields(Model& model, const SampleSource& samples) {
  HasAttention* attention = model.decoder().has_attention();
  if (attention == nullptr) {
    throw Error("model '" + model.name() + "'", "its projection has no attention weights",
                "Train one with projection.kind = \"attention\" (irfa-16)");
  }
  constexpr int64_t at_once = 2;  // the weights are large
  std::vector<at::Tensor> spatial, feature;
  for_batches(all_rows(samples.count()), at_once, [&](int64_t, const auto& rows) {
    const auto weights = attention->attention(samples.responses(rows));  // (n, h, c, y, x)
    spatial.push_back(weights.mean(2).cpu());
    feature.push_back(weights.mean({3, 4}).cpu());
  });
  std::vector<SensorGroup> groups;
  for (const auto& array : attention->arrays()) {
    groups.push_back({array, attention->sensors_of(groups.size())});
  }
  return {attention->arrays(), std::move(groups), at::cat(spatial), at::cat(feature)};
}

}  // namespace afterimage
