#pragma once

#include <memory>

#include "afterimage/networks/feature_network.h"
#include "afterimage/networks/feature_table.h"
#include "afterimage/networks/layer_factory.h"

namespace afterimage {

/// A network of torchvision that is one row of modules: SqueezeNet, AlexNet, VGG.
std::shared_ptr<FeatureNetwork> make_sequence_network(const FeatureTable& table,
                                                      const WeightFile& file);

}  // namespace afterimage
