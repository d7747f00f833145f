#pragma once

#include <memory>
#include <string>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/linear_input.h"
#include "afterimage/networks/fully_connected.h"
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
///
/// With generator = "projection" there is no U-Net: the projection `upconv` makes the image, and
/// the discriminator sees images alone (Shen et al. 2019). With "fully-connected" dense layers
/// stand in the U-Net's place (Brain2Pix's baseline "FC-layers").
class ImageToImage : public Decoder {
 public:
  ImageToImage();

  void choose_parts(const Config& config) override;
  Options options() override;
  void build(const DecoderInput& input, const RunContext& run) override;
  void fit(const SampleSource& train, const FitContext& context) override;
  std::vector<PretrainedWeights> pretrained() const override;
  std::vector<std::string> objective_metrics() const override;
  TensorMap state() const override;
  void load(const TensorMap& state, const std::string& where) override;

  /// Maps with their gradient, and the image made of them, on the run's device. `linear` is the
  /// ridge reconstruction of the same responses, (n, 3, H, W), undefined without linear_input.
  at::Tensor maps(const at::Tensor& responses, const at::Tensor& linear);
  at::Tensor image(const at::Tensor& maps);
  /// The same image without gradient, as `reconstruct` makes it (running statistics); undefined
  /// where optimiser.fakes does not ask for it.
  at::Tensor predicted(const at::Tensor& maps);
  /// What of the maps the discriminator sees beside an image: all or none.
  at::Tensor condition(const at::Tensor& maps) const;
  /// The ridge reconstruction of training samples, held out; undefined without linear_input.
  at::Tensor linear_of_training(const at::Tensor& responses, const std::vector<int64_t>& rows);
  std::vector<ParameterGroup> parameters() const;
  /// What the trainer changes, projection and network, by name; `load_network` takes it back.
  TensorMap network_state() const;
  void load_network(const TensorMap& state, const std::string& where);
  /// Whether BatchNorm uses the statistics of the batch.
  void set_training(bool on);
  /// Where dropout in this training step draws from.
  void begin_step(int64_t step);

  const HasFields* has_fields() const override { return projection_->has_fields(); }
  HasAttention* has_attention() override { return projection_->has_attention(); }

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;
  /// `held_out`: samples to judge the training by, or null.
  void fit(const SampleSource& samples, const SampleSource* held_out, const FitContext& context);
  int64_t input_channels() const { return projection_->channels() + (linear_input_ ? 3 : 0); }
  bool discriminator_sees_maps() const { return discriminator_ == "maps-and-image"; }

  std::shared_ptr<ImageGenerator> make_network(int64_t image_size, const RunContext& run) const;
  std::shared_ptr<Discriminator> make_discriminator() const;
  /// Before the names of the network's parameters in what is saved.
  std::string network_prefix() const { return generator_ == "unet" ? "unet." : "fully_connected."; }

  /// Brings the options to what is really used, so that the saved configuration says it.
  void settle_options(const RunContext& run);
  /// Errors: a generator the projection does not go with; a side the U-Net cannot halve.
  void check_generator(int64_t image_size) const;
  /// Errors: a discriminator that does not see what it is to see; images too small for it.
  void check_discriminator(int64_t image_size) const;

  std::string generator_ = "unet";
  std::string discriminator_ = "maps-and-image";
  std::string discriminator_network_ = "patchgan";
  std::string discriminator_initialise_ = "normal";
  std::string projection_kind_ = "fixed";
  UNetOptions unet_options_;
  FullyConnectedOptions fully_connected_;
  ObjectiveOptions objective_;
  std::string fallback_note_;
  AdversarialStepOptions step_options_;
  TrainerOptions trainer_;
  int64_t feature_cache_mb_ = 512;
  bool linear_input_ = false;

  RunContext run_;
  std::shared_ptr<Projection> projection_;
  LinearInput linear_;
  std::shared_ptr<ImageGenerator> network_;  // null where the projection makes the image
};

}  // namespace afterimage
