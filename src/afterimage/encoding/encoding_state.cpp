#include <ATen/ATen.h>

#include <stdexcept>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/encoding/encoding_model.h"
#include "afterimage/encoding/output_curve.h"

namespace afterimage {

TensorMap EncodingModel::state() const {
  TensorMap state = features_.state();
  for (size_t g = 0; g < weight_.size(); ++g) {
    const std::string name = features_.groups()[g].has_fields ? "field." : "whole.";
    state[name + "weight"] = weight_[g];
    state[name + "intercept"] = intercept_[g];
    state[name + "sensors"] = at::tensor(features_.groups()[g].sensors, at::kLong);
  }
  if (curve_.defined()) state["curve"] = curve_;
  state["lambda"] = lambda_;
  state["r2"] = r2_;
  state["noise.share"] = noise_share_;
  state["noise.known"] = at::scalar_tensor(knows_noise_, at::kBool);
  state["noise.averaged"] = at::scalar_tensor(averaged_, at::kDouble);
  state["noise.loadings"] = residuals_.loadings;
  state["noise.diagonal"] = residuals_.diagonal;
  return state;
}

void EncodingModel::load(const TensorMap& state, const std::string& where) {
  const auto take = [&](const std::string& name, const std::vector<int64_t>& shape) {
    const auto found = state.find(name);
    if (found == state.end() || !shape_fits(found->second.sizes().vec(), shape)) {
      throw Error(where, concat("'", name, "' is missing or does not fit these sensors"),
                  "Use the folder 'encode' wrote as it is");
    }
    return found->second;
  };
  try {
    features_.load(state);
  } catch (const std::out_of_range&) {
    throw Error(where, "lacks features of this encoding model",
                "Use the folder 'encode' wrote as it is");
  }
  r2_ = take("r2", {sensors_, -1});
  bins_ = r2_.size(1);
  weight_.clear();
  intercept_.clear();
  for (const auto& group : features_.groups()) {
    const std::string name = group.has_fields ? "field." : "whole.";
    weight_.push_back(take(name + "weight", {std::ssize(group.sensors), -1, bins_}));
    intercept_.push_back(take(name + "intercept", {std::ssize(group.sensors), bins_}));
  }
  if (state.contains("curve")) curve_ = take("curve", {kCubicRows, sensors_, bins_});
  lambda_ = take("lambda", {sensors_});
  noise_share_ = take("noise.share", {sensors_, bins_});
  knows_noise_ = take("noise.known", {}).item<bool>();
  averaged_ = take("noise.averaged", {}).item<double>();
  residuals_ = {take("noise.loadings", {sensors_ * bins_, -1}),
                take("noise.diagonal", {sensors_ * bins_})};
}

}  // namespace afterimage
