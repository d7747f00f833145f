#include "afterimage/decoders/mean_image.h"

#include <ATen/ATen.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/decoders/state_tensor.h"

namespace afterimage {

void MeanImageDecoder::build(const DecoderInput& input, const RunContext&) {
  size_ = input.image_size;
}

void MeanImageDecoder::fit(const SampleSource& train, const FitContext& context) {
  if (train.count() == 0) {
    throw Error(train.where(), "there are no training samples", "Choose another split");
  }
  auto sum = at::zeros({3, size_, size_}, at::kDouble);
  const auto bytes = 2 * 3 * size_ * size_ * 4;
  for_batches(all_rows(train.count()), rows_per_batch(bytes), [&](int64_t, const auto& rows) {
    context.run.stop_if_cancelled("stopped; nothing was written");
    sum += train.images(rows).sum(0, /*keepdim=*/false, at::kDouble);
  });
  image_ = (sum / static_cast<double>(train.count())).to(at::kFloat);
}

at::Tensor MeanImageDecoder::images_of(const at::Tensor& responses, const ReconstructContext&) {
  TORCH_INTERNAL_ASSERT(image_.defined(), "fit or load first");
  return image_.expand({responses.size(0), -1, -1, -1}).contiguous();
}

void MeanImageDecoder::load(const TensorMap& state, const std::string& where) {
  image_ = state_tensor(state, "image", {3, size_, size_}, where).to(at::kFloat);
}

}  // namespace afterimage
