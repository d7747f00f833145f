#include "afterimage/networks/efficientnet.h"

#include <ATen/ops/silu.h>

#include <array>

#include "afterimage/base/text.h"
#include "afterimage/networks/staged_network.h"

namespace afterimage {
namespace {

/// One row of the paper's table 1: mobile inverted bottlenecks (MBConv).
struct Row {
  int64_t expansion, kernel, stride, out, blocks;
};
constexpr int64_t kFirst = 32, kLast = 1280;
constexpr std::array kRows{Row{1, 3, 1, 16, 2}, Row{6, 3, 2, 24, 3},  Row{6, 5, 2, 40, 3},
                           Row{6, 3, 2, 80, 4}, Row{6, 5, 1, 112, 4}, Row{6, 5, 2, 192, 5},
                           Row{6, 3, 1, 320, 2}};

Layer activated(Layer layer) {
  return [layer = std::move(layer)](const at::Tensor& x) { return at::silu(layer(x)); };
}

/// Convolution without bias and batch normalisation, of torchvision's Conv2dNormActivation.
Layer normed(LayerFactory& factory, const std::string& path, int64_t in, int64_t out,
             const Window& window) {
  return chain({factory.convolution(path + ".0", in, out, window, false),
                factory.batch_norm(path + ".1", out, 1e-5)});
}

/// Squeeze and excitation (Hu et al. 2018, eq. 3): each channel times a gate from all means.
Layer excitation(LayerFactory& factory, const std::string& path, int64_t channels,
                 int64_t squeezed) {
  const auto down = factory.convolution(path + ".fc1", channels, squeezed, {}, true);
  const auto up = factory.convolution(path + ".fc2", squeezed, channels, {}, true);
  return [down, up](const at::Tensor& x) {
    return x * up(at::silu(down(x.mean({2, 3}, /*keepdim=*/true)))).sigmoid();
  };
}

Layer inverted_bottleneck(LayerFactory& factory, const std::string& path, int64_t in,
                          const Row& row, int64_t stride) {
  const int64_t expanded = in * row.expansion;
  std::vector<Layer> parts;
  const auto next = [&] { return concat(path, ".block.", parts.size()); };
  if (expanded != in) {
    parts.push_back(activated(normed(factory, next(), in, expanded, {})));
  }
  Window depthwise = Window::same(row.kernel, stride);
  depthwise.groups = expanded;
  parts.push_back(activated(normed(factory, next(), expanded, expanded, depthwise)));
  parts.push_back(excitation(factory, next(), expanded, std::max<int64_t>(1, in / 4)));
  parts.push_back(normed(factory, next(), expanded, row.out, {}));
  const auto branch = chain(std::move(parts));
  if (stride != 1 || in != row.out) return branch;
  return [branch](const at::Tensor& x) { return branch(x).add_(x); };
}

}  // namespace

std::shared_ptr<FeatureNetwork> make_efficientnet_b1(const NetworkEntry& entry,
                                                     const WeightFile& file) {
  const auto network = std::make_shared<StagedNetwork>(entry, NetworkInput{kImageNetStatistics});
  LayerFactory factory(*network, entry.name, file);
  network->add("features.0",
               activated(normed(factory, "features.0", 3, kFirst, Window::same(3, 2))));
  int64_t in = kFirst;
  for (size_t i = 0; i < kRows.size(); ++i) {
    for (int64_t block = 0; block < kRows[i].blocks; ++block) {
      const auto path = concat("features.", i + 1, ".", block);
      const int64_t stride = block == 0 ? kRows[i].stride : 1;
      network->add(path, inverted_bottleneck(factory, path, in, kRows[i], stride));
      in = kRows[i].out;
    }
  }
  const auto last = concat("features.", kRows.size() + 1);
  network->add(last, activated(normed(factory, last, in, kLast, {})));
  network->add("avgpool", [](const at::Tensor& x) { return x.mean({2, 3}); });
  network->add("logits", factory.linear("classifier.1", kLast, 1000));
  return network;
}

}  // namespace afterimage
