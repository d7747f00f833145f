#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "afterimage/base/fit_context.h"
#include "afterimage/base/options.h"
#include "afterimage/formats/safetensors.h"

namespace afterimage {

struct TrainerOptions {
  int64_t steps = 600;  ///< 0 where `epochs` says how long
  double epochs = 0;    ///< passes over the samples; above 0, `steps` follows from it
  int64_t batch = 8;
  double learning_rate = 2e-4;
  std::string schedule = "constant";  ///< constant, or cosine: to zero over all steps
  int64_t warmup = 0;                 ///< steps over which the learning rate rises from zero
  int64_t checkpoint_every = 500;     ///< steps
  int64_t log_every = 10;             ///< steps
  double average = 0;     ///< decay of the running mean of the weights (WeightAverage); 0 = none
  double validation = 0;  ///< share of the samples that is held out, whole photographs; 0 = none
  int64_t check_every = 100;  ///< steps from one check on held-out samples to the next
  std::string measure = "pixel-correlation";  ///< the score of a check to go by
  std::string keep = "last";                  ///< weights kept: last, or best by `measure`
  int64_t patience = 0;  ///< checks without a better one before it stops; 0 = trains all steps

  Options options();
  /// Leaves `steps` or `epochs`, the other 0: epochs where both are there. Errors: neither is.
  void settle_length();
  /// Errors: keep = best or a patience, and nothing is held out.
  void check_validation() const;
  /// The same with `steps` as it follows from the epochs and the number of samples.
  TrainerOptions for_samples(int64_t samples) const;
  /// Learning rate of a step, 0-based.
  double learning_rate_at(int64_t step) const;
};

/// The file in the folder of a training that it can go on from.
inline constexpr const char* checkpoint_name = "checkpoint.safetensors";

/// A model that is trained by gradient steps on batches.
class Trainable {
 public:
  virtual ~Trainable() = default;
  /// One update on the samples `rows`; `step` counts from 0. The losses by name.
  virtual std::map<std::string, double> step(const std::vector<int64_t>& rows, int64_t step,
                                             double learning_rate) = 0;
  /// Everything a continued run needs: weights, optimisers, buffers.
  virtual TensorMap training_state() const = 0;
  virtual void restore(const TensorMap& state, const std::string& where) = 0;

  /// Scores of held-out samples by name, larger is better, of the weights that would be kept now;
  /// nothing where no samples are held out.
  virtual std::map<std::string, double> validate() { return {}; }
  /// Remembers the weights that `validate` judged, in place of those remembered before.
  virtual void remember() {}
  /// Called at the end: takes the weights to keep, those remembered or the running mean.
  virtual void settle() {}
};

/// The samples of one step: each epoch is a permutation of all samples that follows from the seed
/// and the epoch's number alone, so a continued run needs no random state. What an epoch leaves
/// over after its last whole batch begins the next.
std::vector<int64_t> batch_rows(const RunContext& run, int64_t samples, int64_t batch,
                                int64_t step);

/// Whether `train` goes on from a checkpoint in `context.folder`; else it begins at the first step.
bool resumes_training(const FitContext& context);

/// Trains for `options.steps` steps, or until `options.patience` checks on held-out samples brought
/// nothing better. Into `context.folder` go `log.jsonl` (one line per logged step, with the scores
/// of checks as "validation.NAME") and `checkpoint.safetensors`, replaced as a whole. With
/// `context.resume` it goes on from the checkpoint, bit for bit as if it had never stopped.
///
/// Errors: a checkpoint of other settings; a loss that is not finite (the
/// step and the checkpoint kept are named). Throws Interrupted after saving when the user stops it.
void train(Trainable& model, int64_t samples, const TrainerOptions& options,
           const FitContext& context);

}  // namespace afterimage
