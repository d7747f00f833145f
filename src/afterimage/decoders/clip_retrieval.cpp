#include "afterimage/decoders/clip_retrieval.h"

#include <ATen/ATen.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/decoders/retrieval.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/decoders/training_stimuli.h"

namespace afterimage {

Options ClipRetrievalOptions::options() {
  return Options{Option("network", network, "whose features are predicted and compared")
                     .one_of(feature_networks()),
                 Option("layer", layer, "its layer"),
                 Option("predictors", predictors, "fastl2lir: sensors each unit sees").range(1)} +
         prefixed("regression", regression.options());
}

void ClipRetrieval::build(const DecoderInput& input, const RunContext& run) {
  size_ = input.image_size;
  run_ = run;
  regression_.emplace(options_.regression, TargetRegression::Choice{{}, options_.predictors, 1},
                      input.sensors, std::ssize(input.bins), "regions");
}

void ClipRetrieval::fit(const SampleSource& train, const FitContext& context) {
  const auto network = layers_as_targets(options_.network, {options_.layer},
                                         /*imagenet_statistics=*/false, context.run);
  const TemporaryFolder folder;
  const TrainingStimuli training(train);
  const auto path = folder / "features.h5";
  write_targets(path, /*force=*/true, {*network, training.stimuli, Captions()},
                nlohmann::json::object(), context.run);
  const TargetFile file(path);
  regression_->fit(train, {file, options_.layer, training.row}, context.run);
  features_ = file.read(options_.layer, all_rows(file.count()));
  images_ = training.pixels(context.run);
}

at::Tensor ClipRetrieval::images_of(const at::Tensor& responses, const ReconstructContext&) {
  TORCH_INTERNAL_ASSERT(images_.defined(), "fit or load first");
  MostSimilarRows nearest(regression_->predict(responses), /*correlation=*/true);
  nearest.look_at(features_);
  return images_.index_select(0, nearest.found()).to(at::kFloat).div_(255);
}

std::vector<PretrainedWeights> ClipRetrieval::pretrained() const {
  return {pretrained_weights(options_.network, run_.weights())};
}

TensorMap ClipRetrieval::state() const {
  TensorMap state{{"features", features_}, {"images", images_}};
  add_under(state, "regression.", regression_->state());
  return state;
}

void ClipRetrieval::load(const TensorMap& state, const std::string& where) {
  regression_->load(state_under(state, "regression."), where);
  const int64_t units = regression_->units().size(0);
  features_ = state_tensor(state, "features", {-1, units}, where);
  images_ = state_tensor(state, "images", {features_.size(0), 3, size_, size_}, where);
}

}  // namespace afterimage
