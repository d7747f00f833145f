#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/evaluation/checks/image_looks.h"
#include "afterimage/evaluation/scores.h"
#include "afterimage/evaluation/stimuli.h"

namespace afterimage {

/// A mean over stimuli with its 95 % interval (Student's t); without interval for one stimulus.
struct Estimated {
  double mean = 0, low = 0, high = 0;
};

/// Of a value for each row, a share or a correlation.
Estimated estimated(const at::Tensor& values, const Stimuli& stimuli);

/// Of 2-way identification and shares of beaten candidates: what chance, .5, does not reach.
inline constexpr double kWellAboveChance = 0.75;

/// Whether there are too few stimuli to tell: the interval holds chance and what is well above it,
/// or there is none.
bool undecided(const Estimated& estimate);

/// The images that a decoder learned from, all of them.
struct TrainingImages {
  std::vector<int64_t> stimulus;  ///< rows of the recording's stimuli
  at::Tensor looks;               ///< (stimulus, d)
};

/// How well images identify what was shown.
struct Identification {
  at::Tensor shares;   ///< of each row, the share of other stimuli it is less like than its own
  Stimuli stimuli{1};  ///< which stimulus each row shows, numbered among themselves
  Estimated mean;      ///< chance is .5
  Estimated pixels;    ///< pixel correlation with its own stimulus
};

/// What the checks of one evaluation share: made when first asked for, kept for the next check.
class CheckData {
 public:
  /// `truth`: the true image of each row at the reconstructions' size. All must outlive it.
  CheckData(const std::vector<Reconstruction>& reconstructions, const Recording& recording,
            const Scores& scores, const at::Tensor& truth, const Stimuli& stimuli,
            const RunContext& run);

  int64_t decoders() const { return std::ssize(reconstructions_); }
  const Reconstruction& decoder(size_t i) const { return reconstructions_[i]; }
  const Recording& recording() const { return recording_; }
  const Scores& scores() const { return scores_; }
  const at::Tensor& truth() const { return truth_; }
  const Stimuli& stimuli() const { return stimuli_; }
  const RunContext& run() const { return run_; }

  /// The images a decoder learned from; null where they are not known (cross-validation).
  const TrainingImages* training(size_t decoder);
  const at::Tensor& true_looks();           ///< (row, d)
  const at::Tensor& looks(size_t decoder);  ///< (row, d)
  /// (n, 3, H, W) -> (n, d)
  at::Tensor looks_of(const at::Tensor& images);

  /// Of a decoder, and of other images of some of its rows (a probe, a control).
  const Identification& identification(size_t decoder);
  Identification identification(const at::Tensor& images, const std::vector<int64_t>& rows);
  /// Of one of a decoder's probes; null where it was not made.
  std::unique_ptr<Identification> probe(size_t decoder, const std::string& name);

 private:
  const ImageLooks& standard();
  const TrainingImages* training_of(const std::string& split);

  const std::vector<Reconstruction>& reconstructions_;
  const Recording& recording_;
  const Scores& scores_;
  const at::Tensor& truth_;
  const Stimuli& stimuli_;
  RunContext run_;
  std::unique_ptr<ImageLooks> standard_;
  at::Tensor true_looks_;
  std::map<size_t, at::Tensor> looks_;
  std::map<std::string, std::unique_ptr<TrainingImages>> training_;  // by split; looks raw until
                                                                     // there is a standard
  std::map<size_t, Identification> identification_;
};

}  // namespace afterimage
