#include "afterimage/decoders/linear_input.h"

#include <ATen/ATen.h>

#include <algorithm>

#include "afterimage/base/text.h"
#include "afterimage/decoders/state_tensor.h"
#include "afterimage/regression/folds.h"

namespace afterimage {

void LinearInput::build(const DecoderInput& input, const RunContext& run) {
  input_ = input;
  run_ = run;
  whole_.build(input, run);
}

void LinearInput::fit(const SampleSource& train, const FitContext& context) {
  constexpr int64_t folds = 5;
  whole_.fit(train, context);
  fold_ = grouped_folds(train.photographs(), folds, context.run.generator("cross-fitting"));
  const int64_t used = *std::max_element(fold_.begin(), fold_.end()) + 1;
  without_.clear();
  for (int64_t fold = 0; fold < used; ++fold) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < train.count(); ++i) {
      if (fold_[static_cast<size_t>(i)] != fold) rows.push_back(i);
    }
    add_fold().fit(train, rows, context.run);
  }
}

RidgeDecoder& LinearInput::add_fold() {
  RidgeOptions same;
  same.lambda = whole_.state().at("lambda").item<double>();
  auto& ridge = without_.emplace_back(same);
  ridge.build(input_, run_);
  return ridge;
}

TensorMap LinearInput::training_state() const {
  TensorMap state{{"fold", at::tensor(fold_, at::kLong)}};
  add_under(state, "whole.", whole_.state());
  for (size_t f = 0; f < without_.size(); ++f) {
    add_under(state, concat("without.", f, "."), without_[f].state());
  }
  return state;
}

void LinearInput::restore(const TensorMap& state, const std::string& where) {
  whole_.load(state_under(state, "whole."), where);
  const at::Tensor fold = state_tensor(state, "fold", {-1}, where).to(at::kLong).contiguous();
  fold_.assign(fold.const_data_ptr<int64_t>(), fold.const_data_ptr<int64_t>() + fold.numel());
  without_.clear();
  for (int64_t f = 0; f <= fold.max().item<int64_t>(); ++f) {
    add_fold().load(state_under(state, concat("without.", f, ".")), where);
  }
}

at::Tensor LinearInput::of_training(const at::Tensor& responses, const std::vector<int64_t>& rows) {
  std::vector<at::Tensor> images;
  for (size_t i = 0; i < rows.size(); ++i) {
    auto& ridge = without_[static_cast<size_t>(fold_[static_cast<size_t>(rows[i])])];
    images.push_back(ridge.reconstruct(responses.narrow(0, static_cast<int64_t>(i), 1)));
  }
  return at::cat(images);
}

}  // namespace afterimage
