#pragma once

#include <memory>
#include <string>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/linear_input.h"
#include "afterimage/networks/unet.h"
#include "afterimage/projections/projection.h"
#include "afterimage/training/adversarial_step.h"
#include "afterimage/training/objective.h"
#include "afterimage/training/trainer.h"

namespace afterimage {

/// Brain2Pix, MonkeySee and IRFA: a projection lays the responses out in visual space, a U-Net
/// turns the maps into an image, under an adversarial, a perceptual and a pixel loss.
///
///     responses (n, sensor, bin) -> maps (n, C, H, W) -> image (n, 3, H, W)
class ImageToImage : public Decoder {
 public:
  ImageToImage();

  void choose_parts(const Config& config) override;
  Fields fields() override;
  void build(const DecoderInput& input, const RunContext& run) override;
  void fit(const Samples& train, const FitContext& context) override;
  at::Tensor reconstruct(const at::Tensor& responses) override;
  TensorMap state() const override;
  void load(const TensorMap& state, const std::string& where) override;

  /// Maps with their gradient, and the image made of them, on the run's device. `linear` is the
  /// ridge reconstruction of the same responses, (n, 3, H, W), undefined without linear_input.
  at::Tensor maps(const at::Tensor& responses, const at::Tensor& linear);
  at::Tensor image(const at::Tensor& maps);
  /// The ridge reconstruction of training samples, held out; undefined without linear_input.
  at::Tensor linear_of_training(const at::Tensor& responses, const std::vector<int64_t>& rows);
  std::vector<ParameterGroup> parameters() const;

  Projection* projection() override { return projection_.get(); }

 private:
  int64_t input_channels() const { return projection_->channels() + (linear_input_ ? 3 : 0); }

  std::string projection_kind_ = "fixed";
  UNetOptions unet_options_;
  ObjectiveOptions objective_;
  std::string fallback_note_;
  AdversarialStepOptions step_options_;
  TrainerOptions trainer_;
  int64_t feature_cache_mb_ = 512;
  bool linear_input_ = false;

  const RunContext* run_ = nullptr;
  std::shared_ptr<Projection> projection_;
  LinearInput linear_;
  UNet unet_{nullptr};
};

}  // namespace afterimage
