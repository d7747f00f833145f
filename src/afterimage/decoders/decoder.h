#pragma once

#include <filesystem>
#include <functional>
#include <memory>
#include <string>
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

/// What a decoder must know of a recording to be built: its sensors, bins and the images' size.
struct DecoderInput {
  Sensors sensors;
  std::vector<Bin> bins;
  int64_t image_size = 64;  ///< pixels, square
};

/// Turns responses into images. Responses reach it standardised (Normalisation); images are RGB in
/// [0,1]. Its options are declared once, in `fields`.
class Decoder {
 public:
  virtual ~Decoder() = default;

  virtual Fields fields() = 0;
  /// Chooses the parts a configuration names (the kind of projection) and with them which options
  /// there are. Called before `fields` where a configuration is at hand.
  virtual void choose_parts(const Config&) {}
  /// Called once, after the options are set and before fit or load. Errors: options that do not fit
  /// the recording (no receptive fields, a side that is no multiple of 32).
  virtual void build(const DecoderInput& input, const RunContext& run) = 0;
  virtual void fit(const SampleSource& train, const FitContext& context) = 0;
  /// (n, sensor, bin) float32 standardised -> (n, 3, size, size) float32 in [0,1], on the CPU.
  virtual at::Tensor reconstruct(const at::Tensor& responses) = 0;
  /// What the projection in front of it can show (projections/capabilities.h); null for decoders
  /// without such.
  virtual const HasFields* has_fields() const { return nullptr; }
  virtual HasAttention* has_attention() { return nullptr; }
  /// The pretrained networks its fit was judged by: what their scores say of it is no evidence.
  virtual std::vector<PretrainedWeights> pretrained() const { return {}; }
  /// Everything fit has learned, by name; `load` takes it back.
  virtual TensorMap state() const = 0;
  virtual void load(const TensorMap& state, const std::string& where) = 0;
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
