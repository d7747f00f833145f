#pragma once

#include <ATen/core/Tensor.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json.hpp>

#include "afterimage/base/run_context.h"
#include "afterimage/decoders/target_network.h"
#include "afterimage/formats/hdf5.h"
#include "afterimage/recordings/captions.h"

namespace afterimage {

/// The images whose targets are wanted.
struct TargetStimuli {
  std::vector<std::string> name;    ///< of each
  std::vector<std::string> source;  ///< the photograph each was cut from
  std::function<at::Tensor(const std::vector<int64_t>& rows)> images;  ///< (n, 3, s, s) uint8
};

/// Targets of stimuli on disk (HDF5; in Python: h5py.File(path)["features/LAYER"][row]):
///   /features/LAYER   (stimulus, units) float32, attribute "unit_shape" ("50,768")
///   /stimulus_name    texts
///   /stimulus_key     SHA-256 of the pixels the network was given, (3, side, side) bytes, with the
///                     captions it read
/// and the attributes "network" (TargetNetwork::identity) and "provenance" of the root.
class TargetFile {
 public:
  /// Errors: not such a file, unfinished, damaged.
  explicit TargetFile(const std::filesystem::path& path);

  const std::string& network() const { return network_; }
  int64_t count() const { return static_cast<int64_t>(keys_.size()); }
  const std::vector<std::string>& keys() const { return keys_; }
  const std::vector<std::string>& names() const { return names_; }
  const nlohmann::json& provenance() const { return provenance_; }
  std::vector<std::string> layers() const;
  std::vector<int64_t> unit_shape(const std::string& layer) const;
  int64_t units(const std::string& layer) const;

  /// Units first, ..., last - 1 of these stimuli: (n, last - first).
  at::Tensor read(const std::string& layer, const std::vector<int64_t>& rows, int64_t first,
                  int64_t last) const;
  at::Tensor read(const std::string& layer, const std::vector<int64_t>& rows) const {
    return read(layer, rows, 0, units(layer));
  }

 private:
  hdf5::File file_;
  std::string network_;
  std::vector<std::string> keys_, names_;
  nlohmann::json provenance_;
};

/// Where targets come from, and what of it is there already.
struct TargetJob {
  const TargetNetwork& network;
  const TargetStimuli& stimuli;
  const Captions& captions;
  std::vector<std::filesystem::path> known = {};  ///< files to look for them in
};

/// Writes the targets of all stimuli, each picture once computed. Those that a known file has of
/// the same network and the same pixels are copied. What is computed is kept in "OUT.partial" until
/// the file is whole: called again after an interruption it goes on from there. Errors: a stimulus
/// without caption where they are needed.
void write_targets(const std::filesystem::path& out, bool force, const TargetJob& job,
                   const nlohmann::json& provenance, const RunContext& run);

}  // namespace afterimage
