#pragma once

#include <map>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/control_cache.h"
#include "afterimage/decoders/decoder.h"
#include "afterimage/recordings/response_reader.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Names of the controls: mean, retrieval, ridge (decoders fitted on the same training samples) and
/// shuffled (the decoder itself, fed with the responses to other images).
const std::vector<std::string>& control_names();

/// Rows 0..n-1 in an order that leaves no row in its place (n > 1): a random cyclic shift of a
/// random order.
std::vector<int64_t> derangement(int64_t n, at::Generator generator);

/// For each row another one that shows another stimulus; `stimulus` numbers those of the rows 0, 1,
/// ... in order of first appearance (stimulus_hash.h). Stimuli are exchanged by a derangement, the
/// k-th row of one with the k-th of the other; with one row per stimulus it is the derangement of
/// the rows. Empty where there is one stimulus only.
std::vector<int64_t> rows_of_others(const std::vector<int64_t>& stimulus, at::Generator generator);

/// What is to be reconstructed: rows of a reader of standardised responses.
struct ToReconstruct {
  ResponseReader responses;
  std::vector<int64_t> rows;
  std::vector<int64_t> stimulus = {};  ///< of each row, as above; for the shuffled control
};

/// Reconstructions of the test samples by each control. A control that is the decoder itself (ridge
/// beside ridge) is left out, and so is "shuffled" where there is one stimulus only. Of the
/// training samples, only what a control needs is read; what it learned is kept in `cache`.
std::map<std::string, at::Tensor> control_images(const std::vector<std::string>& names,
                                                 Decoder& decoder, const std::string& decoder_name,
                                                 const DecoderInput& input,
                                                 const SampleSource& train,
                                                 const ToReconstruct& test,
                                                 const ControlCache& cache, const RunContext& run);

/// Their images in order, read and reconstructed `batch` at a time.
at::Tensor reconstruct_in_batches(Decoder& decoder, const ToReconstruct& test, int64_t batch,
                                  const RunContext& run);
/// Images of all rows of `responses`, (n, sensor, bin).
at::Tensor reconstruct_in_batches(Decoder& decoder, const at::Tensor& responses, int64_t batch,
                                  const RunContext& run);

}  // namespace afterimage
