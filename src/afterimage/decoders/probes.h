#pragma once

#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/reconstruction.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// What the checks of an evaluation need of the decoder itself, and an evaluation, which has only
/// images, cannot make:
///   zero       responses that are all at their training mean: one image
///   noise      standard normal responses
///   trials     means of 1, 2, 4, ... of the trials of each sample ("trials-4"), and of each half
///              of them ("half-1", "half-2"); samples of several trials only
///   recovery   responses without noise, where the recording knows them; else, under the name
///              "predicted", those that an encoding model predicts, where there is one
///   batch      some samples alone: Reconstruction::batch_difference is the largest difference of a
///              pixel from the same sample in its batch
/// One row of each stimulus takes part, evenly spaced where there are more than `most`.
const std::vector<std::string>& probe_names();

struct ProbeOptions {
  std::vector<std::string> probes = {"zero", "noise", "trials", "recovery", "batch"};
  int64_t probe_samples = 100;

  Options options();
};

/// The responses that probes are made of.
struct ProbeInput {
  const SampleSource& test;    ///< what was reconstructed, a sample for each row
  const SampleSource& trials;  ///< the trials of these samples, one by one
  /// Standardised responses of rows of `trials` without noise; empty where they are not known.
  std::function<at::Tensor(const std::vector<int64_t>&)> noise_free = {};
  /// Standardised responses to what rows of `trials` show, as an encoding model predicts them.
  std::function<at::Tensor(const std::vector<int64_t>&)> predicted = {};
  /// What the decoder is given of responses (arrays may be absent).
  std::function<at::Tensor(const at::Tensor&)> given = [](const at::Tensor& all) { return all; };
};

/// Adds the probes asked for to the reconstruction of `input.test`.
void add_probes(Reconstruction& result, Decoder& decoder, const ProbeInput& input,
                const ProbeOptions& options, int64_t batch, const RunContext& run);

}  // namespace afterimage
