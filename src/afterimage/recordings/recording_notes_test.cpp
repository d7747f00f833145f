#include "afterimage/recordings/recording_notes.h"

#include "afterimage/base/error.h"
#include "afterimage/recordings/example_recording.h"
#include "afterimage/recordings/recording_check.h"

namespace afterimage {
namespace {

using namespace example;

Sensors sensors(const std::vector<double>& x, const std::vector<double>& size) {
  Sensors out;
  for (size_t i = 0; i < x.size(); ++i) out.name.push_back(std::to_string(i));
  out.x = out.y = x;
  out.size = size;
  return out;
}

TEST(FieldsNote, AsksForTheUnitOfFieldsOffTheStimulus) {
  EXPECT_EQ(fields_note(sensors({0, 0.5, 1, 1.5}, {0.1, 0.1, 0.1, 0.1})), "");
  EXPECT_EQ(fields_note(sensors({NAN, NAN}, {NAN, NAN})), "") << "no fields at all";
}

TEST(FieldsNote, CountsThem) {
  const std::string degrees = fields_note(sensors({-2, 0.5, 3, NAN}, {0.1, 0.1, 0.1, NAN}));
  EXPECT_EQ(degrees,
            "only 1 of 3 receptive fields lie on the stimulus (x, y and size run from 0 to 1 over "
            "it): are they in degrees or pixels?");
  EXPECT_NE(fields_note(sensors({0.5, 0.5}, {20, 30})).find("2 of 2 receptive fields are wider"),
            std::string::npos);
  EXPECT_TRUE(fields_note(sensors({5}, {1}), "check the unit").ends_with(": check the unit"));
}

class RecordingNotes : public FolderTest {
 protected:
  /// Writes the example with these images and opens it.
  Recording recording(const at::Tensor& images, const at::Tensor& values = responses(info())) {
    RecordingWriter writer(path_, info(), true);
    writer.append_images(images);
    writer.append_responses(values);
    writer.finish();
    return Recording(path_);
  }
};

TEST_F(RecordingNotes, SayThatImagesAreBlack) {
  EXPECT_EQ(images_note(recording(images(info()))), "");
  EXPECT_NE(
      images_note(recording(images(info()).gt(127).to(at::kByte))).find("is 1 of 255 (0 and 1"),
      std::string::npos);
  EXPECT_NE(images_note(recording(images(info()).remainder(9))).find("is 8 of 255"),
            std::string::npos);
  EXPECT_TRUE(recording_notes(recording(images(info()))).empty());
}

TEST_F(RecordingNotes, CheckFindsNothingInASoundRecording) {
  EXPECT_TRUE(check_recording(recording(images(info())), RunContext()).empty());
}

TEST_F(RecordingNotes, CheckFindsWhatIsTwiceOrNeverChanges) {
  at::Tensor pictures = images(info()).clone(), values = responses(info()).clone();
  pictures[3].copy_(pictures[0]);
  values.select(1, 2).fill_(0.1f);
  values[5].copy_(values[1]);
  const auto found = check_recording(recording(pictures, values), RunContext());
  ASSERT_EQ(found.size(), 3u);
  EXPECT_EQ(found[0], "sensors: 1 never change: e2");
  EXPECT_EQ(found[1], "trials: 1 have just the responses of another; the first: 1 and 5");
  EXPECT_EQ(found[2], "stimuli: 1 have just the pixels of another: 'image 0' and 'image 3'");
}

TEST_F(RecordingNotes, CheckCanBeStopped) {
  const Recording sound = recording(images(info()));
  Cancellation cancellation;
  cancellation.request();
  EXPECT_THROW(check_recording(sound, RunContext({}, cancellation)), Interrupted);
}

}  // namespace
}  // namespace afterimage
