#pragma once

#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/evaluation/statistics.h"

namespace afterimage {

/// Several trainings of one configuration that differ by their seed alone, all judged by the same
/// stimuli: for each the columns of one metric (statistics.h). A score of them is the mean of
/// theirs.
///
/// It would be another with other stimuli and with other seeds; an interval from stimuli alone is
/// too narrow for the second. Both are drawn: stimuli by the bootstrap, for all trainings at once
/// because they share them; the bootstrap over seeds is known without drawing (its variance is that
/// over seeds divided by their number) and is multiplied by k / (k - 1), which it lacks. Variances
/// of both add up, what differs by stimulus and seed is counted twice, and the interval is
/// Student's with the degrees of freedom of Satterthwaite (1946).
using Trainings = std::vector<at::Tensor>;

/// Mean over trainings.
double value_of_trainings(const Trainings& trainings);

/// A value with its standard error over stimuli and seeds, and the degrees of freedom of that.
struct CrossedEstimate {
  double value = 0, error = 0, degrees = 0;

  Interval interval() const;        ///< 95 %, Student's
  double p(double expected) const;  ///< two-sided, of another value
};
CrossedEstimate crossed_estimate(const Trainings& trainings, const at::Tensor& counts);

/// 95 % interval over stimuli and seeds; of one training that of statistics.h.
Interval interval_of_trainings(const Trainings& trainings, const at::Tensor& counts);

/// How two of them differ on the same stimuli (first minus second). One training on either side:
/// paired_difference. Else interval and p are of Student's t with the variances of stimuli, shared,
/// and of either side's seeds.
PairedDifference paired_trainings(const Trainings& first, const Trainings& second,
                                  const at::Tensor& counts, const at::Tensor& signs);

/// Two-sided p of Student's t, degrees of freedom of any size above 0.
double student_p(double t, double degrees);

}  // namespace afterimage
