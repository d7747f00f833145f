#pragma once

#include <array>
#include <vector>

#include "afterimage/fields/field_data.h"
#include "afterimage/fields/gaussian_fit.h"

namespace afterimage {

/// What is fitted: the first half, the second, both.
inline constexpr int kFitSets = 3;

/// Searches a grid of fields (finer where fields are smaller) and penalties for each sensor and
/// each of the sets by generalised cross-validation: [set][sensor].
std::array<std::vector<FieldStart>, kFitSets> search_grid(const std::vector<FeatureMaps>& maps,
                                                          const FieldData& data,
                                                          const RunContext& run);

}  // namespace afterimage
