#include "afterimage/decoders/controls.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/rows.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/other_rows.h"
#include "afterimage/decoders/retrieval.h"

namespace afterimage {
namespace {

/// Images of the training samples most like each test sample. The training responses are read once
/// for every 256 MiB of test responses, and of the images only those found.
at::Tensor retrieved(const SampleSource& train, const ToReconstruct& test, const RunContext& run) {
  std::vector<at::Tensor> images;
  const int64_t rows_at_once = rows_per_batch(test.responses.bytes_per_row, int64_t{256} << 20);
  for_batches(test.rows, rows_at_once, [&](int64_t, const auto& rows) {
    const auto nearest = most_similar_samples(train, test.responses(rows).to(run.device()));
    images.push_back(train.images(nearest));
  });
  return at::cat(images);
}

}  // namespace

const std::vector<std::string>& control_names() {
  static const std::vector<std::string> names = {"mean", "retrieval", "ridge", "shuffled"};
  return names;
}

at::Tensor reconstruct_in_batches(Decoder& decoder, const ToReconstruct& test, int64_t batch,
                                  const RunContext& run) {
  at::Tensor images;
  for_batches(test.rows, batch, [&](int64_t first, const auto& rows) {
    const at::Tensor part = decoder.reconstruct(test.responses(rows), {run, first});
    if (!images.defined()) {
      auto shape = part.sizes().vec();
      shape[0] = std::ssize(test.rows);
      images = at::empty(shape, part.options());
    }
    images.narrow(0, first, part.size(0)).copy_(part);
  });
  return images;
}

at::Tensor reconstruct_in_batches(Decoder& decoder, const at::Tensor& responses, int64_t batch,
                                  const RunContext& run) {
  const ResponseReader reader{[&](const std::vector<int64_t>& rows) {
                                return responses.narrow(0, rows.front(), std::ssize(rows));
                              },
                              0};
  return reconstruct_in_batches(decoder, {reader, all_rows(responses.size(0))}, batch, run);
}

std::map<std::string, at::Tensor> control_images(const std::vector<std::string>& names,
                                                 Decoder& decoder, const std::string& decoder_name,
                                                 const DecoderInput& input,
                                                 const SampleSource& train,
                                                 const ToReconstruct& test,
                                                 const ControlCache& cache, const RunContext& run) {
  std::map<std::string, at::Tensor> images;
  constexpr int64_t batch = 32;
  for (const auto& name : names) {
    if (name == decoder_name) continue;
    if (name == "shuffled") {
      const auto order = rows_of_others(test.stimulus, run.generator("shuffled control"));
      if (order.empty()) {
        run.say("one stimulus only: there are no other responses for the shuffled control");
        continue;
      }
      images[name] = reconstruct_in_batches(decoder, {test.responses, picked(test.rows, order), {}},
                                            batch, run);
    } else if (name == "retrieval") {
      images[name] = retrieved(train, test, run);
    } else {
      const auto control = make_decoder(name, "--controls");
      control->build(input, run);
      cache.fit(*control, name, train, run);
      images[name] = reconstruct_in_batches(*control, test, batch, run);
    }
  }
  return images;
}

}  // namespace afterimage
