#include "afterimage/evaluation/image_pairs.h"

#include "afterimage/similarity/correlation.h"

namespace afterimage {

ImagePairs::ImagePairs(const at::Tensor& truth, const at::Tensor& reconstruction,
                       const RunContext& run)
    : ImagePairs(truth, reconstruction, Stimuli(truth.size(0)), run) {}

ImagePairs::ImagePairs(const at::Tensor& truth, const at::Tensor& reconstruction, Stimuli stimuli,
                       const RunContext& run)
    : ImagePairs(std::make_shared<TruthFeatures>(truth, std::move(stimuli), run), reconstruction) {}

ImagePairs::ImagePairs(std::shared_ptr<TruthFeatures> truth, at::Tensor reconstruction)
    : truth_(std::move(truth)), reconstruction_(std::move(reconstruction)) {
  TORCH_INTERNAL_ASSERT(this->truth().sizes() == reconstruction_.sizes());
  TORCH_INTERNAL_ASSERT(reconstruction_.dim() == 4 && reconstruction_.size(1) == 3);
}

const at::Tensor& ImagePairs::pixel_similarity() const {
  if (!pixel_similarity_.defined()) {
    pixel_similarity_ =
        similarity(stimuli().firsts(truth()).flatten(1), reconstruction_.flatten(1));
  }
  return pixel_similarity_;
}

const NetworkSummary& ImagePairs::network(const std::string& plan) const {
  const auto found = networks_.find(plan);
  if (found != networks_.end()) return found->second;
  return networks_.emplace(plan, summarise(*truth_, plan, reconstruction_)).first->second;
}

}  // namespace afterimage
