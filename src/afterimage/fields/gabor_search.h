#pragma once

#include <array>
#include <vector>

#include "afterimage/base/run_context.h"
#include "afterimage/fields/gabor.h"
#include "afterimage/fields/prf_grid.h"

namespace afterimage {

/// The Gabor of the grid that explains most of each sensor's variance in the first half, the second
/// and both: [set][sensor].
std::array<std::vector<Gabor>, kFitSets> search_gabors(const LuminancePyramid& pyramid,
                                                       const FieldData& data,
                                                       const RunContext& run);

}  // namespace afterimage
