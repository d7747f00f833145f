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

/// What is to be reconstructed: rows of a reader of standardised responses.
struct ToReconstruct {
  ResponseReader responses;
  std::vector<int64_t> rows;
  std::vector<int64_t> stimulus = {};  ///< of each row, a number; for the shuffled control
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
