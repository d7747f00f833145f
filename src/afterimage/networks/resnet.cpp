#include "afterimage/networks/resnet.h"

#include <ATen/ops/max_pool2d.h>

#include "afterimage/base/text.h"
#include "afterimage/networks/staged_network.h"

namespace afterimage {
namespace {

constexpr double kEpsilon = 1e-5;  // PyTorch's default for batch normalisation
constexpr int64_t kExpansion = 4;

Layer bottleneck(LayerFactory& factory, const std::string& path, int64_t in, int64_t width,
                 int64_t stride) {
  const auto part = [&](int i, int64_t from, int64_t to, const Window& window) {
    return chain({factory.convolution(concat(path, ".conv", i), from, to, window, false),
                  factory.batch_norm(concat(path, ".bn", i), to, kEpsilon)});
  };
  const int64_t out = kExpansion * width;
  const auto branch = chain({rectified(part(1, in, width, Window::same(1))),
                             rectified(part(2, width, width, Window::same(3, stride))),
                             part(3, width, out, Window::same(1))});
  if (stride == 1 && in == out) {
    return [branch](const at::Tensor& x) { return branch(x).add_(x).relu_(); };
  }
  const auto shortcut =
      chain({factory.convolution(path + ".downsample.0", in, out, Window::same(1, stride), false),
             factory.batch_norm(path + ".downsample.1", out, kEpsilon)});
  return [branch, shortcut](const at::Tensor& x) { return branch(x).add_(shortcut(x)).relu_(); };
}

/// The same weights without the word that training on several devices puts before their names.
TensorMap without_prefix(const TensorMap& tensors) {
  const std::string prefix = "module.";
  TensorMap plain;
  for (const auto& [name, tensor] : tensors) {
    plain.emplace(name.starts_with(prefix) ? name.substr(prefix.size()) : name, tensor);
  }
  return plain;
}

}  // namespace

std::shared_ptr<FeatureNetwork> make_resnet(const NetworkEntry& entry, const ResNetShape& shape,
                                            const WeightFile& file) {
  const auto network = std::make_shared<StagedNetwork>(entry, NetworkInput{kImageNetStatistics});
  const TensorMap plain = without_prefix(file.tensors);
  const WeightFile named{plain, file.where, file.right};
  LayerFactory factory(*network, entry.name, named);
  network->add(
      "", rectified(chain({factory.convolution("conv1", 3, shape.width, Window::same(7, 2), false),
                           factory.batch_norm("bn1", shape.width, kEpsilon)})));
  network->add("maxpool", [](const at::Tensor& x) { return at::max_pool2d(x, 3, 2, 1); });
  int64_t in = shape.width;
  for (size_t i = 0; i < shape.blocks.size(); ++i) {
    const int64_t width = shape.width << i;
    for (int64_t block = 0; block < shape.blocks[i]; ++block) {
      const auto path = concat("layer", i + 1, ".", block);
      network->add(path, bottleneck(factory, path, in, width, block == 0 && i > 0 ? 2 : 1));
      in = kExpansion * width;
    }
  }
  network->add("avgpool", [](const at::Tensor& x) { return x.mean({2, 3}); });
  if (shape.classes > 0) network->add("logits", factory.linear("fc", in, shape.classes));
  return network;
}

}  // namespace afterimage
