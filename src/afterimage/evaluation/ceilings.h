#pragma once

#include <vector>

#include "afterimage/decoders/reconstruction.h"
#include "afterimage/evaluation/metric.h"

namespace afterimage {

/// What a correlation can be at best where reconstructions from two halves of the trials correlate
/// by `halves` on average: the root of the reliability of all trials, 2 h / (1 + h) after Spearman
/// and Brown. Noise of either half must be independent of the other's and of what is shown. 0 where
/// the halves do not agree.
double bound_of_halves(double halves);

/// Adds to a decoder's scores, in the order of `metrics`, what they could be at best, from its
/// probes (decoders/probes.h): the same metric of what it makes of responses without noise or of
/// predicted ones, and of
/// its reconstructions from two halves of the trials, one of them taken for the truth. `truth`:
/// what the scores are of. Where fewer images took part, metrics whose chance level follows from
/// their number are left out.
void add_ceilings(std::vector<Score>& scores, const std::vector<const Metric*>& metrics,
                  const Reconstruction& made, const TruthFeatures& truth);

}  // namespace afterimage
