#pragma once

#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/networks/parameter_group.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Gaussian fields in numbers, one entry a sensor: centres and standard deviations in stimulus
/// widths.
struct FieldTensors {
  at::Tensor x, y, size;  // (s)
};

/// A Gaussian receptive field per sensor whose centre and size are learned with the decoder
/// (MonkeySee, end to end). Where they start: at the recording's fields, or without any
/// knowledge, wide and near the middle. How far they may go: anywhere (`free`), within `reach`
/// of their start and twice or half its size (`bounded`), or nowhere (`frozen`). `fit` moves the
/// start itself, to where a linear layout of the responses comes nearest to the images. `rate` is
/// their learning rate over the network's.
///
/// Sensors without a field of their own are never placed when the start is the recording's:
/// `active` is 0 for them. One with a centre and no size starts at .05 stimulus widths.
class LearnedFieldsImpl : public torch::nn::Module {
 public:
  Options options();
  /// Errors, naming the projection: the start is the recording's, and it has no fields.
  void build(const Sensors& sensors, const RunContext& run, const std::string& projection);

  /// Moves them before training, where the option asks for it (fit_fields).
  void start(const SampleSource& train, const RunContext& run);
  /// As they are now; they carry gradients unless frozen.
  FieldTensors now() const;
  ParameterGroup parameter_group() const { return {parameters(), rate_}; }
  /// 1 for sensors that take part, else 0. (s) float32
  const at::Tensor& active() const { return active_; }
  /// What a user should know: sensors without a place, and sizes that were assumed.
  std::vector<std::string> notes() const;

 private:
  void move_to(const FieldTensors& fields);

  std::string start_ = "recording";
  std::string move_ = "free";
  double reach_ = 0.1;
  double rate_ = 1;
  bool fit_ = false;
  double start_size_ = 0.2;

  at::Tensor x_, y_, log_size_;                    // what is learned: places, or (bounded) steps
  at::Tensor start_x_, start_y_, start_log_size_;  // bounded: where the steps begin
  at::Tensor active_;
  int64_t unplaced_ = 0, unsized_ = 0;
};
TORCH_MODULE(LearnedFields);

}  // namespace afterimage
