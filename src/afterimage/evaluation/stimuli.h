#pragma once

#include <cstdint>
#include <vector>

#include <ATen/core/Tensor.h>

namespace afterimage {

/// Which stimulus each row of a set of images shows: of single trials several rows show one.
/// Stimuli, not rows, are what a set's score is the mean over, what identification chooses among
/// and what statistics draw, so that more trials of the same images are no more images.
class Stimuli {
 public:
  /// A stimulus of its own in each of `rows` rows.
  explicit Stimuli(int64_t rows);
  /// The stimulus of each row, numbered 0, 1, ... in order of first appearance (stimulus_hash.h).
  explicit Stimuli(const std::vector<int64_t>& of_row);

  int64_t rows() const { return of_row_.size(0); }
  int64_t count() const { return first_row_.size(0); }
  bool one_row_each() const { return rows() == count(); }

  const at::Tensor& of_row() const { return of_row_; }        ///< (rows) int64
  const at::Tensor& first_row() const { return first_row_; }  ///< (count) int64, ascending
  /// The rows of `images` that are the first of their stimulus: (rows, ...) -> (count, ...).
  at::Tensor firsts(const at::Tensor& images) const;
  /// Mean over the rows of each stimulus: (rows, k) float64 -> (count, k).
  at::Tensor mean(const at::Tensor& values) const;

 private:
  at::Tensor of_row_, first_row_;
};

}  // namespace afterimage
