#include "afterimage/decoders/image_to_image.h"

#include <ATen/core/grad_mode.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/image_training.h"
#include "afterimage/decoders/stages.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/networks/initialise.h"
#include "afterimage/networks/layout.h"
#include "afterimage/networks/module_state.h"
#include "afterimage/networks/patchgan.h"
#include "afterimage/networks/shen_discriminator.h"
#include "afterimage/recordings/source_rows.h"
#include "afterimage/similarity/ssim.h"
#include "afterimage/training/feature_cache.h"

namespace afterimage {

ImageToImage::ImageToImage() : projection_(make_projection(projection_kind_, "decoder")) {}

void ImageToImage::choose_parts(const Config& config) {
  generator_ = config.text("generator", generator_);
  projection_kind_ = config.text("projection.kind", projection_kind_);
  projection_ = make_projection(projection_kind_, config.source());
}

Options ImageToImage::options() {
  return Options{
             Option("generator", generator_,
                    "what makes the image of the maps: the U-Net, dense layers in its place "
                    "(Brain2Pix's baseline), or nothing: the projection's three maps are the image "
                    "(upconv)")
                 .one_of({"unet", "fully-connected", "projection"}),
             Option("discriminator", discriminator_,
                    "what the discriminator sees: maps and image (the papers), or the image alone")
                 .one_of({"maps-and-image", "image"}),
             Option(
                 "discriminator_network", discriminator_network_,
                 "its network: the PatchGAN, or that of Shen et al. (2019), which sees images of "
                 "at least 63 pixels alone and has first weights of its own")
                 .one_of({"patchgan", "shen"}),
             Option("discriminator_initialise", discriminator_initialise_,
                    "first weights of the PatchGAN: N(0, .02) (MXNet codes), Kaiming over the "
                    "fan-out, or LibTorch's own (IRFA's code)")
                 .one_of(initialisations()),
             Option("linear_input", linear_input_,
                    "the network also sees the ridge reconstruction, in training cross-fitted"),
             Option("projection.kind", projection_kind_, "how responses are laid out in space")} +
         prefixed("projection", projection_->options()) +
         prefixed("unet", unet_options_.options()) +
         (generator_ == "fully-connected" ? prefixed("fully_connected", fully_connected_.options())
                                          : Options()) +
         prefixed("objective", objective_.options()) +
         prefixed("optimiser", step_options_.options()) + prefixed("training", trainer_.options()) +
         prefixed("training",
                  {Option("feature_cache_mb", feature_cache_mb_,
                          "target features of the perceptual network that are kept, not recomputed")
                       .range(0)
                       .unit("MiB")});
}

void ImageToImage::build(const DecoderInput& input, const RunContext& run) {
  run_ = run;
  settle_options(run);
  check_generator(input.image_size);
  check_discriminator(input.image_size);
  projection_->build(input.sensors, static_cast<int64_t>(input.bins.size()), input.image_size, run);
  if (linear_input_) linear_.build(input, run);
  projection_->to(run.device());
  if (generator_ == "projection") return;
  network_ = make_network(input.image_size, run);
  network_->to(run.device());
}

std::shared_ptr<ImageGenerator> ImageToImage::make_network(int64_t image_size,
                                                           const RunContext& run) const {
  if (generator_ == "fully-connected") {
    auto dense = FullyConnected(input_channels(), image_size, fully_connected_);
    initialise(fully_connected_.initialise, *dense,
               run.generator("initialisation of the dense layers"));
    return dense.ptr();
  }
  auto unet = UNet(input_channels(), unet_options_);
  initialise(unet_options_.initialise, *unet, run.generator("initialisation of the U-Net"));
  lay_channels_last(*unet);
  return unet.ptr();
}

void ImageToImage::begin_step(int64_t step) {
  if (network_) network_->draw_from(run_.generator(concat("dropout of step ", step)));
}

void ImageToImage::settle_options(const RunContext& run) {
  fallback_note_ = objective_.take_fallback(run.weights());
  objective_.name_layers();
  trainer_.settle_length();
  trainer_.check_validation();
  // Where the maps are the image there are none to show beside it.
  if (generator_ == "projection") discriminator_ = "image";
}

void ImageToImage::check_generator(int64_t image_size) const {
  const bool whole = projection_kind_ == "upconv";
  if (whole != (generator_ == "projection")) {
    throw Error(
        "generator", concat("is '", generator_, "', and the projection '", projection_kind_, "'"),
        "The projection 'upconv' makes the image itself: give generator = \"projection\" with "
        "it, and with no other");
  }
  if (whole && linear_input_) {
    throw Error("linear_input", "is on, and there is no U-Net to see the ridge reconstruction",
                "Give linear_input = false");
  }
  if (objective_.weighed().ssim > 0 && image_size < kSsimWindow) {
    throw Error("objective.ssim",
                concat("is on, and images of ", image_size, " px are smaller than its window of ",
                       kSsimWindow),
                "Give 0, or larger images");
  }
  const int64_t multiple = int64_t{1} << (unet_options_.blocks + 1);
  if (generator_ == "unet" && image_size % multiple != 0) {
    throw Error("data.image_size",
                concat("is ", image_size, ", and a U-Net of ", unet_options_.blocks,
                       " blocks halves it ", unet_options_.blocks + 1, " times"),
                concat("Give a multiple of ", multiple, ", or fewer unet.blocks"));
  }
}

void ImageToImage::check_discriminator(int64_t image_size) const {
  if (discriminator_network_ != "shen" || objective_.weighed().adversarial == 0) return;
  if (discriminator_sees_maps()) {
    throw Error("discriminator",
                "is 'maps-and-image', and the discriminator of Shen et al. sees images alone",
                "Give discriminator = \"image\"");
  }
  constexpr auto least = ShenDiscriminatorImpl::least_side;
  if (image_size < least) {
    throw Error("data.image_size",
                concat("is ", image_size, ", too small for the discriminator of Shen et al."),
                concat("Give ", least, " or more, or discriminator_network = \"patchgan\""));
  }
}

std::shared_ptr<Discriminator> ImageToImage::make_discriminator() const {
  const auto generator = run_.generator("initialisation of the discriminator");
  if (discriminator_network_ == "shen") {
    ShenDiscriminator discriminator;
    discriminator->initialise(generator);
    return discriminator.ptr();
  }
  PatchGan discriminator(3 + (discriminator_sees_maps() ? input_channels() : 0));
  initialise(discriminator_initialise_, *discriminator, generator);
  lay_channels_last(*discriminator);
  return discriminator.ptr();
}

std::vector<ParameterGroup> ImageToImage::parameters() const {
  auto groups = projection_->parameter_groups();
  if (network_) groups.push_back({network_->parameters()});
  return groups;
}

at::Tensor ImageToImage::maps(const at::Tensor& responses, const at::Tensor& linear) {
  auto maps = projection_->forward(responses.to(run_.device()));
  if (linear.defined()) {
    // Centred and scaled as the maps are: pixels vary by about a quarter around middle gray.
    maps = at::cat({maps, (linear.to(run_.device()) - 0.5) * 4}, 1);
  }
  return maps.contiguous(at::MemoryFormat::ChannelsLast);
}

at::Tensor ImageToImage::linear_of_training(const at::Tensor& responses,
                                            const std::vector<int64_t>& rows) {
  return linear_input_ ? linear_.of_training(responses, rows) : at::Tensor();
}

at::Tensor ImageToImage::image(const at::Tensor& maps) {
  const AutocastScope precision(run_);
  return network_ ? network_->forward(maps) : maps.sigmoid();
}

at::Tensor ImageToImage::predicted(const at::Tensor& maps) {
  if (!network_ || step_options_.fakes != "predicted" || objective_.weighed().adversarial == 0)
    return {};
  const at::NoGradGuard no_grad;
  network_->eval();
  const auto made = image(maps);
  network_->train();
  return made;
}

at::Tensor ImageToImage::condition(const at::Tensor& maps) const {
  return discriminator_sees_maps() ? maps : maps.narrow(1, 0, 0);
}

void ImageToImage::set_training(bool on) {
  projection_->train(on);
  if (network_) network_->train(on);
}

void ImageToImage::fit(const SampleSource& samples, const FitContext& context) {
  if (trainer_.validation == 0) return fit(samples, nullptr, context);
  const auto rows = hold_out(samples, trainer_.validation, context.run);
  const SourceRows learned(samples, rows.learned), held_out(samples, rows.held_out);
  context.run.say(concat(held_out.count(), " of ", samples.count(),
                         " samples are held out to judge the training by (training.validation)"));
  fit(learned, &held_out, context);
}

void ImageToImage::fit(const SampleSource& samples, const SampleSource* held_out,
                       const FitContext& context) {
  if (linear_input_) {
    const Stages stages(context);
    stages.run("linear", {[&](const FitContext& own) { linear_.fit(samples, own); },
                          [&] { return linear_.training_state(); },
                          [&](const TensorMap& state, const std::string& where) {
                            linear_.restore(state, where);
                          }});
  }
  const auto discriminator = make_discriminator();
  discriminator->to(run_.device());

  std::shared_ptr<PerceptualLoss> perceptual;
  std::unique_ptr<FeatureCache> features;
  if (objective_.weighed().perceptual > 0) {
    auto network = load_feature_network(objective_.network, run_.weights());
    network->to(run_.device());
    perceptual = std::make_shared<PerceptualLoss>(std::move(network), objective_);
    features = std::make_unique<FeatureCache>(*perceptual, feature_cache_mb_ << 20, run_);
  }
  AdversarialStep step(parameters(), discriminator, perceptual, objective_, step_options_, run_);
  ImageTraining training({*this, samples, held_out, step, features.get()}, trainer_, run_);
  if (!fallback_note_.empty()) context.run.say(fallback_note_);
  for (const auto& note : projection_->notes()) context.run.say(note);
  if (!resumes_training(context)) projection_->start(samples, context.run);
  set_training(true);
  train(training, samples.count(), trainer_, context);
}

at::Tensor ImageToImage::images_of(const at::Tensor& responses, const ReconstructContext&) {
  const at::NoGradGuard no_grad;
  set_training(false);
  const auto linear = linear_input_ ? linear_.of_new(responses) : at::Tensor();
  return image(maps(responses, linear)).to(at::kCPU, at::kFloat).contiguous();
}

std::vector<PretrainedWeights> ImageToImage::pretrained() const {
  if (objective_.weighed().perceptual == 0) return {};
  return {pretrained_weights(objective_.network, run_.weights())};
}

std::vector<std::string> ImageToImage::objective_metrics() const {
  const auto objective = objective_.weighed();
  std::vector<std::string> metrics;
  if (objective.pixel > 0) metrics.emplace_back("pixel-mse");  // also of absolute differences
  if (objective.ssim > 0) metrics.emplace_back("ssim");
  const bool chosen = trainer_.keep == "best" || trainer_.patience > 0;
  if (trainer_.validation > 0 && chosen && !std::ranges::count(metrics, trainer_.measure)) {
    metrics.push_back(trainer_.measure);
  }
  return metrics;
}

TensorMap ImageToImage::network_state() const {
  TensorMap state = module_state(*projection_, "projection.");
  if (network_) state.merge(module_state(*network_, network_prefix()));
  return state;
}

void ImageToImage::load_network(const TensorMap& state, const std::string& where) {
  load_module_state(*projection_, state, "projection.", where);
  if (network_) load_module_state(*network_, state, network_prefix(), where);
}

TensorMap ImageToImage::state() const {
  TensorMap state = network_state();
  if (linear_input_) add_under(state, "linear.", linear_.state());
  return state;
}

void ImageToImage::load(const TensorMap& state, const std::string& where) {
  load_network(state, where);
  if (linear_input_) linear_.load(state_under(state, "linear."), where);
}

}  // namespace afterimage
