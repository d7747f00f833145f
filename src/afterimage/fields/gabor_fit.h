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
/// best; R2 and distance from the halves, as every method has them. NaN for sensors that a Gabor
/// does not predict clearly better (0.02 of the variance) than a spot of light about its place, or
/// than another method, whose R2 is `other` (sensor).
ReceptiveFields fit_gabors(const FieldData& data, const at::Tensor& other, const RunContext& run);

/// Takes the fields of the sensors that have a Gabor into `found`, and marks them as oriented.
void take_gabors(const ReceptiveFields& gabors, ReceptiveFields& found);

}  // namespace afterimage
