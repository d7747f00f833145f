#include "afterimage/evaluation/image_pairs.h"

#include <ATen/ops/cat.h>

#include "afterimage/similarity/correlation.h"

namespace afterimage {
namespace {

at::Tensor in_batches(const at::Tensor& images,
                      const std::function<at::Tensor(const at::Tensor& images)>& of) {
  constexpr int64_t batch = 32;  // maps of many orientations are made of each image
  std::vector<at::Tensor> parts;
  for (const auto& some : images.split(batch)) parts.push_back(of(some));
  return at::cat(parts);
}

}  // namespace

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

DescribedPairs ImagePairs::described(
    const std::string& name, const std::function<at::Tensor(const at::Tensor& images)>& of) const {
  auto& truth = truth_->description(name);
  if (!truth.defined()) truth = in_batches(this->truth(), of);
  auto& reconstruction = descriptions_[name];
  if (!reconstruction.defined()) reconstruction = in_batches(reconstruction_, of);
  return {truth, reconstruction};
}

const NetworkSummary& ImagePairs::network(const std::string& plan) const {
  const auto found = networks_.find(plan);
  if (found != networks_.end()) return found->second;
  return networks_.emplace(plan, summarise(*truth_, plan, reconstruction_)).first->second;
}

}  // namespace afterimage
