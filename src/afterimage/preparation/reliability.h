#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "afterimage/recordings/response_reader.h"

namespace afterimage {

/// How well each sensor repeats itself, from stimuli shown more than once. Responses are averaged
/// over bins first. NaN where a sensor never varies. All (sensor) float64.
struct Repeatability {
  /// Mean over random halves of 2 r / (1 + r), r the correlation over stimuli between the means of
  /// the halves (Spearman 1910, Brown 1910).
  at::Tensor split_half;
  /// Mean over all pairs of repetitions of the correlation over stimuli between single trials, each
  /// over the stimuli that have both: what the papers' thresholds mean (TVSD: 435 pairs of 30).
  at::Tensor single_trial;
  /// Mean over repetitions of the correlation between one repetition and the mean of the others.
  at::Tensor oracle;
  /// Signal variance over noise variance of one trial: noise = mean variance over a stimulus'
  /// repeats (divided by n - 1), signal = max(0, variance of all trials - noise), as Allen et al.
  /// 2022 (ncsnr is its root).
  at::Tensor snr;
  int64_t stimuli = 0;
  int64_t fewest = 0, most = 0;  ///< trials of a stimulus
};

/// `groups`: the trials of each stimulus; groups of one are left out. Reads a stimulus at a time,
/// twice, and keeps sums only. An Error at `where` when fewer than three stimuli have repeats.
Repeatability measure_repeatability(const ResponseReader& read,
                                    const std::vector<std::vector<int64_t>>& groups, int64_t halves,
                                    at::Generator generator, const std::string& where);

/// snr / (snr + 1 / trials): the part of the variance of a mean of so many trials that the stimulus
/// explains (Allen et al. 2022).
at::Tensor noise_ceiling(const at::Tensor& snr, int64_t trials);

}  // namespace afterimage
