#pragma once

#include "afterimage/networks/network_table.h"

namespace afterimage {

/// InceptionV3 (Szegedy et al. 2016) as torchvision has it, without its auxiliary classifier; and
/// in the form whose features the Frechet inception distance is defined by: TensorFlow's graph of
/// 2015 with 1008 classes, average pools that leave the border out, and a maximum in the last block
/// (pytorch-fid's port).
enum class InceptionForm { torchvision, frechet };

/// Layers: "maxpool1", "maxpool2", "Mixed_5b", ..., "Mixed_7c", "avgpool" (n, 2048), "logits".
/// Weights have torchvision's names. Images have at least 75 pixels.
std::shared_ptr<FeatureNetwork> make_inception(const NetworkEntry& entry, InceptionForm form,
                                               const WeightFile& file);

}  // namespace afterimage
