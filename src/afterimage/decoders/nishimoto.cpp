#include "afterimage/decoders/nishimoto.h"

#include <ATen/ATen.h>

#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/decoders/training_stimuli.h"
#include "afterimage/formats/image.h"

namespace afterimage {
namespace {

constexpr int64_t encoded_at_once = 64;  // images

at::Tensor in_unit(const at::Tensor& images) { return images.to(at::kFloat) / 255; }

}  // namespace

Options NishimotoOptions::options() {
  return Options{
             Option("fields", fields,
                    "sensors see the image through their receptive fields; else each sees all of "
                    "it"),
             Option("prior", prior, "folder of images to choose from; none: the training images"),
             Option("top", top, "most likely images whose mean is the reconstruction (1, 3, 100)")
                 .range(1, 1e6)} +
         prefixed("likelihood", likelihood.options());
}

at::Tensor log_likelihood(const at::Tensor& responses, const at::Tensor& predictions,
                          const at::Tensor& weighted) {
  const auto energy = (predictions * weighted).sum(1);  // (m)
  return at::addmm(energy, responses, weighted.t(), /*beta=*/-0.5);
}

void NishimotoDecoder::build(const DecoderInput& input, const RunContext& run) {
  run_ = run;
  size_ = input.image_size;
  predictors_ = input.sensors.count() * static_cast<int64_t>(input.bins.size());
  auto sensors = input.sensors;
  if (!options_.fields) {
    sensors.x.assign(sensors.x.size(), std::numeric_limits<double>::quiet_NaN());
  }
  model_ = std::make_unique<EncodingModel>(options_.likelihood, sensors, run);
}

void NishimotoDecoder::check_top(int64_t images) const {
  if (options_.top <= images) return;
  throw Error("top",
              concat("is ", options_.top, ", and there are ", images, " images to choose from"),
              concat("Give at most ", images));
}

at::Tensor NishimotoDecoder::prior_images(const SampleSource& train, const RunContext& run) const {
  if (options_.prior.empty()) {
    const TrainingStimuli training(train);
    check_top(std::ssize(training.stimuli.name));
    return training.pixels(run);
  }
  const auto files = image_files(options_.prior);
  check_top(std::ssize(files));
  std::vector<at::Tensor> parts;
  Progress progress(run, "images of the prior", std::ssize(files), "image");
  for (const auto& file : files) {
    run.stop_if_cancelled("stopped; nothing was written");
    parts.push_back(centre_square(read_image(file), size_));
    progress.advance(1);
  }
  return at::stack(parts);
}

void NishimotoDecoder::fit(const SampleSource& train, const FitContext& context) {
  const at::NoGradGuard no_grad;
  const auto images = prior_images(train, context.run);  // (m, 3, y, x) uint8
  model_->fit(train, context.run);
  std::vector<at::Tensor> predictions;
  for (const auto& some : images.split(encoded_at_once)) {
    context.run.stop_if_cancelled("stopped; nothing was written");
    predictions.push_back(model_->predict(in_unit(some)).flatten(1));
  }
  state_ = {{"predictions", at::cat(predictions)},
            {"images", images},
            {"noise.loadings", model_->residuals().loadings},
            {"noise.diagonal", model_->residuals().diagonal},
            {"lambda", model_->lambda()},
            {"r2", model_->r2()}};
  weigh_predictions();
}

void NishimotoDecoder::weigh_predictions() {
  const ResidualNoise noise{state_.at("noise.loadings"), state_.at("noise.diagonal")};
  const auto predictions = state_.at("predictions").cpu();
  predictions_ = predictions.to(run_.device());
  weighted_ = noise.solve(predictions).to(run_.device());
}

at::Tensor NishimotoDecoder::images_of(const at::Tensor& responses, const ReconstructContext&) {
  TORCH_INTERNAL_ASSERT(!state_.empty(), "fit or load first");
  const auto r = responses.flatten(1).to(run_.device());
  const auto likelihood = log_likelihood(r, predictions_, weighted_);     // (n, m)
  const auto best = std::get<1>(likelihood.topk(options_.top, 1)).cpu();  // (n, top)
  auto sum = at::zeros({responses.size(0), 3, size_, size_});
  for (int64_t k = 0; k < options_.top; ++k) {
    sum += in_unit(state_.at("images").index_select(0, best.select(1, k)));
  }
  return sum / static_cast<double>(options_.top);
}

std::vector<PretrainedWeights> NishimotoDecoder::pretrained() const {
  if (model_ == nullptr || !model_->reads_network()) return {};
  return {pretrained_weights("squeezenet", run_.weights())};
}

void NishimotoDecoder::load(const TensorMap& state, const std::string& where) {
  const auto images = state_tensor(state, "images", {-1, 3, size_, size_}, where).size(0);
  state_tensor(state, "predictions", {images, predictors_}, where);
  state_tensor(state, "noise.loadings", {predictors_, -1}, where);
  state_tensor(state, "noise.diagonal", {predictors_}, where);
  check_top(images);
  state_ = state;
  weigh_predictions();
}

}  // namespace afterimage
