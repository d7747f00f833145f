#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "afterimage/decoders/image_to_image.h"
#include "afterimage/recordings/sample_source.h"
#include "afterimage/training/adversarial_step.h"
#include "afterimage/training/feature_cache.h"
#include "afterimage/training/trainer.h"
#include "afterimage/training/weight_average.h"

namespace afterimage {

/// Samples to learn from and samples to judge the training by, which share no photograph.
struct HeldOutRows {
  std::vector<int64_t> learned, held_out;
};

/// Holds out about `share` of the samples, whole photographs (where all are of one, a run of
/// samples); at 0 none. Errors, at "training.validation": nothing can be held out.
HeldOutRows hold_out(const SampleSource& samples, double share, const RunContext& run);

/// An image-to-image decoder while it is being trained: its parts, the step that changes them, and
/// which of its weights are kept.
class ImageTraining : public Trainable {
 public:
  /// All outlive it; `held_out` may be null, or `features`.
  struct Parts {
    ImageToImage& decoder;
    const SampleSource& samples;
    const SampleSource* held_out;
    AdversarialStep& step;
    FeatureCache* features;
  };
  ImageTraining(const Parts& parts, const TrainerOptions& options, const RunContext& run);

  std::map<std::string, double> step(const std::vector<int64_t>& rows, int64_t step,
                                     double learning_rate) override;
  TensorMap training_state() const override;
  void restore(const TensorMap& state, const std::string& where) override;

  /// "pixel-correlation" and, of images of 11 pixels and more, "ssim": means over held-out samples.
  std::map<std::string, double> validate() override;
  void remember() override;
  void settle() override;

 private:
  std::map<std::string, double> scores() const;

  Parts parts_;
  WeightAverage average_;
  TensorMap best_;  // empty: none remembered
  bool measures_ssim_;
  c10::Device device_;
};

}  // namespace afterimage
