#include "afterimage/decoders/controls.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/tensor.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {

const std::vector<std::string>& control_names() {
  static const std::vector<std::string> names = {"mean", "retrieval", "ridge", "shuffled"};
  return names;
}

std::vector<int64_t> derangement(int64_t n, at::Generator generator) {
  const at::Tensor order = at::randperm(n, std::move(generator), at::kLong);
  const auto* at_place = order.data_ptr<int64_t>();
  std::vector<int64_t> rows(static_cast<size_t>(n));
  for (int64_t i = 0; i < n; ++i) {
    rows[static_cast<size_t>(at_place[i])] = at_place[(i + 1) % n];
  }
  return rows;
}

at::Tensor reconstruct_in_batches(Decoder& decoder, const at::Tensor& responses, int64_t batch) {
  std::vector<at::Tensor> images;
  for (const auto& part : responses.split(batch)) images.push_back(decoder.reconstruct(part));
  return at::cat(images);
}

std::map<std::string, at::Tensor> control_images(const std::vector<std::string>& names,
                                                 Decoder& decoder, const std::string& decoder_name,
                                                 const DecoderInput& input, const Samples& train,
                                                 const at::Tensor& responses,
                                                 const RunContext& run) {
  std::map<std::string, at::Tensor> images;
  constexpr int64_t batch = 32;
  for (const auto& name : names) {
    if (name == decoder_name) continue;
    if (name == "shuffled") {
      const auto rows = derangement(responses.size(0), run.generator("shuffled control"));
      images[name] =
          reconstruct_in_batches(decoder, responses.index_select(0, at::tensor(rows)), batch);
      continue;
    }
    const auto control = make_decoder(name, "--controls");
    control->build(input, run);
    control->fit(train, {run, {}, false, {}});
    images[name] = reconstruct_in_batches(*control, responses, batch);
  }
  return images;
}

}  // namespace afterimage
