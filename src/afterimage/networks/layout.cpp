#include "afterimage/networks/layout.h"

#include <ATen/core/Tensor.h>

namespace afterimage {

void lay_channels_last(torch::nn::Module& module) {
  for (at::Tensor& parameter : module.parameters()) {
    if (parameter.dim() == 4) {
      parameter.set_data(parameter.detach().contiguous(at::MemoryFormat::ChannelsLast));
    }
  }
}

}  // namespace afterimage
