#include "afterimage/decoders/linear_input.h"

#include <ATen/ATen.h>

#include "afterimage/decoders/folds.h"

namespace afterimage {

void LinearInput::build(const DecoderInput& input, const RunContext& run) {
  input_ = input;
  whole_.build(input, run);
}

void LinearInput::fit(const SampleSource& train, const FitContext& context) {
  constexpr int64_t folds = 5;
  whole_.fit(train, context);
  RidgeOptions same;
  same.lambda = whole_.state().at("lambda").item<double>();
  fold_ = grouped_folds(train.photographs(), folds, context.run.generator("cross-fitting"));
  const int64_t used = *std::max_element(fold_.begin(), fold_.end()) + 1;
  without_.clear();
  for (int64_t fold = 0; fold < used; ++fold) {
    std::vector<int64_t> rows;
    for (int64_t i = 0; i < train.count(); ++i) {
      if (fold_[static_cast<size_t>(i)] != fold) rows.push_back(i);
    }
    auto& ridge = without_.emplace_back(same);
    ridge.build(input_, context.run);
    ridge.fit(train, rows, context.run);
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
