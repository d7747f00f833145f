#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <ATen/core/Tensor.h>
#include <torch/nn/module.h>

#include "afterimage/base/options.h"
#include "afterimage/base/run_context.h"
#include "afterimage/networks/parameter_group.h"
#include "afterimage/projections/capabilities.h"
#include "afterimage/projections/learned_fields.h"
#include "afterimage/recordings/recording.h"
#include "afterimage/recordings/sample_source.h"
#include "afterimage/recordings/samples.h"

namespace afterimage {

/// Lays responses out in visual space: (n, sensor, bin) -> maps (n, channels, side, side). The
/// first part of every image-to-image decoder; what it learns is trained with the U-Net behind it.
class Projection : public torch::nn::Module {
 public:
  ~Projection() override = default;

  /// Its options, declared once. The decoder's configuration shows them as `projection.*`.
  virtual Options options() = 0;
  /// Called once, after the options are set. `side` is that of the maps, in pixels. Errors: the
  /// recording lacks what it needs (receptive fields).
  virtual void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) = 0;
  /// Where a training begins: whatever is better taken from the training samples than at random.
  /// Not called when a training goes on from a checkpoint.
  virtual void start(const SampleSource&, const RunContext&) {}
  virtual int64_t channels() const = 0;
  virtual at::Tensor forward(const at::Tensor& responses) = 0;
  /// Everything it learns, by how fast it does so beside the network.
  virtual std::vector<ParameterGroup> parameter_groups() const { return {{parameters(), 1}}; }
  /// What each channel holds ("V1, bin 0"), for reports.
  virtual std::vector<std::string> channel_names() const = 0;
  /// Null for projections that have no such thing to show.
  virtual const HasFields* has_fields() const { return nullptr; }
  virtual HasAttention* has_attention() { return nullptr; }
  /// What a user should know before training, a line each: sensors that take no part.
  virtual std::vector<std::string> notes() const { return {}; }
};

struct ProjectionEntry {
  std::string name;
  std::string summary;
  std::string source;
  std::function<std::shared_ptr<Projection>()> make;
};

/// Every projection, by name: the one place to add one.
const std::vector<ProjectionEntry>& projection_table();

/// What `notes` says of sensors without a place, and of those with a centre but no size, for which
/// `assumed` says what is taken; nothing of none.
std::vector<std::string> field_notes(int64_t unplaced, int64_t unsized, int64_t sensors,
                                     const std::string& assumed);

/// Refuses a recording none of whose sensors has a receptive field: says how to get fields, and
/// with `instead` what does without them.
[[noreturn]] void refuse_unmapped(const std::string& projection, const std::string& instead);

/// A new projection; an Error with the nearest name when there is none of this name.
std::shared_ptr<Projection> make_projection(const std::string& name, const std::string& where);

}  // namespace afterimage
