#include "afterimage/decoders/controls.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/randperm.h>
#include <ATen/ops/tensor.h>

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

std::vector<int64_t> rows_of_others(const std::vector<int64_t>& stimulus, at::Generator generator) {
  std::vector<std::vector<int64_t>> rows_of;  // by stimulus
  std::vector<size_t> place;                  // of each row among those of its stimulus
  for (size_t row = 0; row < stimulus.size(); ++row) {
    const auto shown = static_cast<size_t>(stimulus[row]);
    if (shown >= rows_of.size()) rows_of.resize(shown + 1);
    place.push_back(rows_of[shown].size());
    rows_of[shown].push_back(static_cast<int64_t>(row));
  }
  if (rows_of.size() < 2) return {};
  const auto other = derangement(std::ssize(rows_of), std::move(generator));
  std::vector<int64_t> rows;
  for (size_t row = 0; row < stimulus.size(); ++row) {
    const auto& candidates =
        rows_of[static_cast<size_t>(other[static_cast<size_t>(stimulus[row])])];
    rows.push_back(candidates[place[row] % candidates.size()]);
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
                                                 const std::vector<int64_t>& stimulus,
                                                 const RunContext& run) {
  std::map<std::string, at::Tensor> images;
  constexpr int64_t batch = 32;
  for (const auto& name : names) {
    if (name == decoder_name) continue;
    if (name == "shuffled") {
      const auto rows = rows_of_others(stimulus, run.generator("shuffled control"));
      if (rows.empty()) {
        run.say("one stimulus only: there are no other responses for the shuffled control");
        continue;
      }
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
