#include "afterimage/networks/sequence_network.h"

#include <ATen/ops/adaptive_avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/linear.h>
#include <ATen/ops/max_pool2d.h>
#include <ATen/ops/relu.h>

#include <algorithm>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/networks/feature_table.h"

namespace afterimage {
namespace {

using Kind = FeatureRow::Kind;

struct Parameter {
  std::string name;
  std::vector<int64_t> shape;
};

/// The parameters of one row that receives `in` channels, in the order `run` takes them.
std::vector<Parameter> parameters_of(const FeatureRow& row, int64_t in) {
  const auto weighted = [](const std::string& path, std::vector<int64_t> shape) {
    return std::vector<Parameter>{{path + ".weight", shape}, {path + ".bias", {shape[0]}}};
  };
  if (row.kind == Kind::conv) return weighted(row.path, {row.out, in, row.kernel, row.kernel});
  if (row.kind == Kind::linear) return weighted(row.path, {row.out, in});
  if (row.kind != Kind::fire) return {};
  std::vector<Parameter> all = weighted(row.path + ".squeeze", {row.squeeze, in, 1, 1});
  for (const auto& [part, side] : {std::pair(".expand1x1", 1), {".expand3x3", 3}}) {
    for (auto& parameter : weighted(row.path + part, {row.out, row.squeeze, side, side})) {
      all.push_back(std::move(parameter));
    }
  }
  return all;
}

/// Channels or units that leave a row.
int64_t channels_after(const FeatureRow& row, int64_t in, int64_t pooled_side) {
  switch (row.kind) {
    case Kind::conv:
    case Kind::linear:
      return row.out;
    case Kind::fire:
      return 2 * row.out;
    case Kind::flatten:
      return in * pooled_side * pooled_side;
    default:
      return in;
  }
}

class SequenceNetwork : public FeatureNetwork {
 public:
  SequenceNetwork(const FeatureTable& table, const WeightFile& file)
      : FeatureNetwork(kImageNetStatistics), table_(table) {
    LayerFactory factory(*this, table_.name, file);
    int64_t in = 3;
    int64_t pooled_side = 1;
    for (const auto& row : table_.rows) {
      std::vector<at::Tensor>& own = parameters_.emplace_back();
      for (const auto& parameter : parameters_of(row, in)) {
        own.push_back(factory.parameter(parameter.name, parameter.shape));
      }
      if (row.kind == Kind::average_pool) pooled_side = row.kernel;
      in = channels_after(row, in, pooled_side);
    }
    eval();
  }

  const std::string& network() const override { return table_.name; }
  std::vector<std::string> loss_layers() const override { return table_.loss_layers; }

  std::vector<std::string> layers() const override {
    std::vector<std::string> names;
    for (const auto& row : table_.rows) {
      if (!row.path.empty()) names.push_back(row.path);
    }
    names.emplace_back("logits");
    return names;
  }

  std::vector<at::Tensor> forward(const at::Tensor& images,
                                  const std::vector<std::string>& names) override {
    TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.size(1) == 3 && images.is_floating_point());
    std::vector<size_t> wanted;
    for (const auto& name : names) wanted.push_back(index_of(name));
    const size_t count = wanted.empty() ? 0 : *std::max_element(wanted.begin(), wanted.end()) + 1;
    check_size(std::min(images.size(2), images.size(3)), count);

    std::vector<at::Tensor> outputs(count);
    std::vector<bool> tapped(count, false);
    for (const size_t index : wanted) tapped[index] = true;
    at::Tensor x = normalised(images);
    for (size_t i = 0; i < count; ++i) {
      const bool fresh = i > 0 && !tapped[i - 1] && !parameters_[i - 1].empty();
      x = run(table_.rows[i], parameters_[i], x, fresh);
      if (tapped[i]) outputs[i] = x;
    }

    std::vector<at::Tensor> result;
    for (const size_t index : wanted) result.push_back(outputs[index]);
    return result;
  }

 private:
  /// One row. `fresh`: nobody else holds x, so a ReLU may work in place.
  static at::Tensor run(const FeatureRow& row, const std::vector<at::Tensor>& p,
                        const at::Tensor& x, bool fresh) {
    switch (row.kind) {
      case Kind::conv:
        return at::conv2d(x, p[0], p[1], row.stride, row.padding);
      case Kind::relu:
        return fresh ? x.relu_() : at::relu(x);
      case Kind::max_pool:
        return at::max_pool2d(x, row.kernel, row.stride, row.padding, /*dilation=*/1, row.ceil);
      case Kind::fire: {
        const auto squeezed = at::conv2d(x, p[0], p[1]).relu_();  // (n, squeeze, y, x)
        return at::cat({at::conv2d(squeezed, p[2], p[3]),
                        at::conv2d(squeezed, p[4], p[5], /*stride=*/1, /*padding=*/1)},
                       1)
            .relu_();  // (n, 2 out, y, x)
      }
      case Kind::average_pool:
        return at::adaptive_avg_pool2d(x, {row.kernel, row.kernel});
      case Kind::flatten:
        return x.flatten(1);
      case Kind::linear:
        return at::linear(x, p[0], p[1]);
      case Kind::dropout:
        return x;  // the network is only read, never trained
    }
    TORCH_INTERNAL_ASSERT(false, "unknown row");
  }

  size_t index_of(const std::string& name) const {
    if (name == "logits") return table_.rows.size() - 1;
    const auto found = std::find_if(table_.rows.begin(), table_.rows.end(),
                                    [&](const auto& row) { return row.path == name; });
    if (found == table_.rows.end() || name.empty()) {
      throw Error("network " + table_.name, "there is no layer '" + name + "'",
                  suggestion(name, layers()));
    }
    return static_cast<size_t>(found - table_.rows.begin());
  }

  /// Refuses images whose shorter side is used up before row `count`.
  void check_size(int64_t side, size_t count) const {
    const auto fits = [&](int64_t input) {
      for (size_t i = 0; i < count; ++i) {
        input = table_.rows[i].side(input);
        if (input < 1) return false;
      }
      return true;
    };
    if (fits(side)) return;
    int64_t least = side + 1;
    while (!fits(least)) ++least;
    throw Error("network " + table_.name, concat("images with a side of ", side, " are too small"),
                concat("The layers asked for need at least ", least, " pixels"));
  }

  const FeatureTable& table_;
  std::vector<std::vector<at::Tensor>> parameters_;  // of each row
};

}  // namespace

std::shared_ptr<FeatureNetwork> make_sequence_network(const FeatureTable& table,
                                                      const WeightFile& file) {
  return std::make_shared<SequenceNetwork>(table, file);
}

}  // namespace afterimage
