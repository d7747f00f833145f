#pragma once

#include <string>
#include <vector>

#include "afterimage/networks/feature_network.h"
#include "afterimage/networks/layer_factory.h"
#include "afterimage/networks/network_table.h"

namespace afterimage {

/// What a network asks of its images.
struct NetworkInput {
  PixelStatistics statistics;
  int64_t side = 0;      ///< every image is resized to this side; 0: taken as it is
  int64_t multiple = 1;  ///< sides are enlarged to a multiple of this
  int64_t least = 1;     ///< shorter sides are refused
};

/// A feature network as a row of stages, each of which can be tapped. Images of a size the network
/// cannot take are resized first (bicubic, antialiased), and gradients go through that.
class StagedNetwork : public FeatureNetwork {
 public:
  /// Keeps a tensor from inside a stage when it was asked for.
  using Record = std::function<void(const std::string& path, const at::Tensor& value)>;
  using RunStage = std::function<at::Tensor(const at::Tensor& x, const Record& record)>;

  StagedNetwork(const NetworkEntry& entry, const NetworkInput& input);

  /// Adds the next stage. `path` is its output's, "" if it cannot be tapped; `inside` are the paths
  /// it records.
  void add(const std::string& path, const Layer& run);
  void add(const std::string& path, RunStage run, std::vector<std::string> inside);

  const std::string& network() const override { return entry_.name; }
  std::vector<std::string> loss_layers() const override { return entry_.loss_layers; }
  std::vector<std::string> layers() const override;
  std::vector<at::Tensor> forward(const at::Tensor& images,
                                  const std::vector<std::string>& names) override;

 private:
  struct Stage {
    std::string path;
    RunStage run;
    std::vector<std::string> inside;
  };

  at::Tensor prepared(const at::Tensor& images) const;
  /// How many stages it takes to have a layer.
  size_t stages_for(const std::string& name) const;

  const NetworkEntry& entry_;
  NetworkInput input_;
  std::vector<Stage> stages_;
};

}  // namespace afterimage
