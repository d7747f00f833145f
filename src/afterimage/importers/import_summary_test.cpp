#include "afterimage/importers/import_summary.h"

#include <gtest/gtest.h>

#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

using ImportSummary = example::FolderTest;

TEST_F(ImportSummary, SaysWhatIsThereAndWhatIsNot) {
  example::write(path_, example::info());
  const auto lines = import_summary(
      Recording(path_), {{{"sensors", 2, "reliability below 0.4"}}, {"image 7 is missing"}});
  const std::vector<std::string> expected = {
      "5 stimuli of 6 x 8 pixels",
      "train: 12 trials of 4 stimuli, each shown 3 times, in 3 blocks",
      "test: 2 trials of 1 stimulus, each shown 2 times, in 2 blocks",
      "3 sensors (V1 2, V4 1), 2 with a receptive field",
      "dropped 2 sensors: reliability below 0.4",
      "train and test share no stimulus",
      "image 7 is missing"};
  EXPECT_EQ(lines, expected);
}

TEST_F(ImportSummary, NoticesOverlap) {
  auto info = example::info(1);
  info.stimulus_source = {"a", "b", "", "", "a"};  // the test image was cut from the same photo
  info.trials.stimulus[12] = 3;                    // and one of training is shown again
  info.trials.split[0] = "";
  example::write(path_, info);
  const auto lines = import_summary(Recording(path_), {});
  EXPECT_EQ(lines[0], "5 stimuli of 6 x 8 pixels, gray");
  EXPECT_EQ(lines[1], "train: 11 trials of 4 stimuli, each shown 2 to 3 times, in 3 blocks");
  EXPECT_EQ(lines[3], "in no split: 1 trial of 1 stimulus, each shown 1 time, in 1 block");
  EXPECT_EQ(lines.back(),
            "2 of the 2 stimuli of 'test' are in 'train' too (1 the same stimulus, 1 cut from the "
            "same source): scores will be too good");
}

}  // namespace
}  // namespace afterimage
