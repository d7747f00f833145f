#include "afterimage/networks/feature_table.h"

#include <algorithm>
#include <array>

#include "afterimage/base/table.h"

namespace afterimage {
namespace {

using Kind = FeatureRow::Kind;
using Rows = std::vector<FeatureRow>;

FeatureRow conv(int64_t out, int64_t kernel, int64_t stride = 1, int64_t padding = 0) {
  return {.kind = Kind::conv, .out = out, .kernel = kernel, .stride = stride, .padding = padding};
}
FeatureRow relu() { return {.kind = Kind::relu}; }
FeatureRow max_pool(int64_t kernel, int64_t stride, bool ceil = false) {
  return {.kind = Kind::max_pool, .kernel = kernel, .stride = stride, .ceil = ceil};
}
FeatureRow fire(int64_t squeeze, int64_t expand) {
  return {.kind = Kind::fire, .out = expand, .squeeze = squeeze};
}
FeatureRow average_pool(int64_t side, std::string path = {}) {
  return {.kind = Kind::average_pool, .kernel = side, .path = std::move(path)};
}
FeatureRow flatten() { return {.kind = Kind::flatten}; }
FeatureRow dropout() { return {.kind = Kind::dropout}; }
FeatureRow linear(int64_t out) { return {.kind = Kind::linear, .out = out}; }

/// The rows of torchvision's Sequential `name`: "name.0", "name.1", ...
Rows sequence(const std::string& name, Rows rows) {
  for (size_t i = 0; i < rows.size(); ++i) rows[i].path = concat(name, ".", i);
  return rows;
}

Rows operator+(Rows left, const Rows& right) {
  left.insert(left.end(), right.begin(), right.end());
  return left;
}

/// SqueezeNet 1.0 (Iandola et al. 2016, table 1).
FeatureTable squeezenet() {
  const Rows features = sequence(
      "features", {conv(96, 7, 2), relu(), max_pool(3, 2, true), fire(16, 64), fire(16, 64),
                   fire(32, 128), max_pool(3, 2, true), fire(32, 128), fire(48, 192), fire(48, 192),
                   fire(64, 256), max_pool(3, 2, true), fire(64, 256)});
  const Rows classifier =
      sequence("classifier", {dropout(), conv(1000, 1), relu(), average_pool(1)});
  // The ends of five of the slices LPIPS takes (Zhang et al. 2018).
  return {"squeezenet",
          "squeezenet1_0",
          features + classifier + Rows{flatten()},
          {"features.1", "features.4", "features.7", "features.9", "features.12"}};
}

/// AlexNet in the form of Krizhevsky 2014, as in torchvision.
FeatureTable alexnet() {
  const Rows features =
      sequence("features", {conv(64, 11, 4, 2), relu(), max_pool(3, 2), conv(192, 5, 1, 2), relu(),
                            max_pool(3, 2), conv(384, 3, 1, 1), relu(), conv(256, 3, 1, 1), relu(),
                            conv(256, 3, 1, 1), relu(), max_pool(3, 2)});
  const Rows classifier = sequence("classifier", {dropout(), linear(4096), relu(), dropout(),
                                                  linear(4096), relu(), linear(1000)});
  return {"alexnet",
          "alexnet",
          features + Rows{average_pool(6, "avgpool"), flatten()} + classifier,
          {"features.1", "features.4", "features.7", "features.9", "features.11"}};
}

/// The rows of a VGG network (Simonyan and Zisserman 2014) with so many convolutions per stage.
Rows vgg(const std::array<int, 5>& counts) {
  constexpr std::array<int64_t, 5> widths = {64, 128, 256, 512, 512};
  Rows convolutions;
  for (size_t stage = 0; stage < counts.size(); ++stage) {
    const auto channels = widths[stage];
    for (int i = 0; i < counts[stage]; ++i) {
      convolutions.push_back(conv(channels, 3, 1, 1));
      convolutions.push_back(relu());
    }
    convolutions.push_back(max_pool(2, 2));
  }
  const Rows classifier = sequence("classifier", {linear(4096), relu(), dropout(), linear(4096),
                                                  relu(), dropout(), linear(1000)});
  return sequence("features", convolutions) + Rows{average_pool(7, "avgpool"), flatten()} +
         classifier;
}

/// Configuration A; the last convolution is the feature loss of IRFA's baseline.
FeatureTable vgg11() { return {"vgg11", "vgg11", vgg({1, 1, 2, 2, 2}), {"features.18"}}; }

/// Configuration E.
FeatureTable vgg19() {
  // MonkeySee and IRFA take features[:8], [:15], [:22], [:29], [:35] (Brain2Pix features[:22]): a
  // slice leaves its end out, so these are convolutions before their ReLU.
  return {"vgg19",
          "vgg19",
          vgg({2, 2, 4, 4, 4}),
          {"features.7", "features.14", "features.21", "features.28", "features.34"}};
}

}  // namespace

int64_t FeatureRow::side(int64_t input) const {
  if (kind == Kind::average_pool) return kernel;
  if (kind != Kind::conv && kind != Kind::max_pool) return input;
  const int64_t room = input + 2 * padding - kernel + (ceil ? stride - 1 : 0);
  return room < 0 ? 0 : room / stride + 1;
}

const std::vector<FeatureTable>& feature_tables() {
  static const std::vector<FeatureTable> tables = {squeezenet(), alexnet(), vgg19(), vgg11()};
  return tables;
}

const FeatureTable& feature_table(const std::string& network) {
  return find_entry(feature_tables(), network, "feature network", "networks");
}

}  // namespace afterimage
