#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "afterimage/decoders/decoder.h"
#include "afterimage/decoders/kept_images.h"
#include "afterimage/decoders/target_regression.h"
#include "afterimage/diffusion/refinement.h"

namespace afterimage {

struct MindDiffuserOptions {
  std::string output = "stage-2";
  std::string checkpoint, small_decoder, captions;
  std::vector<std::string> features;
  double memory_gb = 0;
  TargetRegressionOptions regression;

  std::string z_source = "predicted";
  bool z_sampled = false;
  int64_t z_predictors = 3000;
  std::vector<std::string> z_regions;

  std::string c_source = "predicted";
  int64_t c_tokens = 15;
  int64_t c_predictors = 450;
  std::vector<std::string> c_regions;

  std::string network = "clip-b32";
  std::vector<std::string> layers;
  std::vector<double> layer_weights = {1.5, 1.2, 1, 1, 1, 1};
  double share = 0.25;
  int64_t network_predictors = 850;
  std::vector<std::string> network_regions;
  bool imagenet_statistics = false;

  int64_t steps = 50;
  diffusion::GenerationOptions generation;
  diffusion::RefinementOptions refinement;

  Options options();
};

/// MindDiffuser (Lu et al. 2023) and its relatives: regressions predict from the responses the
/// latent z of the image in Stable Diffusion 1.x, the condition c of what it shows, and what CLIP
/// says of it.
///
///   output = latent    z through the autoencoder's decoder: no diffusion
///   output = stage-1   z noised to a step and denoised under c (Takagi and Nishimoto 2023)
///   output = stage-2   z and c then changed until CLIP says of the image what was predicted
///                      (diffusion/refinement.h)
///
/// The checkpoint is named and known by its content, not copied. Each image has its own noise,
/// which follows from the run's seed and the sample.
class MindDiffuser : public Decoder, public HasReadouts, public KeepsImages {
 public:
  MindDiffuser();
  ~MindDiffuser() override;

  Options options() override { return options_.options(); }
  /// Errors: no checkpoint, one of another family or damaged; a side it cannot reduce; more steps
  /// than it has; too little memory.
  void build(const DecoderInput& input, const RunContext& run) override;
  /// Errors: no captions, or a photograph without; no weights of the network.
  void fit(const SampleSource& train, const FitContext& context) override;
  /// Stable Diffusion, and in stage 2 the network.
  std::vector<PretrainedWeights> pretrained() const override;
  /// "z.", "c.", "network.0.", ...: states of TargetRegression; "unconditional" (1, tokens, width),
  /// "checkpoint" (text of its hash as bytes).
  TensorMap state() const override;
  /// Errors: the checkpoint is not the one it was fitted with.
  void load(const TensorMap& state, const std::string& where) override;
  const HasReadouts* has_readouts() const override { return this; }
  /// "z", "c" and what the network says, by its layers.
  std::vector<Readout> readouts() const override;
  KeepsImages* keeps_images() override { return this; }
  void keep_images_in(const std::filesystem::path& folder) override { kept_ = folder; }

 private:
  struct Networks;
  struct Predicted;

  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) override;
  bool diffuses() const { return options_.output != "latent"; }
  bool refines() const { return options_.output == "stage-2"; }
  bool predicts_z() const { return options_.z_source == "predicted"; }
  bool predicts_c() const { return diffuses() && options_.c_source == "predicted"; }
  std::vector<std::string> layers() const;
  void check_memory() const;
  TargetRegression regression(const TargetRegression::Choice& choice) const;
  /// A stage: fits the regression to targets that are made when it begins, or takes it as done.
  void fit_target(const std::string& name, const SampleSource& train,
                  const std::function<TrainingTargets()>& targets, const FitContext& context);
  TargetRegression::Choice choice_of(const std::string& name) const;
  std::vector<std::string> target_names() const;

  Predicted predict(const at::Tensor& responses) const;
  at::Tensor image_of(const Predicted& all, int64_t row, const ReconstructContext& context) const;
  std::string key_of(const Predicted& all, int64_t row, const ReconstructContext& context) const;

  MindDiffuserOptions options_;
  DecoderInput input_;
  RunContext run_;
  std::filesystem::path kept_;
  std::string checkpoint_hash_;
  std::unique_ptr<Networks> networks_;
  std::map<std::string, TargetRegression> regressions_;
  at::Tensor unconditional_;
};

}  // namespace afterimage
