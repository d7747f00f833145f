#pragma once

#include <filesystem>
#include <functional>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/importers/doctor_who.h"
#include "afterimage/recordings/recording.h"

/// What the files of the Doctor Who importer share; nobody else includes this.
namespace afterimage::doctor_who {

/// The voxels of all ROIs: which of the volume's, in NumPy's order, and what is known of them.
struct Voxels {
  Sensors sensors;
  std::vector<int64_t> place;
  std::vector<int64_t> shape;  ///< of a volume
};
Voxels read_voxels(const std::filesystem::path& folder);

/// One run: its responses, its film, and how many trials come of both.
struct Run {
  std::string split;
  int64_t number = 0;
  std::filesystem::path responses, film;
  int64_t volumes = 0, frames = 0, trials = 0;
};
/// The runs of both splits, training first, in the order of their numbers.
std::vector<Run> find_runs(const std::filesystem::path& folder, const DoctorWhoOptions& options);

/// Hands on the first `run.trials` frames, (3, H, W) uint8.
void read_film(const Run& run, double rate, const std::function<void(const at::Tensor&)>& use);
/// (trial, voxel, volume) float32 of a run, a batch at a time.
void read_responses(const Run& run, const Voxels& voxels, const DoctorWhoOptions& options,
                    const std::function<void(const at::Tensor&)>& use);

}  // namespace afterimage::doctor_who
