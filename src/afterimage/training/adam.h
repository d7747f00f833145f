#pragma once

#include <ATen/core/Tensor.h>

#include <map>
#include <string>
#include <vector>

#include "afterimage/base/options.h"
#include "afterimage/formats/safetensors.h"
#include "afterimage/networks/parameter_group.h"

namespace afterimage {

struct AdamOptions {
  double beta1 = 0.5;
  double beta2 = 0.999;
  double epsilon = 1e-8;

  Options options();
};

/// Adam (Kingma and Ba 2015, algorithm 1) over each group of parameters in one fused pass, on any
/// device.
/// Moments have the type and memory layout of their parameter. A parameter without gradient is left
/// alone and its moments and step count stay.
class Adam {
 public:
  Adam(const std::vector<ParameterGroup>& groups, const AdamOptions& options);
  Adam(std::vector<at::Tensor> parameters, const AdamOptions& options);

  /// Of all groups, in their order.
  const std::vector<at::Tensor>& parameters() const { return parameters_; }

  /// One update along the gradients the parameters hold, which are then dropped. A group's step is
  /// `learning_rate` times its rate.
  void step(double learning_rate);

  /// "steps" (one count per parameter), "m.0", "v.0", ... in the order of the parameters; the
  /// optimiser's own tensors.
  TensorMap to_tensors() const;
  /// Takes back what `to_tensors` gave. Errors name `where`.
  void restore(const TensorMap& tensors, const std::string& where);

 private:
  void step_those(const std::vector<size_t>& rows, double learning_rate);

  std::vector<at::Tensor> parameters_;
  std::map<double, std::vector<size_t>> rows_of_rate_;  // which parameters learn at which rate
  std::vector<at::Tensor> first_, second_;              // moments
  std::vector<at::Tensor> steps_;  // 0-dim float32, as the fused kernels want them
  AdamOptions options_;
};

}  // namespace afterimage
