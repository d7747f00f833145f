#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "afterimage/base/options.h"

namespace afterimage {

struct EncodingOptions {
  std::string features = "local";
  int64_t components = 16;
  double size = 0.08;
  std::vector<double> lambdas = {1, 10, 100, 1000, 10000};
  int64_t folds = 5;
  std::string nonlinearity = "none";
  int64_t noise_rank = 32;

  Options options();
};

}  // namespace afterimage
