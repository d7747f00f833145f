#include "afterimage/evaluation/draws.h"

#include "afterimage/evaluation/statistics.h"

namespace afterimage {

const Draws::Weights& Draws::of(int64_t stimuli) {
  const auto found = weights_.find(stimuli);
  if (found != weights_.end()) return found->second;
  Weights weights{bootstrap_counts(stimuli, resamples_, run_.generator("bootstrap")),
                  random_signs(stimuli, resamples_, run_.generator("permutation"))};
  constexpr int64_t small = int64_t{1} << 25;  // elements; widened once instead of at each use
  if (stimuli * resamples_ <= small) {
    weights.counts = weights.counts.to(at::kDouble);
    weights.signs = weights.signs.to(at::kDouble);
  }
  return weights_.emplace(stimuli, std::move(weights)).first->second;
}

}  // namespace afterimage
