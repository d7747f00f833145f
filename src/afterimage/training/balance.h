#pragma once

#include <ATen/core/Tensor.h>

#include "afterimage/base/options.h"

namespace afterimage {

struct BalanceOptions {
  bool on = false;
  double rest_below = 0.1;
  double learn_above = 0.5;
  double generator_rests_above = 10;

  Options options();
};

/// Who learns in an adversarial training, by the rules of Shen et al. (2019; the authors' training
/// script), "so that neither of them overfits too much": with
///   r = (loss of the discriminator on shown + on made images) / adversarial loss of the generator
/// the discriminator rests once r < .1 until r > .5, and the generator once r > 10 until the
/// discriminator rests. Without `on` both always learn.
class Balance {
 public:
  explicit Balance(const BalanceOptions& options) : options_(options) {}

  bool discriminator_learns() const { return discriminator_learns_; }
  bool generator_learns() const { return generator_learns_; }
  /// The losses of a step: the discriminator's on shown and made images together, the generator's.
  void look_at(double discriminator, double generator);

  at::Tensor to_tensor() const;
  void restore(const at::Tensor& state);

 private:
  BalanceOptions options_;
  bool discriminator_learns_ = true, generator_learns_ = true;
};

}  // namespace afterimage
