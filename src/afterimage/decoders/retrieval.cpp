#include "afterimage/decoders/retrieval.h"

#include <ATen/ATen.h>

#include "afterimage/base/error.h"
#include "afterimage/decoders/row_batches.h"
#include "afterimage/decoders/state_tensor.h"

namespace afterimage {
namespace {

constexpr int64_t kBlock = 512;  // test rows compared at a time

/// Rows centred and of unit length; rows that do not vary become zero.
at::Tensor standardised_rows(const at::Tensor& x) {
  const auto centred = x - x.mean(1, /*keepdim=*/true);
  const auto length = centred.norm(2, {1}, /*keepdim=*/true);
  return at::where(length > 0, centred / length, at::zeros_like(centred));
}

}  // namespace

Fields RetrievalOptions::fields() {
  return {Field("similarity", similarity, "how responses are compared")
              .one_of({"correlation", "euclidean"})};
}

at::Tensor most_similar_rows(const at::Tensor& train, const at::Tensor& test, bool correlation) {
  const auto prepared = [correlation](const at::Tensor& x) {
    return correlation ? standardised_rows(x) : x;
  };
  const auto keys = prepared(train);
  // -|a - b|^2 / 2 = a'b - |b|^2 / 2 up to a constant of the test row; 0 for unit rows.
  const auto offset = correlation ? at::zeros({1}, keys.options()) : keys.square().sum(1) / 2;
  std::vector<at::Tensor> best;
  for (const auto& part : test.split(kBlock)) {
    const auto score = at::mm(prepared(part), keys.t()) - offset;  // (m, n)
    best.push_back(score.argmax(1));
  }
  return at::cat(best);
}

void RetrievalDecoder::build(const DecoderInput& input, const RunContext& run) {
  size_ = input.image_size;
  predictors_ = input.sensors.count() * static_cast<int64_t>(input.bins.size());
  device_ = run.device();
}

void RetrievalDecoder::fit(const Samples& train, const FitContext& context) {
  const auto n = train.count();
  if (n == 0) {
    throw Error(train.recording().path(), "there are no training samples", "Choose another split");
  }
  responses_ = at::empty({n, predictors_}, at::kFloat);
  images_ = at::empty({n, 3, size_, size_}, at::kByte);
  for (const auto& rows : row_batches(n)) {
    context.run.stop_if_cancelled("stopped; nothing was written");
    const auto count = static_cast<int64_t>(rows.size());
    responses_.narrow(0, rows.front(), count).copy_(train.responses(rows).flatten(1));
    images_.narrow(0, rows.front(), count).copy_((train.images(rows) * 255).round());
  }
  responses_ = responses_.to(device_);
}

at::Tensor RetrievalDecoder::reconstruct(const at::Tensor& responses) {
  TORCH_INTERNAL_ASSERT(images_.defined(), "fit or load first");
  const auto rows = most_similar_rows(responses_, responses.flatten(1).to(device_),
                                      options_.similarity == "correlation");
  return images_.index_select(0, rows.cpu()).to(at::kFloat).div_(255);
}

void RetrievalDecoder::load(const TensorMap& state, const std::string& where) {
  responses_ = state_tensor(state, "responses", {-1, predictors_}, where).to(device_);
  images_ = state_tensor(state, "images", {responses_.size(0), 3, size_, size_}, where);
}

}  // namespace afterimage
