#pragma once

#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/decoders/decoder.h"

namespace afterimage {

/// A decoder behind a bottleneck: all it learns of a response passes through one linear layer of
/// `units` units (BrainBits: Mayo et al. 2024, where the scores of large decoders need few of
/// them). The layer is the reduced-rank regression of the training images on the responses (ridge,
/// then the directions in which its predictions vary most; Izenman 1975): of all layers of so many
/// units, the one from which images are best predicted linearly. The decoder behind it is then
/// trained as ever, on responses x E D: what the units still say of each sensor.
class BottleneckDecoder : public Decoder {
 public:
  BottleneckDecoder(std::unique_ptr<Decoder> behind, int64_t units)
      : behind_(std::move(behind)), units_(units) {}

  Options options() override { return behind_->options(); }
  void choose_parts(const Config& config) override { behind_->choose_parts(config); }
  /// Errors: more units than responses.
  void build(const DecoderInput& input, const RunContext& run) override;
  void fit(const SampleSource& train, const FitContext& context) override;
  const HasFields* has_fields() const override { return behind_->has_fields(); }
  HasAttention* has_attention() override { return behind_->has_attention(); }
  KeepsImages* keeps_images() override { return behind_->keeps_images(); }
  std::vector<PretrainedWeights> pretrained() const override { return behind_->pretrained(); }
  std::vector<std::string> objective_metrics() const override {
    return behind_->objective_metrics();
  }
  /// What the decoder behind has learned, and "bottleneck.encode" (p, units), "bottleneck.decode"
  /// (units, p), with p = sensors x bins.
  TensorMap state() const override;
  void load(const TensorMap& state, const std::string& where) override;

  /// (n, sensor, bin) -> the same, of rank `units`.
  at::Tensor narrowed(const at::Tensor& responses) const;

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override {
    return behind_->reconstruct(narrowed(responses), context);
  }

  std::unique_ptr<Decoder> behind_;
  int64_t units_;
  DecoderInput input_;
  at::Tensor encode_, decode_;  // E (p, units), D (units, p), on the CPU
};

}  // namespace afterimage
