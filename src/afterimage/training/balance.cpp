#include "afterimage/training/balance.h"

#include <ATen/ops/tensor.h>

namespace afterimage {

Options BalanceOptions::options() {
  return {
      Option("on", on,
             "let discriminator or generator rest while the other is behind (Shen et al. 2019), by "
             "r, the discriminator's two losses over the generator's adversarial one"),
      Option("rest_below", rest_below, "r below which the discriminator begins to rest").range(0),
      Option("learn_above", learn_above, "r above which it learns again").range(0),
      Option("generator_rests_above", generator_rests_above,
             "r above which the generator rests until the discriminator does")
          .range(0),
  };
}

void Balance::look_at(double discriminator, double generator) {
  if (!options_.on) return;
  const double r = discriminator / generator;
  if (r < options_.rest_below && discriminator_learns_) {
    discriminator_learns_ = false;
    generator_learns_ = true;
  }
  if (r > options_.learn_above && !discriminator_learns_) {
    discriminator_learns_ = true;
    generator_learns_ = true;
  }
  if (r > options_.generator_rests_above && generator_learns_) {
    generator_learns_ = false;
    discriminator_learns_ = true;
  }
}

at::Tensor Balance::to_tensor() const {
  return at::tensor({int64_t{discriminator_learns_}, int64_t{generator_learns_}}, at::kLong);
}

void Balance::restore(const at::Tensor& state) {
  discriminator_learns_ = state[0].item<int64_t>() != 0;
  generator_learns_ = state[1].item<int64_t>() != 0;
}

}  // namespace afterimage
