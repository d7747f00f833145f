#include "afterimage/decoders/retrieval.h"

#include <ATen/ATen.h>

#include <limits>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/decoders/state_tensor.h"

namespace afterimage {
namespace {

/// Rows centred and of unit length; rows that do not vary become zero.
at::Tensor standardised_rows(const at::Tensor& x) {
  const auto centred = x - x.mean(1, /*keepdim=*/true);
  const auto length = centred.norm(2, {1}, /*keepdim=*/true);
  return centred.div(length).masked_fill_(length == 0, 0);
}

}  // namespace

Options RetrievalOptions::options() {
  return {Option("similarity", similarity, "how responses are compared")
              .one_of({"correlation", "euclidean"})};
}

at::Tensor MostSimilarRows::prepared(const at::Tensor& rows) const {
  return correlation_ ? standardised_rows(rows) : rows;
}

MostSimilarRows::MostSimilarRows(const at::Tensor& test, bool correlation)
    : correlation_(correlation),
      test_(prepared(test)),
      similarity_(at::full({test.size(0)}, -std::numeric_limits<double>::infinity())),
      row_(at::zeros({test.size(0)}, at::kLong)) {}

void MostSimilarRows::look_at(const at::Tensor& rows) {
  if (rows.size(0) == 0) return;
  const auto keys = prepared(rows);
  auto score = at::mm(test_, keys.t());  // (m, n)
  // -|a - b|^2 / 2 = a'b - |b|^2 / 2 up to a constant of the test row.
  if (!correlation_) score -= keys.square().sum(1) / 2;
  const auto [best, at] = score.max(1);
  const auto better = best.cpu() > similarity_;
  similarity_ = at::where(better, best.cpu(), similarity_);
  row_ = at::where(better, at.cpu() + seen_, row_);
  seen_ += rows.size(0);
}

std::vector<int64_t> most_similar_samples(const SampleSource& train, const at::Tensor& responses) {
  MostSimilarRows nearest(responses.flatten(1), /*correlation=*/true);
  const int64_t bytes = train.sensors() * train.bins() * 3 * 4;  // as read, centred, of unit length
  const auto device = responses.device();
  for_batches(all_rows(train.count()), rows_per_batch(bytes), [&](int64_t, const auto& rows) {
    nearest.look_at(train.responses(rows).flatten(1).to(device));
  });
  const auto found = nearest.found();
  return {found.const_data_ptr<int64_t>(), found.const_data_ptr<int64_t>() + found.numel()};
}

void RetrievalDecoder::build(const DecoderInput& input, const RunContext& run) {
  size_ = input.image_size;
  predictors_ = input.sensors.count() * static_cast<int64_t>(input.bins.size());
  device_ = run.device();
}

void RetrievalDecoder::fit(const SampleSource& train, const FitContext& context) {
  const auto n = train.count();
  if (n == 0) throw Error(train.where(), "there are no training samples", "Choose another split");
  responses_ = at::empty({n, predictors_}, at::kFloat);
  images_ = at::empty({n, 3, size_, size_}, at::kByte);
  const auto bytes = 2 * 4 * std::max(predictors_, 3 * size_ * size_);
  for_batches(all_rows(n), rows_per_batch(bytes), [&](int64_t first, const auto& rows) {
    context.run.stop_if_cancelled("stopped; nothing was written");
    responses_.narrow(0, first, std::ssize(rows)).copy_(train.responses(rows).flatten(1));
    images_.narrow(0, first, std::ssize(rows)).copy_((train.images(rows) * 255).round());
  });
  responses_ = responses_.to(device_);
}

at::Tensor RetrievalDecoder::images_of(const at::Tensor& responses, const ReconstructContext&) {
  TORCH_INTERNAL_ASSERT(images_.defined(), "fit or load first");
  MostSimilarRows nearest(responses.flatten(1).to(device_), options_.similarity == "correlation");
  for (const auto& part : responses_.split(rows_per_batch(2 * 4 * predictors_))) {
    nearest.look_at(part);
  }
  return images_.index_select(0, nearest.found()).to(at::kFloat).div_(255);
}

void RetrievalDecoder::load(const TensorMap& state, const std::string& where) {
  responses_ = state_tensor(state, "responses", {-1, predictors_}, where).to(device_);
  images_ = state_tensor(state, "images", {responses_.size(0), 3, size_, size_}, where);
}

}  // namespace afterimage
