#include "afterimage/recordings/areas.h"

#include <gtest/gtest.h>

#include "afterimage/recordings/recording.h"

namespace afterimage {
namespace {

using Names = std::vector<std::string>;

TEST(Areas, FollowTheVisualHierarchy) {
  EXPECT_EQ(in_shown_order({"IT", "V4", "V1"}), (Names{"V1", "V4", "IT"}));
  EXPECT_EQ(in_shown_order({"MT", "V3A", "hV4", "V3d", "V1v", "V1d", "V2v"}),
            (Names{"V1v", "V1d", "V2v", "V3d", "hV4", "V3A", "MT"}));
}

TEST(Areas, OthersComeAfterInOrderOfAppearance) {
  EXPECT_EQ(in_shown_order({"visual cortex", "", "ITX", "a", "V1"}),
            (Names{"V1", "visual cortex", "", "ITX", "a"}));
}

TEST(Areas, ArraysGoByNumber) {
  EXPECT_EQ(in_shown_order({"V4 array 10", "V1 array 3", "V4 array 9", "V1 array 11"}),
            (Names{"V1 array 3", "V1 array 11", "V4 array 9", "V4 array 10"}));
  EXPECT_EQ(in_shown_order({" array 10", "b", " array 2"}), (Names{" array 2", " array 10", "b"}));
}

TEST(Areas, RegionsOfSensorsAreInThisOrder) {
  Sensors sensors;
  sensors.name = {"a", "b", "c", "d"};
  sensors.roi = {"V1", "IT", "V4", "V1"};  // as in monkey F of TVSD
  EXPECT_EQ(sensors.rois(), (Names{"V1", "V4", "IT"}));
}

}  // namespace
}  // namespace afterimage
