#include "afterimage/recordings/captions.h"

#include <gtest/gtest.h>

#include "afterimage/base/error.h"
#include "afterimage/base/output.h"
#include "afterimage/base/temporary_folder.h"
#include "afterimage/recordings/example_recording.h"

namespace afterimage {
namespace {

using Texts = std::vector<std::string>;

TEST(Captions, OfATableByAnyName) {
  const TemporaryFolder folder;
  const auto path = folder / "captions.csv";
  write_text(path, "stimulus,caption\nphoto 0,a cat\nphoto 0,\"a cat, asleep\"\nb,two dogs\n",
             true);
  const Captions captions(path);
  EXPECT_EQ(captions.of({"photo 0"}), (Texts{"a cat", "a cat, asleep"}));
  EXPECT_EQ(captions.of({"unknown", "b"}), Texts{"two dogs"});
  EXPECT_TRUE(captions.find({"unknown"}).empty());
  try {
    captions.of({"c", "d"});
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("no caption of 'c' or 'd'"), std::string::npos);
    EXPECT_NE(std::string(error.what()).find(path.string()), std::string::npos);
  }
  write_text(path, "stimulus,caption\n", true);
  EXPECT_THROW(Captions{path}, Error);
  write_text(path, "stimulus,text\na,b\n", true);
  EXPECT_THROW(Captions{path}, Error);
}

// Two crops of one photograph, "image 0" and "image 1" of "photo 0", and so on.
TEST(Captions, OfARecordingByStimulusAndPhotograph) {
  RecordingInfo info = example::info();
  EXPECT_TRUE(Captions(info, "r.h5").empty());
  info.stimulus_caption = {{"a cat", "the cat"}, {"a cat"}, {}, {"a bus"}, {}};
  const Captions captions(info, "r.h5");
  EXPECT_EQ(captions.of({info.stimulus_name[1]}), Texts{"a cat"});
  EXPECT_EQ(captions.of({"photo 0"}), (Texts{"a cat", "the cat"}));
  EXPECT_EQ(captions.of({"photo 1"}), Texts{"a bus"});
  EXPECT_TRUE(captions.find({"photo 2"}).empty());
  const auto each = captions.of_stimuli(info, "c.csv");
  EXPECT_EQ(each[1], Texts{"a cat"});
  EXPECT_EQ(each[2], Texts{"a bus"});  // of the other crop
  EXPECT_TRUE(each[4].empty());
  Captions others;
  others.add("elsewhere", "a hat");
  EXPECT_THROW(others.of_stimuli(info, "c.csv"), Error);
}

TEST(Captions, AreToldApart) {
  Captions a, b;
  a.add("x", "a cat");
  b.add("x", "a cat");
  b.add("x", "a cat");
  EXPECT_EQ(a.fingerprint(), b.fingerprint());
  b.add("x", "a dog");
  EXPECT_NE(a.fingerprint(), b.fingerprint());
}

}  // namespace
}  // namespace afterimage
