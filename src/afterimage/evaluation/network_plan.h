#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace afterimage {

/// One pass of one network over images, and what is made of its layers.
struct NetworkPlan {
  struct Layer {
    std::string path;   ///< of FeatureNetwork::layers
    std::string label;  ///< "conv3"; "" where the plan reads one layer only
  };
  std::string name;
  std::string network;      ///< of load_feature_network
  std::string prefix = {};  ///< begins the metrics' names
  std::string source = {};  ///< whose protocol this is, "" = nobody's
  int64_t size = 0;         ///< images are resized to this side; 0: only enlarged to `least`
  int64_t least = 0;
  bool bilinear = false;  ///< how they are resized (antialiased): bilinear, else bicubic
  std::vector<Layer> correlation = {};  ///< one Pearson correlation over images x units each
  /// Correlation over units, mean over images (pattern); over images, mean over units (profile).
  std::vector<Layer> pattern = {};
  std::vector<Layer> identification = {};  ///< 2-way identification
  std::vector<Layer> dissimilarity = {};   ///< 1 - correlation, mean over images
  std::vector<Layer> cosine = {};          ///< cosine, mean over images
  std::vector<Layer> distribution = {};    ///< FID and KID of these units, their means over space
  /// Whether these units are divided by their root mean square over the true images: those of a
  /// network for which FID and KID are not defined and which has a scale of its own.
  bool relative = false;
  std::vector<std::string> distance = {};  ///< LPIPS-style distance over these
  std::string learned = {};  ///< file with the distance's weights per channel, "" = all 1

  /// Every layer read, each once.
  std::vector<std::string> layers() const;
};

/// The passes the metrics are made of.
const std::vector<NetworkPlan>& network_plans();

/// The plan of this name, which there must be.
const NetworkPlan& network_plan(const std::string& name);

}  // namespace afterimage
