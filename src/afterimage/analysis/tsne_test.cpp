#include "afterimage/analysis/tsne.h"

#include <gtest/gtest.h>

#include "afterimage/analysis/repulsion.h"
#include "afterimage/base/error.h"
#include "afterimage/base/run_context.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

using reference::wave;

struct TsneTest : testing::Test {
  TensorMap expected = reference::read("analysis/embedding.safetensors");
  at::Tensor rows = expected.at("rows");
  Affinities p = affinities(nearest_neighbours(rows, 90), 30);

  double number(const std::string& name) const { return expected.at(name).item<double>(); }

  /// How many of the 10 nearest neighbours are still among the 10 nearest.
  double kept(const at::Tensor& map) const {
    const auto before = nearest_neighbours(rows, 10).index,
               after = nearest_neighbours(map, 10).index;
    return before.unsqueeze(2).eq(after.unsqueeze(1)).any(2).to(at::kDouble).mean().item<double>();
  }
};

TEST(NearestNeighbours, AreThoseOfAllDistances) {
  const auto rows = wave({57, 5});
  const auto all = at::cdist(rows, rows).square();
  all.fill_diagonal_(INFINITY);
  const auto [distance, index] = all.topk(7, 1, /*largest=*/false);
  const auto found = nearest_neighbours(rows, 7);
  EXPECT_TRUE(at::equal(found.index, index));
  EXPECT_LT((found.distance - distance).abs().max().item<double>(), 1e-9);
}

/// All pairs, zero where they are no neighbours.
at::Tensor dense(const Affinities& p) {
  const auto out = at::zeros({p.rows(), p.rows()}, at::kDouble);
  for (int64_t i = 0; i < p.rows(); ++i) {
    const auto row = static_cast<size_t>(i);
    for (auto m = static_cast<size_t>(p.begin[row]); m < static_cast<size_t>(p.begin[row + 1]);
         ++m) {
      out[i][p.column[m]] = p.probability[m];
    }
  }
  return out;
}

TEST_F(TsneTest, AffinitiesAgreeWithScikitLearn) {
  const auto all = dense(p), wanted = expected.at("affinities").to(at::kDouble);
  EXPECT_NEAR(all.sum().item<double>(), 1, 1e-5);
  EXPECT_TRUE(at::equal(all, all.t()));
  // Relative to each affinity: half of them are below 1e-6. Both bisect alike and stop alike.
  const auto farthest = [&](const at::Tensor& found) {
    const auto some = found.slice(0, 0, std::nullopt, 10);
    EXPECT_TRUE(at::equal(some.gt(0), wanted.gt(0)));  // the same neighbours
    return ((some - wanted).abs() / wanted.clamp_min(1e-30)).max().item<double>();
  };
  EXPECT_LT(farthest(all), 1e-5);
  EXPECT_GT(farthest(dense(affinities(nearest_neighbours(rows, 90), 30.01))), 1e-3);
  const auto error = all.slice(0, 0, std::nullopt, 10) - wanted;
  EXPECT_LT((error.norm() / wanted.norm()).item<double>(), 1e-6);
}

TEST_F(TsneTest, TheMapIsAsGoodAsScikitLearnsAndOpenTsnes) {
  for (const int64_t exact_up_to : {5000, 0}) {
    TsneOptions options;
    options.exact_up_to = exact_up_to;
    const Tsne found = tsne(rows, options, RunContext());
    const double reference = tsne_divergence(p, expected.at("sklearn.map").to(at::kDouble));
    EXPECT_NEAR(reference, number("sklearn.divergence"), 0.02 * reference);
    EXPECT_LT(found.divergence, 1.02 * reference);
    EXPECT_LT(found.divergence,
              1.02 * tsne_divergence(p, expected.at("opentsne.map").to(at::kDouble)));
    EXPECT_GT(kept(found.map), number("sklearn.kept") - 0.02);
    EXPECT_GT(kept(found.map), number("opentsne.kept") - 0.02);
  }
}

TEST_F(TsneTest, RandomStartsEndAsWellElsewhere) {
  const RunContext run;
  const auto from = [&](const std::string& purpose) {
    return tsne(p, random_start(p.rows(), run.generator(purpose)), {}, run);
  };
  const Tsne principal = tsne(rows, {}, run), first = from("one"), second = from("two");
  EXPECT_NEAR(random_start(4000, run.generator("one")).std().item<double>(), 1e-4, 5e-6);
  EXPECT_TRUE(at::equal(first.map, from("one").map));
  for (const Tsne& found : {first, second}) {
    EXPECT_LT(found.divergence, 1.05 * principal.divergence);
    EXPECT_GT(kept(found.map), number("sklearn.kept") - 0.03);
    EXPECT_FALSE(at::allclose(found.map, principal.map, 0.1, 1));
  }
}

TEST(Repulsion, InterpolationAgreesWithAllPairs) {
  const auto random = RunContext().generator("points");
  for (const double width : {1e-3, 3.0, 40.0, 130.0}) {
    const auto points = at::randn({1500, 2}, random, at::kDouble) * width / 5;
    GridRepulsion grid;
    const auto exact = exact_repulsion(points), fast = grid(points);
    EXPECT_NEAR(fast.z, exact.z, 1e-3 * exact.z) << width;
    const double wrong = (fast.force - exact.force).norm().item<double>();
    EXPECT_LT(wrong, 0.025 * exact.force.norm().item<double>()) << width;
  }
}

TEST(Tsne, RefusesTooFewRows) {
  EXPECT_THROW(tsne(wave({90, 3}), {}, RunContext()), Error);
  EXPECT_THROW(tsne(wave({200, 3}) / 0, {}, RunContext()), Error);
}

}  // namespace
}  // namespace afterimage
