#include "afterimage/base/run_context.h"

#include <ATen/ATen.h>
#include <ATen/Parallel.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cmath>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <tuple>

#include "afterimage/base/error.h"
#include "afterimage/base/process.h"
#include "afterimage/base/progress.h"

namespace afterimage {
namespace {

RunContext with_seed(int64_t seed) {
  RunOptions options;
  options.seed = seed;
  return RunContext(options);
}

at::Tensor draw(const RunContext& run, std::string_view purpose, int64_t count = 100) {
  return at::rand({count}, run.generator(purpose));
}

TEST(RunContext, AStreamFollowsFromSeedAndPurposeOnly) {
  const RunContext run = with_seed(1);
  const auto expected = draw(run, "noise");
  draw(run, "data order", 12345);
  at::rand({17});
  EXPECT_TRUE(at::equal(draw(run, "noise"), expected));
  EXPECT_TRUE(at::equal(draw(with_seed(1), "noise"), expected));
  EXPECT_FALSE(at::equal(draw(with_seed(2), "noise"), expected));
}

TEST(RunContext, StreamsOfDifferentPurposesAreIndependent) {
  const RunContext run = with_seed(1);
  constexpr int64_t count = 20000;
  const auto table =
      at::stack({draw(run, "a", count), draw(run, "b", count), draw(run, "ab", count),
                 draw(with_seed(2), "a", count)});  // (stream, draw)
  const auto off_diagonal = at::corrcoef(table) - at::eye(4);
  EXPECT_LT(off_diagonal.abs().max().item<double>(), 5 / std::sqrt(double(count)));
}

TEST(RunContext, ChoosesTheThreads) {
  RunOptions options;
  options.threads = 2;
  EXPECT_EQ(RunContext(options).threads(), 2);
  options.threads = 0;
  for (const auto& [variable, threads] : std::map<std::string, int>{{"3", 3}, {"2,1", 2}}) {
    setenv("OMP_NUM_THREADS", variable.c_str(), /*overwrite=*/1);
    EXPECT_EQ(RunContext(options).threads(), threads) << variable;
  }
  for (const std::string variable : {"", "0", "many"}) {  // then all processors
    setenv("OMP_NUM_THREADS", variable.c_str(), /*overwrite=*/1);
    EXPECT_EQ(RunContext(options).threads(), std::thread::hardware_concurrency()) << variable;
  }
}

TEST(RunContext, SetsNothingForTheProcess) {
  at::set_num_threads(1);
  RunOptions options;
  options.threads = 2;
  const RunContext run(options);
  EXPECT_EQ(at::get_num_threads(), 1);
  prepare_process(run);
  EXPECT_EQ(at::get_num_threads(), 2);
}

// at::parallel_for is compiled into our code: without OpenMP it would run serially.
TEST(RunContext, ParallelForUsesTheThreads) {
  RunOptions options;
  options.threads = 2;
  prepare_process(RunContext(options));
  std::atomic<int> chunks{0};
  at::parallel_for(0, 1000, 1, [&chunks](int64_t, int64_t) { ++chunks; });
  EXPECT_EQ(chunks, 2);
}

TEST(RunContext, CopiesShareCancellationAndListener) {
  struct Ears : Listener {
    void say(const std::string& line) override { heard += line; }
    void progress(const ProgressState& state) override { states.push_back(state); }
    std::string heard;
    std::vector<ProgressState> states;
  };
  const Cancellation stop;
  const auto ears = std::make_shared<Ears>();
  auto first = std::make_unique<RunContext>(RunOptions(), stop, ears);
  const RunContext run = *first;
  first.reset();  // a copy needs nothing of it

  run.say("hello");
  EXPECT_EQ(ears->heard, "hello");
  { Progress(run, "Reading", 2, "image", /*done=*/1).advance(1, "note"); }
  ASSERT_EQ(ears->states.size(), 2u);  // begun and ended
  const ProgressState& last = ears->states.back();
  EXPECT_TRUE(last.last);
  EXPECT_EQ(std::tie(last.first, last.done, last.total, last.note),
            std::make_tuple(1, 2, 2, std::string("note")));

  run.stop_if_cancelled("not yet");
  std::thread([stop] { stop.request(); }).join();
  EXPECT_TRUE(run.cancelled());
  EXPECT_THROW(run.stop_if_cancelled("stopped"), Interrupted);
}

TEST(RunContext, IsDeafWithoutAListener) {
  ::testing::internal::CaptureStderr();
  RunContext().say("hello");
  { Progress(RunContext(), "Reading", 2, "image").advance(); }
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST(RunContext, RefusesWhatIsNotThere) {
  const auto refused = [](const std::string& device, const std::string& precision) {
    RunOptions options;
    options.device = device;
    options.precision = precision;
    EXPECT_THROW(RunContext{options}, Error) << device << ", " << precision;
  };
  refused("gpu", "fp32");
  refused("", "fp32");
  refused("cuda:x", "fp32");
  refused("cuda:99", "fp32");
  refused("cpu", "fp16");
}

TEST(RunContext, SaysHowItRan) {
  RunOptions options;
  options.seed = 7;
  options.threads = 1;
  options.precision = "bf16";
  const auto record = RunContext(options).to_json();
  EXPECT_EQ(record, nlohmann::json(
                        {{"device", "cpu"}, {"precision", "bf16"}, {"seed", 7}, {"threads", 1}}));
}

TEST(AutocastScope, IsMixedPrecisionWhileItLives) {
  RunOptions options;
  options.precision = "bf16";
  const RunContext mixed(options), full = with_seed(1);
  const auto a = at::ones({4, 4});
  const auto type = [&a] { return at::matmul(a, a).scalar_type(); };
  {
    AutocastScope outer(mixed);
    EXPECT_EQ(type(), at::kBFloat16);
    {
      AutocastScope inner(mixed);
      EXPECT_EQ(type(), at::kBFloat16);
    }
    EXPECT_EQ(type(), at::kBFloat16) << "the inner one leaves the outer one on";
  }
  EXPECT_EQ(type(), at::kFloat);
  AutocastScope none(full);
  EXPECT_EQ(type(), at::kFloat);
}

}  // namespace
}  // namespace afterimage
