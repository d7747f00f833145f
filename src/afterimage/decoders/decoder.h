#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ATen/core/Tensor.h>

#include "afterimage/base/config.h"
#include "afterimage/base/fit_context.h"
#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/formats/safetensors.h"
#include "afterimage/networks/find_weights.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"

namespace afterimage {

class HasAttention;
class HasFields;
class HasReadouts;
class KeepsImages;

/// What a decoder must know of a recording to be built: its sensors, bins and the images' size.
struct DecoderInput {
  Sensors sensors;
  std::vector<Bin> bins;
  int64_t image_size = 64;  ///< pixels, square
};

/// What a batch may need besides its responses: whom to tell, whom to ask whether to stop, and
/// which of all samples its rows are, so that what is drawn for a sample follows from the seed and
/// the sample and not from the batch it is in.
struct ReconstructContext {
  RunContext run{};
  int64_t first = 0;  ///< place of the batch's first row among all that are reconstructed

  /// A CPU generator for one purpose and the batch's row `row`.
  at::Generator generator(std::string_view purpose, int64_t row) const;
};

/// Turns responses into images. Responses reach it standardised (Normalisation); images are RGB in
/// [0,1]. Its options are declared once, in `options`.
class Decoder {
 public:
  virtual ~Decoder() = default;

  virtual Options options() = 0;
  /// Chooses the parts a configuration names (the kind of projection) and with them which options
  /// there are. Called before `options` where a configuration is at hand.
  virtual void choose_parts(const Config&) {}
  /// Called once, after the options are set and before fit or load. Errors: options that do not fit
  /// the recording (no receptive fields, a side that is no multiple of 32).
  virtual void build(const DecoderInput& input, const RunContext& run) = 0;
  virtual void fit(const SampleSource& train, const FitContext& context) = 0;
  /// (n, sensor, bin) float32 standardised -> (n, 3, size, size) float32 in [0,1], on the CPU.
  /// Throws Interrupted when someone asked to stop.
  at::Tensor reconstruct(const at::Tensor& responses, const ReconstructContext& context = {});
  /// What the projection in front of it can show (projections/capabilities.h); null for decoders
  /// without such.
  virtual const HasFields* has_fields() const { return nullptr; }
  virtual HasAttention* has_attention() { return nullptr; }
  /// Of decoders that predict linearly (readouts.h); null for others.
  virtual const HasReadouts* has_readouts() const { return nullptr; }
  /// Of decoders whose images take so long that each is kept (kept_images.h); null for others.
  virtual KeepsImages* keeps_images() { return nullptr; }
  /// The pretrained networks its fit was judged by: what their scores say of it is no evidence.
  virtual std::vector<PretrainedWeights> pretrained() const { return {}; }
  /// The metrics (`afterimage list metrics`) that are a term of what its fit minimises, or that its
  /// weights or images are chosen by: no evidence either.
  virtual std::vector<std::string> objective_metrics() const { return {}; }
  /// Everything fit has learned, by name; `load` takes it back.
  virtual TensorMap state() const = 0;
  virtual void load(const TensorMap& state, const std::string& where) = 0;

 private:
  virtual at::Tensor images_of(const at::Tensor& responses, const ReconstructContext& context) = 0;
};

struct DecoderEntry {
  std::string name;
  std::string summary;  ///< one line
  std::string source;   ///< paper
  std::function<std::unique_ptr<Decoder>()> make;
};

/// Every decoder, by name: the one place to add one.
const std::vector<DecoderEntry>& decoder_table();

/// A new decoder; an Error with the nearest name when there is none of this name.
std::unique_ptr<Decoder> make_decoder(const std::string& name, const std::string& where);

}  // namespace afterimage
