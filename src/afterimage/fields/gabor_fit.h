#pragma once

#include "afterimage/base/run_context.h"
#include "afterimage/fields/field_method.h"

namespace afterimage {

/// Fields of sensors that respond like a Gabor, a bar or an edge of one place: simple and complex
/// cells. Such a sensor sums light with both signs, and a field of one sign fits one of its stripes
/// alone: a size several times too small. Here the size is that of the Gabor's envelope (Jones and
/// Palmer 1987; the wavelets of Kay et al. 2008).
///
/// A grid of places, sizes, orientations and wavelengths by least squares, then a search around the
/// best; R2 and distance from the halves, as every method has them. `least` (sensor) is the R2
/// that another method reaches: sensors whose grid fit stays well below it are not refined.
ReceptiveFields fit_gabors(const FieldData& data, const at::Tensor& least, const RunContext& run);

/// Takes the fields of `gabors` for sensors that they predict clearly better than `found` does, and
/// marks those sensors as oriented.
void prefer_gabors(const ReceptiveFields& gabors, ReceptiveFields& found);

}  // namespace afterimage
