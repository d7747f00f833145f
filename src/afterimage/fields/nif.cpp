#include "afterimage/fields/nif.h"

#include <ATen/ATen.h>
#include <torch/utils.h>

#include <algorithm>
#include <numeric>

#include "afterimage/base/error.h"
#include "afterimage/base/progress.h"
#include "afterimage/base/text.h"
#include "afterimage/fields/gaussian.h"
#include "afterimage/fields/nif_network.h"
#include "afterimage/training/adam.h"

namespace afterimage {
namespace {

/// Sensors by the layer they read: their place among the network's outputs.
struct Order {
  std::vector<int64_t> sensors{};  // in order of the outputs
  std::vector<int64_t> counts = std::vector<int64_t>(NifNetwork::kLayers, 0);

  explicit Order(const std::vector<std::string>& rois) {
    std::vector<std::string> names;
    std::vector<size_t> layer;
    for (const auto& roi : rois) {
      auto found = std::ranges::find(names, roi);
      if (found == names.end()) found = names.insert(names.end(), roi);
      layer.push_back(
          std::min(static_cast<size_t>(found - names.begin()), NifNetwork::kLayers - 1));
    }
    for (size_t l = 0; l < NifNetwork::kLayers; ++l) {
      for (size_t s = 0; s < layer.size(); ++s) {
        if (layer[s] == l) sensors.push_back(static_cast<int64_t>(s));
      }
      counts[l] = std::ranges::count(layer, l);
    }
  }
};

/// Centre of mass and spread of maps: 3 x (sensor) float64.
std::array<at::Tensor, 3> centres_of(const at::Tensor& maps) {
  const auto mass = maps.to(at::kDouble) / maps.to(at::kDouble).sum({1, 2}, true);
  const auto cells = even_cells(maps.size(2));
  const auto along_x = mass.sum(1), along_y = mass.sum(2);
  const auto x = at::mv(along_x, cells), y = at::mv(along_y, cells);
  const auto variance =
      at::mv(along_x, cells.square()) - x.square() + at::mv(along_y, cells.square()) - y.square();
  return {x, y, (variance / 2).clamp_min(0).sqrt()};
}

/// Gray stimuli (n, 1, [t,] side, side) with zero mean, ready for the network.
at::Tensor prepared(const FieldData& data, int64_t side) {
  at::Tensor gray = data.clips.defined() ? data.clips.to(at::kFloat).div_(255)  // (n, t, y, x)
                                         : data.images.to(at::kFloat).mean(1, true).div_(255);
  if (gray.size(2) != side) {
    gray = at::_upsample_bilinear2d_aa(gray, {side, side}, /*align_corners=*/false);
  }
  gray = (gray - gray.mean()) / gray.std();
  return data.clips.defined() ? gray.unsqueeze(1) : gray;
}

struct Plan {
  int64_t epochs, batch;
  double learning_rate;
};

void train(NifNetwork& network, const at::Tensor& stimuli, const at::Tensor& responses,
           const Plan& plan, at::Generator generator, const RunContext& run, Progress& progress) {
  Adam adam(network.parameters(), {0.9, 0.999, 1e-8});
  const int64_t n = stimuli.size(0), batch = std::min(plan.batch, n);
  for (int64_t epoch = 0; epoch < plan.epochs; ++epoch) {
    run.stop_if_cancelled("stopped; no recording was written");
    const auto order = at::randperm(n, generator, at::kLong);
    double sum = 0;
    int64_t steps = 0;
    // The rate falls to zero, so that the maps come to rest.
    const double left = 1 - static_cast<double>(epoch) / static_cast<double>(plan.epochs);
    for (int64_t first = 0; first + batch <= n; first += batch, ++steps) {
      const auto rows = order.narrow(0, first, batch);
      const auto predicted = network.forward(stimuli.index_select(0, rows));
      const auto loss = (predicted - responses.index_select(0, rows)).square().mean();
      loss.backward();
      adam.step(plan.learning_rate * left);
      sum += loss.item<double>();
    }
    progress.advance(1, concat("error ", sum / static_cast<double>(steps)));
  }
}

at::Tensor predicted(NifNetwork& network, const at::Tensor& stimuli) {
  std::vector<at::Tensor> parts;
  for (const auto& part : stimuli.split(64)) parts.push_back(network.forward(part));
  return at::cat(parts).to(at::kDouble);
}

}  // namespace

Options NifMethod::options() {
  return {
      Option("channels", channels_, "channels of each layer").range(1, 128),
      Option("rank", rank_, "terms of the spatial readout").range(1, 8),
      Option("epochs", epochs_, "passes over the training stimuli").range(1, 1e5),
      Option("batch", batch_, "stimuli of a step").range(1, 4096),
      Option("learning_rate", learning_rate_, "of Adam, falling to zero").range(1e-6, 1),
  };
}

ReceptiveFields NifMethod::estimate(const FieldData& data, const std::vector<std::string>& rois,
                                    const RunContext& run) {
  const Order order(rois);
  const auto outputs = at::tensor(order.sensors, at::kLong);
  const int64_t side = (data.side() + 7) / 8 * 8;
  const auto stimuli = prepared(data, side);
  const auto responses = data.responses.index_select(1, outputs);
  Progress progress(run, "Training", 3 * epochs_, "epoch");
  std::array<std::array<at::Tensor, 3>, 3> fields;  // of the first half, the second, all
  at::Tensor error = at::zeros({data.sensors()}, at::kDouble), total = at::zeros_like(error);
  for (int set = 0; set < 3; ++set) {
    const int64_t start = set == 1 ? data.first_half : 0;
    const int64_t rows = set == 2 ? data.count() : data.rows_of(set);
    NifNetwork network(
        {side, data.clips.defined() ? data.clips.size(1) : 1, channels_, rank_, order.counts});
    network.initialise(run.generator("nif weights"));
    train(network, stimuli.narrow(0, start, rows), responses.narrow(0, start, rows),
          {epochs_, batch_, learning_rate_}, run.generator("nif order"), run, progress);
    const torch::NoGradGuard no_gradients;
    std::array<std::vector<at::Tensor>, 3> parts;
    for (size_t l = 0; l < NifNetwork::kLayers; ++l) {
      const auto found = centres_of(network.maps(l));
      for (size_t i = 0; i < 3; ++i) parts[i].push_back(found[i]);
    }
    for (size_t i = 0; i < 3; ++i) fields[static_cast<size_t>(set)][i] = at::cat(parts[i]);
    if (set == 2) break;
    const auto unseen_x = stimuli.narrow(0, data.start_of(1 - set), data.rows_of(1 - set));
    const auto unseen =
        responses.narrow(0, data.start_of(1 - set), data.rows_of(1 - set)).to(at::kDouble);
    error += (unseen - predicted(network, unseen_x)).square().sum(0);
    total += (unseen - unseen.mean(0)).square().sum(0);
  }
  const auto& [x, y, size] = fields[2];
  const auto distance =
      ((fields[0][0] - fields[1][0]).square() + (fields[0][1] - fields[1][1]).square()).sqrt();
  auto out = ReceptiveFields::unknown(data.sensors());
  out.x.index_copy_(0, outputs, x);
  out.y.index_copy_(0, outputs, y);
  out.size.index_copy_(0, outputs, size);
  out.r2.index_copy_(0, outputs, 1 - error / total.clamp_min(1e-30));
  out.distance.index_copy_(0, outputs, distance);
  return out;
}

}  // namespace afterimage
