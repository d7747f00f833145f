#include "afterimage/recordings/leakage.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "afterimage/base/error.h"
#include "afterimage/base/provenance.h"
#include "afterimage/recordings/example_recording.h"
#include "afterimage/recordings/stimulus_hash.h"

namespace afterimage {
namespace {

using Rows = std::vector<int64_t>;

class Leakage : public example::FolderTest {
 protected:
  /// Eight stimuli, the first four of "train", the others of "test"; each is told by its number.
  void SetUp() override {
    FolderTest::SetUp();
    info_ = example::info();
    info_.stimulus_name.clear();
    info_.stimulus_source.assign(8, "");
    info_.trials = {};
    for (int64_t i = 0; i < 8; ++i) {
      info_.stimulus_name.push_back("image " + std::to_string(i));
      add_trial(i, i < 4 ? "train" : "test");
    }
    images_ = at::arange(8).view({8, 1, 1, 1}).expand({8, 3, 8, 6}).to(at::kByte).contiguous();
  }

  void add_trial(int64_t stimulus, const std::string& split) {
    info_.trials.stimulus.push_back(stimulus);
    info_.trials.repeat.push_back(0);
    info_.trials.block.push_back(0);
    info_.trials.split.push_back(split);
  }

  Recording written() {
    RecordingWriter writer(path_, info_, true);
    writer.append_images(images_);
    writer.append_responses(at::zeros({info_.trials.count(), 3, 2}));
    writer.finish();
    return Recording(path_);
  }

  RecordingInfo info_;
  at::Tensor images_;
};

TEST_F(Leakage, IsFoundByRowPixelsAndSource) {
  add_trial(5, "train");         // the same stimulus
  images_[6].copy_(images_[2]);  // the same picture under another name
  images_[7][0][0][0] = 9;
  info_.stimulus_source[1] = info_.stimulus_source[7] = "photo";
  const auto shared = shared_stimuli(written(), "train", "test");
  EXPECT_EQ(shared.tested, 4);
  EXPECT_EQ(shared.rows, Rows{5});
  EXPECT_EQ(shared.pixels, Rows{6});
  EXPECT_EQ(shared.sources, Rows{7});
  EXPECT_EQ(shared.text(),
            "3 of the 4 stimuli of 'test' are in 'train' too (1 the same stimulus, 1 with equal "
            "pixels, 1 cut from the same source): scores will be too good");
  const auto back = SharedStimuli::from_json(shared.to_json());
  EXPECT_EQ(back.text(), shared.text());
  EXPECT_EQ(back.sources, shared.sources);
}

TEST_F(Leakage, EachStimulusCountsOnce) {
  add_trial(4, "train");
  images_[4].copy_(images_[2]);
  info_.stimulus_source[1] = info_.stimulus_source[4] = "photo";
  const auto shared = shared_stimuli(written(), "train", "test");
  EXPECT_EQ(shared.count(), 1);
  EXPECT_EQ(shared.rows, Rows{4});
}

TEST_F(Leakage, NothingSharedIsOneLineForManySplits) {
  EXPECT_EQ(leakage_lines(shared_stimuli(written())),
            std::vector<std::string>{"train and test share no stimulus"});
  for (size_t i = 0; i < 8; ++i) info_.trials.split[i] = "fold " + std::to_string(i);
  const auto pairs = shared_stimuli(written());
  EXPECT_EQ(pairs.size(), 28u);
  EXPECT_EQ(shared_stimuli(written(), "fold 3").size(), 7u);
  EXPECT_EQ(leakage_lines(pairs),
            std::vector<std::string>{"no two of the 8 splits share a stimulus"});
  images_.fill_(0);
  const auto lines = leakage_lines(shared_stimuli(written()));
  ASSERT_EQ(lines.size(), 4u);
  EXPECT_EQ(lines[3], "25 more pairs of splits share stimuli");
}

TEST_F(Leakage, OneSplitSaysNothingAndAMissingOneIsRefused) {
  info_.trials.split.assign(8, "train");
  const Recording recording = written();
  EXPECT_TRUE(leakage_lines(shared_stimuli(recording)).empty());
  EXPECT_THROW(shared_stimuli(recording, "train", "test"), Error);
}

TEST_F(Leakage, TrainIsWhatIsLearnedFromWhicheverComesFirst) {
  for (auto& split : info_.trials.split) split = split == "train" ? "test" : "train";
  const auto pairs = shared_stimuli(written());
  ASSERT_EQ(pairs.size(), 1u);
  EXPECT_EQ(pairs[0].train, "train");
}

// The bytes of /stimuli/images[row] as h5py reads them: y, x, channel.
TEST_F(Leakage, HashIsThatOfTheStoredPixels) {
  const auto hashes = stimulus_hashes(written(), {3, 0, 3});
  EXPECT_EQ(hashes[0], sha256(std::string(8 * 6 * 3, '\3')));
  EXPECT_EQ(hashes[2], hashes[0]);
  EXPECT_NE(hashes[1], hashes[0]);
  images_[3].zero_();
  images_[3].select(0, 0)[0][1] = 7;  // red of the second pixel
  std::string bytes(8 * 6 * 3, '\0');
  bytes[3] = 7;
  EXPECT_EQ(stimulus_hashes(written(), {3})[0], sha256(bytes));
  EXPECT_EQ(numbered_by_first({"b", "a", "b", "c"}), (Rows{0, 1, 0, 2}));
}

}  // namespace
}  // namespace afterimage
