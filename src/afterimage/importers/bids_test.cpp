#include <gtest/gtest.h>

#include "afterimage/importers/bids_parts.h"

namespace afterimage::bids {
namespace {

TEST(Bids, NamesAreReadApart) {
  const Named file("glm/sub-01_ses-2_task-scenes_run-01_space-T1w_desc-betas_statmap.nii.gz");
  EXPECT_EQ(file.of("sub"), "01");
  EXPECT_EQ(file.of("run"), "01");
  EXPECT_EQ(file.of("acq"), "");
  EXPECT_EQ(file.suffix, "statmap");
  for (const char* word : {"betas", "desc-betas", "statmap", "space-T1w"}) {
    EXPECT_TRUE(file.has(word)) << word;
  }
  for (const char* word : {"beta", "desc", "desc-T1w", ""}) EXPECT_FALSE(file.has(word)) << word;
}

TEST(Bids, FilesOfOneRunAgree) {
  const std::vector<std::string> run = {"ses", "task", "run"};
  const Named betas("sub-01_ses-2_task-scenes_run-01_desc-betas_statmap.nii.gz");
  EXPECT_TRUE(betas.agrees(Named("sub-01_ses-2_task-scenes_run-1_events.tsv"), run));  // a number
  EXPECT_TRUE(betas.agrees(Named("sub-01_ses-2_task-scenes_events.tsv"), run));
  EXPECT_FALSE(betas.agrees(Named("sub-01_ses-2_task-scenes_run-2_events.tsv"), run));
  EXPECT_FALSE(betas.agrees(Named("sub-01_ses-02a_task-scenes_run-1_events.tsv"), run));
}

}  // namespace
}  // namespace afterimage::bids
