#pragma once

#include <string>
#include <vector>

#include "afterimage/projections/attention_embedding.h"
#include "afterimage/projections/attention_parts.h"
#include "afterimage/projections/projection.h"
#include "afterimage/projections/sensor_groups.h"

namespace afterimage {

/// Inverse receptive field attention (IRFA, section 3.1): every pixel and feature attends to the
/// arrays of electrodes.
///
///   E_h = Affine_h(responses of array h)                                  (n, h, C/2)
///   P = cat(E + P_x, E + P_y)                                             (n, h, C, y, x)
///   K = Conv1x1_h(P), V = Conv1x1_h(P)         a convolution per array
///   W = softmax_h(Conv_kxk(K) / sqrt(C k k))   one convolution for all, 'same' padding
///   A = sum_h W_h V_h                                                     (n, C, y, x)
///
/// The first half of P depends on x only and the second on y only, and on the sample through E
/// alone: K, V and the scores are sums of such parts (attention_parts.h), and A follows without the
/// (n, h, C, y, x) tensors (attention_core.h), exactly. Several bins are the input of one embedding
/// side by side. Sensors are taken by electrode array, or by ROI in recordings without arrays, each
/// split further where `groups` says so; receptive fields are not needed.
///
/// An array whose responses are all NaN in a sample is left out of that sample's softmax, and a
/// single NaN counts as the sensor's mean. Everything is computed in the parameters' type, under
/// autocast too.
class AttentionProjection : public Projection, public HasAttention {
 public:
  Options options() override;
  void build(const Sensors& sensors, int64_t bins, int64_t side, const RunContext& run) override;
  int64_t channels() const override { return features_; }
  std::vector<ParameterGroup> parameter_groups() const override { return {{parameters(), rate_}}; }
  at::Tensor forward(const at::Tensor& responses) override;
  std::vector<std::string> channel_names() const override;
  std::vector<std::string> notes() const override;

  /// The softmax weights W (n, h, C, y, x), detached: what each pixel and feature takes from which
  /// array. The whole tensor: mind the size.
  at::Tensor weights(const at::Tensor& responses);

  HasAttention* has_attention() override { return this; }
  std::vector<std::string> arrays() const override;
  size_t find_array(const std::string& name, const std::string& where) const override;
  const std::vector<int64_t>& sensors_of(size_t array) const override {
    return groups_[array].sensors;
  }
  at::Tensor attention(const at::Tensor& responses) override;
  std::vector<bool> present() const override;
  void set_present(const std::vector<bool>& present) override;

 private:
  AttentionParts parts(const at::Tensor& responses);
  at::Tensor answering(const at::Tensor& missing) const;
  at::Tensor score(const at::Tensor& keys) const;
  at::Tensor score_along(const at::Tensor& keys, bool along_x) const;

  int64_t features_ = 16, kernel_ = 4;
  std::string embedding_kind_ = "affine";
  double rate_ = 1;
  int64_t parts_ = 1;
  std::string split_ = "position";
  std::vector<std::string> absent_;

  std::vector<SensorGroup> groups_;
  std::vector<at::Tensor> members_;  // of each array: rows of the sensors
  at::Tensor present_;               // (h) bool
  int64_t bins_ = 0, side_ = 0;
  c10::intrusive_ptr<AttentionGrid> grid_;  // made anew when type or device change

  MultiheadEmbedding embedding_{nullptr};
  at::Tensor position_x_, position_y_;  // (C/2, side)
  at::Tensor key_weight_, key_bias_;    // (h, C, C), (h, C)
  at::Tensor value_weight_, value_bias_;
  at::Tensor score_weight_, score_bias_;  // (C, C, k, k), (C)
};

}  // namespace afterimage
