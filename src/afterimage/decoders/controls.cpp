#include "afterimage/decoders/controls.h"

#include <ATen/ops/cat.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/randperm.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/retrieval.h"

namespace afterimage {
namespace {

std::vector<int64_t> picked(const std::vector<int64_t>& values, const std::vector<int64_t>& rows) {
  std::vector<int64_t> out;
  for (const int64_t row : rows) out.push_back(values.at(static_cast<size_t>(row)));
  return out;
}

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
