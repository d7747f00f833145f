#include "afterimage/decoders/nishimoto.h"

#include <ATen/ATen.h>

#include <algorithm>
#include <set>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/formats/image.h"
#include "afterimage/networks/feature_network.h"

namespace afterimage {
namespace {

constexpr int64_t network_batch = 32;                   // images at a time
constexpr int64_t prediction_bytes = int64_t{1} << 30;  // features of the prior at a time

/// One layer of a pretrained network, flattened.
class LayerFeatures {
 public:
  LayerFeatures(const NishimotoOptions& options, const RunContext& run)
      : options_(options),
        run_(run),
        network_(load_feature_network(options.network, run.weights())) {
    network_->to(run.device());
    const auto known = network_->layers();
    if (std::find(known.begin(), known.end(), options.layer) == known.end()) {
      throw Error("layer", concat(options.network, " has no layer '", options.layer, "'"),
                  suggestion(options.layer, known));
    }
  }

  /// (n, 3, size, size) in [0,1] -> (n, p).
  at::Tensor operator()(const at::Tensor& images) const {
    const at::NoGradGuard no_grad;
    std::vector<at::Tensor> parts;
    for (const auto& some : images.split(network_batch)) {
      run_.stop_if_cancelled("stopped; nothing was written");
      auto input = some.to(run_.device());
      const auto side = options_.feature_size;
      if (side > 0) input = at::upsample_bilinear2d(input, {side, side}, /*align_corners=*/false);
      auto maps = network_->forward(input, {options_.layer})[0];
      if (options_.pool > 0 && maps.dim() == 4 && maps.size(2) > options_.pool) {
        maps = at::adaptive_avg_pool2d(maps, {options_.pool, options_.pool});
      }
      parts.push_back(maps.contiguous().flatten(1));
    }
    return at::cat(parts);
  }

 private:
  const NishimotoOptions& options_;
  const RunContext& run_;
  std::shared_ptr<FeatureNetwork> network_;
};

at::Tensor in_bytes(const at::Tensor& images) { return (images * 255).round().to(at::kByte); }
at::Tensor in_unit(const at::Tensor& images) { return images.to(at::kFloat) / 255; }

}  // namespace

Options NishimotoOptions::options() {
  return Options{
             Option("network", network, "network whose features predict the responses")
                 .one_of(feature_networks()),
             Option("layer", layer, "its layer, as torchvision names it"),
             Option("feature_size", feature_size,
                    "side images are resized to for the network, 0 = as they are")
                 .range(0, 4096)
                 .unit("pixels"),
             Option("pool", pool,
                    "side the layer's maps are averaged to, 0 = as they are: with many samples the "
                    "encoding model takes memory for samples x samples or features x features")
                 .range(0, 512),
             Option("prior", prior, "folder of images to choose from; none: the training images"),
             Option("top", top, "most likely images whose mean is the reconstruction (1, 3, 100)")
                 .range(1, 1e6)} +
         prefixed("response_model", response_model.options());
}

at::Tensor log_likelihood(const at::Tensor& responses, const at::Tensor& predictions,
                          const at::Tensor& precision) {
  const auto energy = at::mv(predictions.square(), precision);  // (m)
  return at::addmm(energy, responses * precision, predictions.t(), /*beta=*/-0.5);
}

void NishimotoDecoder::build(const DecoderInput& input, const RunContext& run) {
  run_ = run;
  size_ = input.image_size;
  predictors_ = input.sensors.count() * static_cast<int64_t>(input.bins.size());
}

void NishimotoDecoder::check_top(int64_t images) const {
  if (options_.top <= images) return;
  throw Error("top",
              concat("is ", options_.top, ", and there are ", images, " images to choose from"),
              concat("Give at most ", images));
}

at::Tensor NishimotoDecoder::prior_images(const SampleSource& train, const RunContext& run) const {
  std::vector<at::Tensor> parts;
  if (options_.prior.empty()) {
    std::vector<int64_t> rows;
    std::set<int64_t> seen;
    for (int64_t row = 0; row < train.count(); ++row) {
      if (seen.insert(train.stimulus()[static_cast<size_t>(row)]).second) rows.push_back(row);
    }
    check_top(std::ssize(rows));
    for_batches(rows, rows_per_batch(2 * 4 * 3 * size_ * size_), [&](int64_t, const auto& some) {
      run.stop_if_cancelled("stopped; nothing was written");
      parts.push_back(in_bytes(train.images(some)));
    });
    return at::cat(parts);
  }
  const auto files = image_files(options_.prior);
  check_top(std::ssize(files));
  Progress progress(run, "images of the prior", std::ssize(files), "image");
  for (const auto& file : files) {
    run.stop_if_cancelled("stopped; nothing was written");
    parts.push_back(centre_square(read_image(file), size_));
    progress.advance(1);
  }
  return at::stack(parts);
}

void NishimotoDecoder::fit(const SampleSource& train, const FitContext& context) {
  const LayerFeatures features(options_, context.run);
  const auto images = prior_images(train, context.run);  // (m, 3, y, x) uint8
  const auto count = features(in_unit(images.narrow(0, 0, 1))).size(1);
  ResponseModel model(
      train, count, [&](const std::vector<int64_t>& rows) { return features(train.images(rows)); },
      options_.response_model, context.run);
  std::vector<at::Tensor> predictions;
  for (const auto& some : images.split(rows_per_batch(2 * 8 * count, prediction_bytes))) {
    predictions.push_back(model.predictions(features(in_unit(some))));
  }
  state_ = {{"predictions", at::cat(predictions)},
            {"images", images},
            {"precision", model.noise().reciprocal().to(at::kFloat)},
            {"lambda", model.lambda()}};
}

at::Tensor NishimotoDecoder::images_of(const at::Tensor& responses, const ReconstructContext&) {
  TORCH_INTERNAL_ASSERT(!state_.empty(), "fit or load first");
  const auto r = responses.flatten(1).to(run_.device());
  std::vector<at::Tensor> likelihood;
  for (const auto& some : state_.at("predictions").split(rows_per_batch(2 * 4 * predictors_))) {
    likelihood.push_back(log_likelihood(r, some, state_.at("precision")));
  }
  const auto best = std::get<1>(at::cat(likelihood, 1).topk(options_.top, 1)).cpu();  // (n, top)
  auto sum = at::zeros({responses.size(0), 3, size_, size_});
  for (int64_t k = 0; k < options_.top; ++k) {
    sum += in_unit(state_.at("images").index_select(0, best.select(1, k)));
  }
  return sum / static_cast<double>(options_.top);
}

std::vector<PretrainedWeights> NishimotoDecoder::pretrained() const {
  return {pretrained_weights(options_.network, run_.weights())};
}

void NishimotoDecoder::load(const TensorMap& state, const std::string& where) {
  const auto images = state_tensor(state, "images", {-1, 3, size_, size_}, where).size(0);
  state_tensor(state, "predictions", {images, predictors_}, where);
  state_tensor(state, "precision", {predictors_}, where);
  check_top(images);
  state_ = state;
  for (const auto* name : {"predictions", "precision"}) {
    state_[name] = state_[name].to(run_.device(), at::kFloat);
  }
}

}  // namespace afterimage
