#pragma once

#include <string>
#include <vector>

#include "afterimage/decoders/ridge.h"

namespace afterimage {

/// The ridge reconstruction as an input of a network that refines it. While the network trains it
/// must see what it will see of new images, and a reconstruction of a sample that ridge was fitted
/// to is better than that. So the training samples are divided into folds (whole photographs), and
/// each is reconstructed by a ridge that was fitted to the other folds: cross-fitting, never in
/// sample. New responses are reconstructed by the ridge of all samples; its lambda, chosen by
/// cross-validation, serves all folds.
class LinearInput {
 public:
  void build(const DecoderInput& input, const RunContext& run);
  void fit(const SampleSource& train, const FitContext& context);

  /// (n, sensor, bin) of the training samples `rows` -> (n, 3, size, size), out of fold.
  at::Tensor of_training(const at::Tensor& responses, const std::vector<int64_t>& rows);
  /// (n, sensor, bin) -> (n, 3, size, size).
  at::Tensor of_new(const at::Tensor& responses) { return whole_.reconstruct(responses); }

  /// All of it, for a training that is resumed.
  TensorMap training_state() const;
  void restore(const TensorMap& state, const std::string& where);

  TensorMap state() const { return whole_.state(); }
  void load(const TensorMap& state, const std::string& where) { whole_.load(state, where); }

 private:
  RidgeDecoder& add_fold();

  DecoderInput input_;
  RunContext run_;
  RidgeDecoder whole_;
  std::vector<RidgeDecoder> without_;  // without_[f] has not seen fold f
  std::vector<int64_t> fold_;          // of each training sample
};

}  // namespace afterimage
