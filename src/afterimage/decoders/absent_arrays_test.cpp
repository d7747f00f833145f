#include "afterimage/decoders/absent_arrays.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <limits>

#include "afterimage/base/error.h"
#include "afterimage/projections/attention.h"

namespace afterimage {
namespace {

/// A projection whose first three maps are the image.
class Maps : public Decoder {
 public:
  explicit Maps(std::shared_ptr<Projection> projection) : projection_(std::move(projection)) {}
  Options options() override { return {}; }
  void build(const DecoderInput& input, const RunContext& run) override {
    projection_->build(input.sensors, 2, 8, run);
  }
  void fit(const SampleSource&, const FitContext&) override {}
  HasAttention* has_attention() override {
    return projection_ ? projection_->has_attention() : nullptr;
  }
  TensorMap state() const override { return {}; }
  void load(const TensorMap&, const std::string&) override {}

 private:
  at::Tensor images_of(const at::Tensor& responses, const ReconstructContext&) override {
    const at::NoGradGuard no_grad;
    return projection_->forward(responses).narrow(1, 0, 3);
  }

  std::shared_ptr<Projection> projection_;
};

struct AbsentArraysTest : testing::Test {
  AbsentArraysTest() {
    for (const std::string roi : {"V1", "V4", "IT", "V1", "V4"}) {
      input.sensors.name.push_back("s" + std::to_string(input.sensors.name.size()));
      input.sensors.roi.push_back(roi);
      input.sensors.array.push_back(-1);
    }
    decoder.build(input, RunContext());
    const at::NoGradGuard no_grad;
    attention->named_parameters()["key_weight"].mul_(100);  // so that the choice matters
    responses = at::randn({4, 5, 2}, RunContext().generator("responses"));
  }

  std::string refusal(Decoder& refusing, const std::vector<std::string>& arrays) const {
    try {
      const AbsentArrays absent(refusing, arrays);
    } catch (const Error& error) {
      return error.what();
    }
    return "accepted";
  }

  DecoderInput input;
  std::shared_ptr<AttentionProjection> attention = std::make_shared<AttentionProjection>();
  Maps decoder{attention};
  at::Tensor responses;
};

TEST_F(AbsentArraysTest, AreAsResponsesThatAreMissing) {
  const auto whole = decoder.reconstruct(responses);
  auto missing = responses.clone();
  missing.index_fill_(1, at::tensor({1, 4}, at::kLong), std::numeric_limits<float>::quiet_NaN());
  const auto expected = decoder.reconstruct(missing);
  {
    const AbsentArrays absent(decoder, {"V4"});
    EXPECT_TRUE(at::allclose(decoder.reconstruct(responses), expected, 1e-5, 1e-6));
    EXPECT_TRUE(at::allclose(decoder.reconstruct(absent.without(responses)), expected, 1e-5, 1e-6));
  }
  EXPECT_TRUE(at::equal(decoder.reconstruct(responses), whole));  // they are back
  EXPECT_FALSE(at::allclose(whole, expected, 1e-2, 1e-2));
}

TEST_F(AbsentArraysTest, StandAtTheirMeanForOtherDecoders) {
  const AbsentArrays absent(decoder, {"V4", "IT"});
  const auto seen = absent.without(responses);
  EXPECT_EQ(seen.index_select(1, at::tensor({1, 2, 4})).abs().max().item<float>(), 0);
  const auto others = at::tensor({0, 3});
  EXPECT_TRUE(at::equal(seen.index_select(1, others), responses.index_select(1, others)));
  EXPECT_TRUE(at::equal(AbsentArrays(decoder, {}).without(responses), responses));
}

TEST_F(AbsentArraysTest, ThoseOfTheTrainingStayAbsent) {
  attention->set_present({false, true, true});
  EXPECT_NE(refusal(decoder, {"V4", "IT"}).find("leaves no array"), std::string::npos);
  { const AbsentArrays absent(decoder, {"V4"}); }
  EXPECT_EQ(attention->present(), (std::vector<bool>{false, true, true}));
}

TEST_F(AbsentArraysTest, ThoseNotSeenAreLeftOut) {
  const auto whole = decoder.reconstruct(responses);
  // V4's sensors are not seen, one of V1's is not either, which leaves its array.
  const auto seen = at::tensor({1, 0, 1, 0, 0}).to(at::kBool);
  EXPECT_EQ(leave_out_unseen(decoder, seen), std::vector<std::string>{"V4"});
  EXPECT_EQ(attention->present(), (std::vector<bool>{true, false, true}));
  const auto without = decoder.reconstruct(responses);
  attention->set_present({true, true, true});
  leave_out(decoder, {"V4"}, "model.json");
  EXPECT_TRUE(at::equal(decoder.reconstruct(responses), without));
  EXPECT_FALSE(at::allclose(whole, without, 1e-2, 1e-2));
  EXPECT_THROW(leave_out(decoder, {"V2"}, "model.json"), Error);
  Maps other(make_projection("dense", "test"));
  EXPECT_TRUE(leave_out_unseen(other, seen).empty());
}

TEST_F(AbsentArraysTest, OthersAreRefused) {
  EXPECT_NE(refusal(decoder, {"V2"}).find("V1, V4, IT"), std::string::npos);
  for (const std::string kind : {"dense", ""}) {
    Maps other(kind.empty() ? nullptr : make_projection(kind, "test"));
    EXPECT_NE(refusal(other, {"V4"}).find("projection.kind = \"attention\""), std::string::npos);
    EXPECT_EQ(refusal(other, {}), "accepted");
  }
}

}  // namespace
}  // namespace afterimage
