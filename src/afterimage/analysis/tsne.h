#pragma once

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include <cstdint>

#include "afterimage/analysis/affinities.h"
#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"

namespace afterimage {

struct TsneOptions {
  double perplexity = 30;
  int64_t iterations = 1000;  ///< in all
  double exaggeration = 12;
  int64_t exaggeration_iterations = 250;
  double learning_rate = 0;    ///< of the gradient without its factor 4; 0: n / exaggeration
  int64_t exact_up_to = 5000;  ///< rows; above, repulsion is interpolated

  Options options();
};

struct Tsne {
  at::Tensor map;         ///< (n, 2) float64
  double divergence = 0;  ///< Kullback-Leibler, over the pairs of neighbours
};

/// What the map is to keep of rows (n, d): 3 x perplexity neighbours of each. Errors: fewer rows
/// than the perplexity needs; values that are not finite.
Affinities tsne_affinities(const at::Tensor& rows, const TsneOptions& options);

/// Where a map starts, (n, 2) float64 at standard deviation 1e-4: the two principal components
/// (Kobak and Berens 2019), which leaves nothing to chance, or normal numbers.
at::Tensor principal_start(const at::Tensor& rows);
at::Tensor random_start(int64_t n, at::Generator generator);

/// t-SNE (van der Maaten and Hinton 2008) from a start: gradient descent with gains and momentum
/// .5, after the exaggeration .8. The same start gives the same map.
Tsne tsne(const Affinities& p, const at::Tensor& start, const TsneOptions& options,
          const RunContext& run);

/// The same of rows (n, d), from their principal components.
Tsne tsne(const at::Tensor& rows, const TsneOptions& options, const RunContext& run);

/// sum p log(p / q) of a map over the pairs in `p`, with the exact Z.
double tsne_divergence(const Affinities& p, const at::Tensor& map);

}  // namespace afterimage
