#include "afterimage/training/trainer.h"

#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/example_run.h"
#include "afterimage/base/output.h"
#include "reference/formula.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

/// Counts what it sees: a running value that depends on every step's rows, order and learning rate.
class Toy : public Trainable {
 public:
  std::map<std::string, double> step(const std::vector<int64_t>& rows, int64_t step,
                                     double learning_rate) override {
    for (const int64_t row : rows) {
      value_ = value_ * 0.99 + learning_rate * static_cast<double>(row + 1);
    }
    if (step == fail_at) return {{"loss", std::numeric_limits<double>::quiet_NaN()}};
    return {{"loss", value_}};
  }
  TensorMap training_state() const override {
    return {{"value", at::tensor({value_}, at::kDouble)}};
  }
  void restore(const TensorMap& state, const std::string&) override {
    value_ = state.at("value").item<double>();
  }
  double value() const { return value_; }
  int64_t fail_at = -1;

 protected:
  double value_ = 0;
};

/// One whose checks give these scores in turn.
class Checked : public Toy {
 public:
  explicit Checked(std::vector<double> scores) : scores_(std::move(scores)) {}

  TensorMap training_state() const override {
    return {{"value", at::tensor({value_}, at::kDouble)},
            {"checks", at::tensor({checks_}, at::kLong)},
            {"best", at::tensor({best_}, at::kDouble)}};
  }
  void restore(const TensorMap& state, const std::string& where) override {
    Toy::restore(state, where);
    checks_ = state.at("checks").item<int64_t>();
    best_ = state.at("best").item<double>();
  }
  std::map<std::string, double> validate() override {
    return {{"pixel-correlation", scores_.at(static_cast<size_t>(checks_++))}, {"ssim", 0}};
  }
  void remember() override { best_ = value_; }
  void settle() override {
    if (best_ != 0) value_ = best_;
  }
  int64_t checks() const { return checks_; }

 private:
  std::vector<double> scores_;
  int64_t checks_ = 0;
  double best_ = 0;
};

class TrainerTest : public ::testing::Test {
 protected:
  void SetUp() override {
    folder_ = fs::temp_directory_path() / ("trainer_test." + std::to_string(::getpid()));
    fs::create_directories(folder_);
    options_.steps = 12;
    options_.batch = 4;
    options_.schedule = "cosine";
    options_.checkpoint_every = 5;
    options_.log_every = 1;
  }
  void TearDown() override { fs::remove_all(folder_); }

  static RunContext make_run() {
    RunOptions options;
    options.threads = 1;
    return example::prepared_run(options);
  }
  std::string log() const { return read_text(folder_ / "log.jsonl"); }

  RunContext run_ = make_run();
  fs::path folder_;
  TrainerOptions options_;
};

TEST_F(TrainerTest, AContinuedRunEndsWhereAnUnbrokenOneDoes) {
  Toy whole;
  train(whole, 10, options_, {run_, folder_, false, "same"});

  Toy broken;
  broken.fail_at = 8;  // after the checkpoint of step 5
  EXPECT_THROW(train(broken, 10, options_, {run_, folder_, false, "same"}), Error);
  Toy resumed;
  train(resumed, 10, options_, {run_, folder_, true, "same"});
  EXPECT_EQ(resumed.value(), whole.value());

  std::ifstream file(folder_ / "log.jsonl");
  int64_t lines = 0;
  for (std::string line; std::getline(file, line);) ++lines;
  EXPECT_EQ(lines, 12) << log();
}

TEST_F(TrainerTest, WithoutAFolderItWritesNothing) {
  Toy kept, free;
  train(kept, 10, options_, {run_, folder_, false, "same"});
  const auto here = fs::current_path();
  const fs::path empty = folder_ / "empty";
  fs::create_directories(empty);
  fs::current_path(empty);
  train(free, 10, options_, {run_, {}, false, {}});
  fs::current_path(here);
  EXPECT_EQ(free.value(), kept.value());
  EXPECT_TRUE(fs::is_empty(empty));
}

TEST_F(TrainerTest, NamesTheStepOfALossThatIsNotFinite) {
  Toy toy;
  toy.fail_at = 8;
  try {
    train(toy, 10, options_, {run_, folder_, false, "same"});
    FAIL() << "no error";
  } catch (const Error& error) {
    const std::string what = error.what();
    EXPECT_NE(what.find("step 9"), std::string::npos) << what;
    EXPECT_NE(what.find("checkpoint after step 5"), std::string::npos) << what;
  }
}

TEST_F(TrainerTest, KeepsTheBestOfItsChecks) {
  options_.schedule = "constant";
  options_.check_every = 3;
  Toy six;
  options_.steps = 6;
  train(six, 10, options_, {run_, folder_, false, "same"});

  options_.steps = 12;
  Checked last({1, 3, 2, std::nan("")}), best({1, 3, 2, std::nan("")});
  Toy plain;
  train(plain, 10, options_, {run_, folder_, false, "same"});
  train(last, 10, options_, {run_, folder_, false, "same"});
  options_.keep = "best";
  train(best, 10, options_, {run_, folder_, false, "same"});
  EXPECT_EQ(last.value(), plain.value());
  EXPECT_EQ(best.value(), six.value());
  EXPECT_NE(log().find("\"validation.pixel-correlation\":3.0"), std::string::npos) << log();
}

TEST_F(TrainerTest, StopsWhenChecksBringNothingMore) {
  options_.check_every = 1;
  options_.patience = 2;
  options_.keep = "best";
  const std::vector<double> scores = {1, 3, 2, 4, 2, 4, 9, 9, 9, 9, 9, 9};
  Checked whole(scores), broken(scores), resumed(scores);
  train(whole, 10, options_, {run_, folder_, false, "same"});
  EXPECT_EQ(whole.checks(), 6);  // 4 was the best, 2 and a second 4 are no better
  const std::string whole_log = log();
  EXPECT_NE(whole_log.find("\"step\":6"), std::string::npos) << whole_log;
  EXPECT_EQ(whole_log.find("\"step\":7"), std::string::npos) << whole_log;

  broken.fail_at = 5;  // one check after the best, one after the checkpoint
  EXPECT_THROW(train(broken, 10, options_, {run_, folder_, false, "same"}), Error);
  train(resumed, 10, options_, {run_, folder_, true, "same"});
  EXPECT_EQ(resumed.checks(), 6);
  EXPECT_EQ(resumed.value(), whole.value());

  // What stopped stays stopped, with the same weights.
  Checked again(scores);
  train(again, 10, options_, {run_, folder_, true, "same"});
  EXPECT_EQ(again.checks(), 6);
  EXPECT_EQ(again.value(), whole.value());
}

TEST_F(TrainerTest, RefusesACheckpointOfOtherSettings) {
  Toy toy;
  train(toy, 10, options_, {run_, folder_, false, "these"});
  Toy other;
  EXPECT_THROW(train(other, 10, options_, {run_, folder_, true, "those"}), Error);
  EXPECT_THROW(train(other, 10, options_, {run_, folder_ / "empty", true, "these"}), Error);
}

TEST_F(TrainerTest, RefusesATruncatedCheckpoint) {
  Toy toy;
  train(toy, 10, options_, {run_, folder_, false, "same"});
  const fs::path checkpoint = folder_ / "checkpoint.safetensors";
  fs::resize_file(checkpoint, fs::file_size(checkpoint) - 3);
  EXPECT_THROW(train(toy, 10, options_, {run_, folder_, true, "same"}), Error);
}

TEST_F(TrainerTest, EveryEpochShowsEverySampleOnce) {
  for (int64_t epoch = 0; epoch < 3; ++epoch) {
    std::multiset<int64_t> seen;
    for (int64_t i = 0; i < 5; ++i) {
      for (const int64_t row : batch_rows(run_, 20, 4, epoch * 5 + i)) seen.insert(row);
    }
    EXPECT_EQ(seen.size(), 20u);
    EXPECT_EQ(std::set<int64_t>(seen.begin(), seen.end()).size(), 20u);
  }
  EXPECT_NE(batch_rows(run_, 20, 4, 0), batch_rows(run_, 20, 4, 5));
  EXPECT_EQ(batch_rows(run_, 3, 8, 2).size(), 8u);  // a batch larger than the set runs on
}

TEST(TrainerOptions, StepsOrEpochsSayHowLong) {
  TrainerOptions options;
  options.epochs = 2;
  options.settle_length();
  EXPECT_EQ(options.steps, 0);
  EXPECT_EQ(options.for_samples(40).steps, 10);
  options.epochs = 0;
  EXPECT_THROW(options.settle_length(), Error);
  options.steps = 7;
  options.settle_length();
  EXPECT_EQ(options.for_samples(40).steps, 7);
}

TEST(TrainerOptions, TheBestNeedsSomethingHeldOut) {
  TrainerOptions options;
  options.check_validation();
  options.keep = "best";
  EXPECT_THROW(options.check_validation(), Error);
  options.validation = 0.1;
  options.check_validation();
  options = TrainerOptions{};
  options.patience = 3;
  EXPECT_THROW(options.check_validation(), Error);
}

TEST(TrainerOptions, CosineAgreesWithPyTorch) {
  const auto expected = reference::read("training_ours.safetensors").at("cosine");
  TrainerOptions options;
  options.steps = expected.size(0);
  options.learning_rate = 0.3;
  options.schedule = "cosine";
  for (int64_t step = 0; step < options.steps; ++step) {
    EXPECT_NEAR(options.learning_rate_at(step), expected[step].item<double>(), 1e-12) << step;
  }
}

TEST(TrainerOptions, ScheduleEndsNearZeroAndWarmsUp) {
  TrainerOptions options;
  options.steps = 100;
  options.learning_rate = 1;
  options.schedule = "cosine";
  EXPECT_DOUBLE_EQ(options.learning_rate_at(0), 1);
  EXPECT_NEAR(options.learning_rate_at(50), 0.5, 1e-12);
  EXPECT_LT(options.learning_rate_at(99), 1e-3);
  options.warmup = 10;
  EXPECT_NEAR(options.learning_rate_at(0), 0.1, 1e-12);
}

}  // namespace
}  // namespace afterimage
