#include "afterimage/base/interrupt.h"

#include <gtest/gtest.h>

#include <csignal>
#include <cstdlib>

namespace afterimage {
namespace {

// Each in a process of its own: what was asked for cannot be taken back.
TEST(InterruptDeathTest, TheFirstIsARequest) {
  const auto ask = [](int number) {
    const Cancellation stop = watch_interrupts();
    if (stop.requested()) std::_Exit(3);
    std::raise(number);
    std::_Exit(stop.requested() && watch_interrupts().requested() ? 0 : 4);
  };
  EXPECT_EXIT(ask(SIGINT), ::testing::ExitedWithCode(0), "");
  EXPECT_EXIT(ask(SIGTERM), ::testing::ExitedWithCode(0), "");
}

TEST(InterruptDeathTest, TheSecondEndsTheProgram) {
  const auto insist = [] {
    watch_interrupts();
    std::raise(SIGINT);
    std::raise(SIGINT);
    std::_Exit(0);
  };
  EXPECT_EXIT(insist(), ::testing::KilledBySignal(SIGINT), "");
}

}  // namespace
}  // namespace afterimage
