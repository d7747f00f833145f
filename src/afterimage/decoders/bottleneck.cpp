#include "afterimage/decoders/bottleneck.h"

#include <ATen/ATen.h>

#include "afterimage/base/batches.h"
#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/ridge.h"
#include "afterimage/decoders/state_tensor.h"

namespace afterimage {
namespace {

constexpr const char *kEncode = "bottleneck.encode", *kDecode = "bottleneck.decode";

/// X'X / n of the responses, read in batches: (p, p) float64.
at::Tensor covariance(const SampleSource& train, const RunContext& run) {
  const int64_t p = train.sensors() * train.bins();
  auto sum = at::zeros({p, p}, at::kDouble);
  for_batches(all_rows(train.count()), rows_per_batch(3 * 8 * p), [&](int64_t, const auto& rows) {
    run.stop_if_cancelled("stopped while the bottleneck was fitted");
    const auto x = train.responses(rows).flatten(1).to(at::kDouble);
    sum.addmm_(x.t(), x);
  });
  return sum / static_cast<double>(train.count());
}

/// A source whose responses pass through a bottleneck.
class NarrowSource : public SampleSource {
 public:
  NarrowSource(const SampleSource& wide, const BottleneckDecoder& bottleneck)
      : wide_(wide), bottleneck_(bottleneck) {}

  const std::vector<int64_t>& stimulus() const override { return wide_.stimulus(); }
  std::vector<std::string> photographs() const override { return wide_.photographs(); }
  Captions captions() const override { return wide_.captions(); }
  const std::vector<int64_t>& trials_averaged() const override { return wide_.trials_averaged(); }
  int64_t sensors() const override { return wide_.sensors(); }
  int64_t bins() const override { return wide_.bins(); }
  int64_t image_size() const override { return wide_.image_size(); }
  int64_t channels() const override { return wide_.channels(); }
  at::Tensor responses(const std::vector<int64_t>& rows) const override {
    return bottleneck_.narrowed(wide_.responses(rows));
  }
  at::Tensor images(const std::vector<int64_t>& rows) const override { return wide_.images(rows); }
  std::string where() const override { return wide_.where(); }

 private:
  const SampleSource& wide_;
  const BottleneckDecoder& bottleneck_;
};

}  // namespace

void BottleneckDecoder::build(const DecoderInput& input, const RunContext& run) {
  const auto responses = input.sensors.count() * std::ssize(input.bins);
  if (units_ > responses) {
    throw Error(
        "data.bottleneck",
        concat(units_, " units are more than the ", responses, " responses (sensors x bins)"),
        "Choose fewer, or leave it out");
  }
  input_ = input;
  behind_->build(input, run);
}

// With Y = XW of ridge and C = X'X / n = LL', the left singular vectors of Y are X a, a = L'^-1 b,
// b the eigenvectors of L'WW'L. Units X E, E = (a_1, ..., a_k), have variance 1 and are
// uncorrelated, so that D = E'C predicts X from them with the least error.
void BottleneckDecoder::fit(const SampleSource& train, const FitContext& context) {
  RidgeDecoder ridge;
  ridge.build(input_, context.run);
  ridge.fit(train, context);
  const auto weight = ridge.state().at("weight").cpu().to(at::kDouble);  // (p, pixels)
  auto spread = covariance(train, context.run);
  constexpr double little = 1e-6;  // of the mean variance: sensors may be silent or copies
  spread.diagonal().add_(little * spread.diagonal().mean());
  const auto lower = at::linalg_cholesky(spread);
  const auto image = at::mm(lower.t(), weight);  // (p, pixels)
  const auto vectors = std::get<1>(at::linalg_eigh(at::mm(image, image.t())));
  const auto first = vectors.narrow(1, vectors.size(1) - units_, units_);  // largest last
  const auto encode = at::linalg_solve_triangular(lower.t(), first.contiguous(), /*upper=*/true);
  encode_ = encode.to(at::kFloat).contiguous();
  decode_ = at::mm(encode.t(), spread).to(at::kFloat).contiguous();
  behind_->fit(NarrowSource(train, *this), context);
}

at::Tensor BottleneckDecoder::narrowed(const at::Tensor& responses) const {
  TORCH_INTERNAL_ASSERT(encode_.defined(), "fit or load first");
  const auto rows = responses.flatten(1);
  const auto encode = encode_.to(rows.device()), decode = decode_.to(rows.device());
  return at::mm(at::mm(rows, encode), decode).view(responses.sizes());
}

TensorMap BottleneckDecoder::state() const {
  auto state = behind_->state();
  state[kEncode] = encode_;
  state[kDecode] = decode_;
  return state;
}

void BottleneckDecoder::load(const TensorMap& state, const std::string& where) {
  const auto responses = input_.sensors.count() * std::ssize(input_.bins);
  encode_ = state_tensor(state, kEncode, {responses, units_}, where).cpu().to(at::kFloat);
  decode_ = state_tensor(state, kDecode, {units_, responses}, where).cpu().to(at::kFloat);
  auto rest = state;
  rest.erase(kEncode);
  rest.erase(kDecode);
  behind_->load(rest, where);
}

}  // namespace afterimage
