#include "afterimage/simulation/stimuli.h"

#include <ATen/ATen.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/formats/image.h"
#include "afterimage/recordings/example_recording.h"
#include "afterimage/simulation/example_simulation.h"

namespace afterimage::simulator {
namespace {

namespace fs = std::filesystem;

/// A folder to put small photographs in.
class Stimuli : public example::FolderTest {
 protected:
  void add(const std::string& name, int64_t height = 20, int64_t width = 30) {
    fs::create_directories((folder_ / name).parent_path());
    write_png(folder_ / name, at::randint(256, {3, height, width}, at::kByte));
  }
  void add_many(const std::string& prefix, int64_t count) {
    for (int64_t i = 0; i < count; ++i) add(prefix + std::to_string(i) + ".png");
  }
  void add_bad(const std::string& name) { std::ofstream(folder_ / name) << "not an image"; }
};

std::set<std::string> sources(const std::vector<Photograph>& list) {
  std::set<std::string> names;
  for (const auto& photograph : list) names.insert(photograph.source);
  return names;
}

TEST_F(Stimuli, NoPhotographIsInBothSplits) {
  add_many("p", 12);
  const auto photographs = choose_photographs(folder_, 3, false, example::generator(1));
  const auto train = sources(photographs.train), test = sources(photographs.test);
  EXPECT_EQ(train.size(), 9u);
  EXPECT_EQ(test.size(), 3u);
  for (const auto& name : test) EXPECT_FALSE(train.contains(name)) << name;
  EXPECT_EQ(photographs.note, "");
  EXPECT_EQ(sources(choose_photographs(folder_, 3, false, example::generator(1)).test), test);
  EXPECT_NE(sources(choose_photographs(folder_, 3, false, example::generator(2)).test), test);
}

TEST_F(Stimuli, SmallSetsGetFewerTestImagesAndSaySo) {
  add_many("p", 10);
  const auto photographs = choose_photographs(folder_, 100, false, example::generator(1));
  EXPECT_EQ(photographs.test.size(), 3u);
  EXPECT_EQ(photographs.train.size(), 7u);
  EXPECT_NE(photographs.note.find("3 test images instead of 100"), std::string::npos);
}

TEST_F(Stimuli, OnePhotographIsTooFew) {
  EXPECT_THROW(choose_photographs(folder_, 1, false, example::generator(1)), Error);
  add("only.png");
  EXPECT_THROW(choose_photographs(folder_, 1, false, example::generator(1)), Error);
  add("second.png");
  const auto photographs = choose_photographs(folder_, 1, false, example::generator(1));
  EXPECT_EQ(photographs.train.size(), 1u);
  EXPECT_EQ(photographs.test.size(), 1u);
}

TEST_F(Stimuli, SubfoldersAreTheSplits) {
  add_many("train/a", 3);
  add_many("val/b", 2);
  add_many("test/c", 4);
  auto photographs = choose_photographs(folder_, 2, false, example::generator(1));
  EXPECT_EQ(photographs.train.size(), 5u);
  EXPECT_EQ(photographs.test.size(), 2u);
  for (const auto& name : sources(photographs.test)) EXPECT_EQ(name[0], 'c');
  photographs = choose_photographs(folder_, 9, false, example::generator(1));
  EXPECT_NE(photographs.note.find("4 test images instead of 9"), std::string::npos);
}

TEST_F(Stimuli, EqualFileNamesAreToldApartByFolder) {
  add("train/one.png");
  add("test/one.png");
  const auto photographs = choose_photographs(folder_, 1, false, example::generator(1));
  EXPECT_EQ(photographs.train[0].source, "train/one.png");
  EXPECT_EQ(photographs.test[0].source, "test/one.png");
}

TEST_F(Stimuli, CorruptPhotographsStopTheRunOrAreSkipped) {
  add_many("p", 5);
  add_bad("broken.jpg");
  const auto all = choose_photographs(folder_, 1, false, example::generator(1));
  const auto stimuli = plan_stimuli(all, 10, example::generator(2));
  StimulusReader reader(all, 16);
  try {
    for (size_t i = 0; i < stimuli.size(); ++i) reader.read(stimuli, {static_cast<int64_t>(i)});
    FAIL() << "the broken file was read";
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("broken.jpg"), std::string::npos) << error.what();
  }
  const auto good = choose_photographs(folder_, 1, true, example::generator(1));
  EXPECT_EQ(good.skipped, std::vector<std::string>{"broken.jpg"});
  EXPECT_EQ(good.train.size() + good.test.size(), 5u);
}

TEST_F(Stimuli, PlanUsesEveryPhotographAndNamesEachStimulusOnce) {
  add_many("p", 7);
  const auto photographs = choose_photographs(folder_, 2, false, example::generator(1));
  const auto stimuli = plan_stimuli(photographs, 12, example::generator(2));
  ASSERT_EQ(stimuli.size(), 14u);
  std::set<std::string> names, used;
  for (size_t i = 0; i < stimuli.size(); ++i) {
    names.insert(stimuli[i].name);
    if (i < 12) used.insert(stimuli[i].source);
    if (i > 0) {
      EXPECT_GE(stimuli[i].crop.photograph, stimuli[i - 1].crop.photograph);
    }
  }
  EXPECT_EQ(names.size(), 14u);
  EXPECT_EQ(used, sources(photographs.train));
  EXPECT_TRUE(names.contains(photographs.train[0].source + "#0"));
  EXPECT_EQ(stimuli.back().crop.side, 1);
}

TEST(Cut, TakesTheSquareAsked) {
  const auto photograph = at::arange(6 * 10).to(at::kByte).reshape({1, 6, 10}).expand({3, 6, 10});
  const Crop whole;
  EXPECT_TRUE(at::equal(cut(photograph, whole, 6), photograph.narrow(2, 2, 6)));
  const Crop corner{0, 0.5, 1, 0, true};
  EXPECT_TRUE(
      at::equal(cut(photograph, corner, 3), photograph.narrow(1, 0, 3).narrow(2, 7, 3).flip(2)));
}

}  // namespace
}  // namespace afterimage::simulator
