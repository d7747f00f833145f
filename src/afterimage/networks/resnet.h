#pragma once

#include <array>

#include "afterimage/networks/network_table.h"

namespace afterimage {

/// ResNet of bottleneck blocks (He et al. 2016, table 1; the stride lies in the 3 x 3 convolution,
/// as torchvision has it).
struct ResNetShape {
  std::array<int64_t, 4> blocks = {3, 4, 6, 3};
  int64_t width = 64;
  int64_t classes = 1000;  ///< 0: there is no classifier, as in self-supervised weights
};

/// Layers: "maxpool", "layer1.0", ..., "layer4.2", "avgpool" (n, 32 width), "logits". Weights have
/// torchvision's names, or those with "module." before them (the SwAV project's checkpoints).
std::shared_ptr<FeatureNetwork> make_resnet(const NetworkEntry& entry, const ResNetShape& shape,
                                            const WeightFile& file);

}  // namespace afterimage
