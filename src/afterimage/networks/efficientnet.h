#pragma once

#include "afterimage/networks/network_table.h"

namespace afterimage {

/// EfficientNet-B1 (Tan and Le 2019; depth 1.1 times that of B0) as torchvision has it. Layers:
/// "features.0", "features.1.0", ..., "features.8", "avgpool" (n, 1280), "logits". Weights have
/// torchvision's names.
std::shared_ptr<FeatureNetwork> make_efficientnet_b1(const NetworkEntry& entry,
                                                     const WeightFile& file);

}  // namespace afterimage
