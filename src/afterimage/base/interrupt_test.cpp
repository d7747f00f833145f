#include "afterimage/base/interrupt.h"

#include <gtest/gtest.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <thread>

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

void sleep_ms(int milliseconds) {
  std::this_thread::sleep_for(std::chrono::milliseconds(milliseconds));
}

TEST(InterruptDeathTest, WhoDoesNotAnswerIsEnded) {
  const auto ignore = [] {
    watch_interrupts();
    std::raise(SIGINT);
    sleep_ms(60000);
    std::_Exit(0);
  };
  EXPECT_EXIT(ignore(), ::testing::ExitedWithCode(130), "stopped; nothing was written");
}

TEST(InterruptDeathTest, WhoSavesIsWaitedFor) {
  const auto save = [] {
    const Cancellation::Saving saves(watch_interrupts());
    std::raise(SIGINT);
    sleep_ms(1500);
    std::_Exit(0);
  };
  EXPECT_EXIT(save(), ::testing::ExitedWithCode(0), "finishing a step and saving it");
}

TEST(InterruptDeathTest, TheSecondEndsTheProgramAndTheThirdKillsIt) {
  const auto insist = [](int times) {
    const Cancellation::Saving saves(watch_interrupts());
    for (int i = 0; i < times; ++i) std::raise(SIGINT);
    sleep_ms(60000);
    std::_Exit(0);
  };
  EXPECT_EXIT(insist(2), ::testing::ExitedWithCode(130), "stopped; nothing was written");
  const auto killed_or_ended = [](int status) {  // the second may be answered before the third
    return ::testing::KilledBySignal(SIGINT)(status) || ::testing::ExitedWithCode(130)(status);
  };
  EXPECT_EXIT(insist(3), killed_or_ended, "");
}

TEST(InterruptDeathTest, WhoIsDoneIsNotEnded) {
  const auto finish = [] {
    {
      const EndedByInterrupts ended;
      watch_interrupts();
      std::raise(SIGINT);
    }
    sleep_ms(1000);
    std::_Exit(0);
  };
  EXPECT_EXIT(finish(), ::testing::ExitedWithCode(0), "");
}

}  // namespace
}  // namespace afterimage
