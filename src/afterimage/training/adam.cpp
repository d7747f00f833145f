#include "afterimage/training/adam.h"

#include <ATen/autocast_mode.h>
#include <ATen/core/grad_mode.h>
#include <ATen/ops/_foreach_add.h>
#include <ATen/ops/_fused_adam.h>
#include <ATen/ops/as_strided.h>
#include <ATen/ops/empty_like.h>
#include <ATen/ops/stack.h>
#include <ATen/ops/zeros.h>
#include <ATen/ops/zeros_like.h>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

/// The elements in memory order. The fused kernel copies what is not contiguous, there and back.
at::Tensor in_memory_order(const at::Tensor& tensor) {
  return tensor.as_strided({tensor.numel()}, {1});
}

/// The gradient laid out in memory as its parameter is.
at::Tensor laid_out_as(const at::Tensor& parameter, const at::Tensor& gradient) {
  if (gradient.strides() == parameter.strides()) return gradient;
  return at::empty_like(parameter).copy_(gradient);
}

const at::Tensor& take(const TensorMap& tensors, const std::string& name, const at::Tensor& like,
                       const std::string& where) {
  const auto found = tensors.find(name);
  if (found == tensors.end() || found->second.sizes() != like.sizes()) {
    throw Error(where, "the optimiser's '" + name + "' does not fit this model",
                "Resume with the settings the checkpoint was made with");
  }
  return found->second;
}

}  // namespace

Options AdamOptions::options() {
  return {
      Option("beta1", beta1, "Adam's decay of the gradient's running mean").range(0, 1),
      Option("beta2", beta2, "Adam's decay of its running square").range(0, 1),
      Option("epsilon", epsilon, "Adam's guard against division by zero").range(0),
  };
}

Adam::Adam(std::vector<at::Tensor> parameters, const AdamOptions& options)
    : Adam({ParameterGroup{std::move(parameters)}}, options) {}

Adam::Adam(const std::vector<ParameterGroup>& groups, const AdamOptions& options)
    : options_(options) {
  for (const auto& group : groups) {
    for (const auto& parameter : group.parameters) {
      rows_of_rate_[group.rate].push_back(parameters_.size());
      parameters_.push_back(parameter);
    }
  }
  for (const auto& parameter : parameters_) {
    TORCH_INTERNAL_ASSERT(parameter.is_non_overlapping_and_dense());
    first_.push_back(at::zeros_like(parameter));
    second_.push_back(at::zeros_like(parameter));
    steps_.push_back(at::zeros({}, parameter.options().dtype(at::kFloat).requires_grad(false)));
  }
}

void Adam::step(double learning_rate) {
  const at::NoGradGuard no_grad;
  for (const auto& [rate, rows] : rows_of_rate_) step_those(rows, learning_rate * rate);
  // An autocast scope around the whole step would go on with the bf16 copies of the old weights.
  at::autocast::clear_cache();
}

void Adam::step_those(const std::vector<size_t>& rows, double learning_rate) {
  std::vector<at::Tensor> parameters, gradients, first, second, steps;
  for (const size_t i : rows) {
    at::Tensor& gradient = parameters_[i].mutable_grad();
    if (!gradient.defined()) continue;
    parameters.push_back(in_memory_order(parameters_[i]));
    gradients.push_back(in_memory_order(laid_out_as(parameters_[i], gradient)));
    first.push_back(in_memory_order(first_[i]));
    second.push_back(in_memory_order(second_[i]));
    steps.push_back(steps_[i]);
    gradient.reset();
  }
  if (parameters.empty()) return;
  at::_foreach_add_(steps, 1);
  at::_fused_adam_(parameters, gradients, first, second, /*max_exp_avg_sqs=*/{}, steps,
                   learning_rate, options_.beta1, options_.beta2, /*weight_decay=*/0,
                   options_.epsilon, /*amsgrad=*/false, /*maximize=*/false);
}

TensorMap Adam::to_tensors() const {
  TensorMap tensors;
  if (parameters_.empty()) return tensors;
  tensors["steps"] = at::stack(steps_);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    tensors[concat("m.", i)] = first_[i];
    tensors[concat("v.", i)] = second_[i];
  }
  return tensors;
}

void Adam::restore(const TensorMap& tensors, const std::string& where) {
  if (parameters_.empty()) return;
  const at::Tensor& steps = take(tensors, "steps", at::stack(steps_), where);
  for (size_t i = 0; i < parameters_.size(); ++i) {
    steps_[i].copy_(steps[static_cast<int64_t>(i)]);
    first_[i].copy_(take(tensors, concat("m.", i), first_[i], where));
    second_[i].copy_(take(tensors, concat("v.", i), second_[i], where));
  }
}

}  // namespace afterimage
