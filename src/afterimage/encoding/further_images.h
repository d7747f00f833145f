#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Generator.h>
#include <ATen/core/Tensor.h>

#include "afterimage/base/run_context.h"
#include "afterimage/encoding/other_stimuli.h"
#include "afterimage/encoding/predicted_options.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

/// Images that were not shown, each made when asked for: number i is the same each time.
class FurtherImages {
 public:
  virtual ~FurtherImages() = default;
  /// (n, 3, size, size) float32 in [0,1].
  virtual at::Tensor images(const std::vector<int64_t>& numbers) const = 0;
  /// The photograph an image is a part of.
  virtual std::string photograph(int64_t number) const = 0;
};

/// Parts of the images of samples: shifted and scaled (a crop below 1 shows part of the image, one
/// above 1 repeats its border), turned, mirrored, with channels a little brighter or darker. They
/// cannot show what the samples do not.
class VariedSamples : public FurtherImages {
 public:
  /// `count` images in all, as equally many of each stimulus as can be. The samples must outlive
  /// it.
  VariedSamples(const SampleSource& samples, int64_t count, const VariationOptions& options,
                const RunContext& run);
  at::Tensor images(const std::vector<int64_t>& numbers) const override;
  std::string photograph(int64_t number) const override;

 private:
  int64_t row(int64_t number) const;

  const SampleSource& samples_;
  int64_t count_;
  VariationOptions options_;
  RunContext run_;
  std::vector<int64_t> rows_;             // one of each stimulus, in random order
  std::vector<std::string> photographs_;  // of each sample
};

/// Crops of photographs in a folder, as the simulator cuts them.
class FolderCrops : public FurtherImages {
 public:
  /// Leaves out photographs that show what `others` shows, and says how many. Errors: no image in
  /// the folder, or none left.
  FolderCrops(const std::filesystem::path& folder, int64_t count, int64_t size, int64_t channels,
              const VariationOptions& options, const OtherStimuli& others, const RunContext& run);
  at::Tensor images(const std::vector<int64_t>& numbers) const override;
  std::string photograph(int64_t number) const override;

 private:
  size_t place(int64_t number) const;

  int64_t count_, size_, channels_;
  VariationOptions options_;
  RunContext run_;
  std::vector<std::filesystem::path> paths_;
  mutable size_t held_ = SIZE_MAX;  // which photograph is in memory
  mutable at::Tensor photograph_;
};

}  // namespace afterimage
