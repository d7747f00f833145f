#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/networks/feature_network.h"
#include "afterimage/networks/layer_factory.h"

namespace afterimage {

/// A pretrained network: what it is called, which weights it takes and how it is made of them.
struct NetworkEntry {
  std::string name;     ///< "resnet50-v2"
  std::string title;    ///< "ResNet-50 v2", for tables
  std::string weights;  ///< "torchvision's resnet50, IMAGENET1K_V2"
  std::string licence;  ///< under which its weights are given, "" where that is not stated
  /// How the names of its weight files begin; '.' or '-' follows.
  std::vector<std::string> files;
  std::string fetch;  ///< the command that fetches them
  /// The layers a perceptual loss takes by default.
  std::vector<std::string> loss_layers;
  std::function<std::shared_ptr<FeatureNetwork>(const NetworkEntry&, const WeightFile&)> make;
};

/// Every network: the one place to add one, but for torchvision's plain sequences
/// (feature_table.h), which come first.
const std::vector<NetworkEntry>& network_table();

/// The entry of a network; an Error with the nearest name when there is none.
const NetworkEntry& network_entry(const std::string& network);

}  // namespace afterimage
