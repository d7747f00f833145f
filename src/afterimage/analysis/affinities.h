#pragma once

#include <cstdint>
#include <vector>

#include "afterimage/analysis/neighbours.h"

namespace afterimage {

/// A sparse symmetric matrix of probabilities over pairs of rows, summing to one.
struct Affinities {
  std::vector<int64_t> begin;   ///< (n + 1): where each row starts in the two others
  std::vector<int32_t> column;  ///< ascending in each row
  std::vector<float> probability;

  int64_t rows() const { return static_cast<int64_t>(begin.size()) - 1; }
};

/// t-SNE's input similarities (van der Maaten and Hinton 2008, Eq. 1 and section 3.1): a Gaussian
/// around each row, whose width gives its neighbours the entropy log(perplexity); made symmetric,
/// p_ij = (p_j|i + p_i|j) / 2n.
Affinities affinities(const Neighbours& neighbours, double perplexity);

}  // namespace afterimage
