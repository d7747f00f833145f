#include "afterimage/networks/feature_network.h"

#include <ATen/ops/addcmul.h>
#include <ATen/ops/tensor.h>

#include "afterimage/base/text.h"
#include "afterimage/formats/torch_archive.h"
#include "afterimage/networks/network_table.h"

namespace afterimage {

FeatureNetwork::FeatureNetwork(const PixelStatistics& statistics) {
  const auto tensor = [](const std::array<double, 3>& values) {
    return at::tensor(at::ArrayRef<double>(values), at::kDouble).view({1, 3, 1, 1});
  };
  const auto mean = tensor(statistics.mean), deviation = tensor(statistics.deviation);
  scale_ = register_buffer("scale", deviation.reciprocal());
  shift_ = register_buffer("shift", -mean / deviation);
}

at::Tensor FeatureNetwork::normalised(const at::Tensor& images) const {
  const auto type = images.scalar_type();
  return normalise_ ? at::addcmul(shift_.to(type), images, scale_.to(type)) : images;
}

std::vector<std::string> feature_networks() {
  std::vector<std::string> names;
  for (const auto& entry : network_table()) names.push_back(entry.name);
  return names;
}

std::shared_ptr<FeatureNetwork> make_feature_network(const std::string& network,
                                                     const TensorMap& weights,
                                                     const std::string& where) {
  const NetworkEntry& entry = network_entry(network);
  return entry.make(
      entry, {weights, where, concat("Weights of ", entry.weights, " are needed: ", entry.fetch)});
}

std::shared_ptr<FeatureNetwork> load_feature_network_from(const std::string& network,
                                                          const std::filesystem::path& weights) {
  network_entry(network);
  check_weight_hash(weights);
  return make_feature_network(network, read_weights(weights), weights.string());
}

}  // namespace afterimage
