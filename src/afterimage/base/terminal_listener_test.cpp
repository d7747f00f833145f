#include "afterimage/base/terminal_listener.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <stdlib.h>
#include <unistd.h>

#include <cstdio>
#include <memory>

#include "afterimage/base/progress.h"

namespace afterimage {
namespace {

/// What is written to standard error while `action` runs and standard error is a terminal.
template <typename Action>
std::string on_terminal(Action action) {
  const int terminal = ::posix_openpt(O_RDWR | O_NOCTTY);
  EXPECT_EQ(::grantpt(terminal), 0);
  EXPECT_EQ(::unlockpt(terminal), 0);
  const int program_side = ::open(::ptsname(terminal), O_RDWR | O_NOCTTY);
  const int before = ::dup(STDERR_FILENO);
  ::dup2(program_side, STDERR_FILENO);
  action();
  ::dup2(before, STDERR_FILENO);
  ::close(before);
  ::close(program_side);
  std::string text;
  char part[256];
  for (ssize_t size; (size = ::read(terminal, part, sizeof part)) > 0;) {  // an error: all is read
    text.append(part, static_cast<size_t>(size));
  }
  ::close(terminal);
  return text;
}

RunContext on_standard_error() { return RunContext({}, {}, std::make_shared<TerminalListener>()); }

void two_of_four() {
  Progress progress(on_standard_error(), "Training", 4, "step");
  progress.advance();
  progress.advance(1, "loss 0.5");
}

TEST(TerminalListener, OnAFileOnlyTheLastLine) {
  ::testing::internal::CaptureStderr();
  two_of_four();
  const std::string text = ::testing::internal::GetCapturedStderr();
  EXPECT_EQ(text.rfind("Training 2/4, ", 0), 0u) << text;
  EXPECT_NE(text.find(" step/s, loss 0.5, took 0 s\n"), std::string::npos) << text;
  EXPECT_EQ(text.find('\r'), std::string::npos);
}

TEST(TerminalListener, SaysLines) {
  ::testing::internal::CaptureStderr();
  on_standard_error().say("hello");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "hello\n");
}

TEST(TerminalListener, ABarOnATerminal) {
  const std::string text = on_terminal([] { two_of_four(); });
  EXPECT_NE(text.find("\r\033[KTraining [============            ] 2/4"), std::string::npos)
      << text;
}

TEST(TerminalListener, MoreThanWasPlannedFillsTheBar) {
  const std::string text = on_terminal([] {
    Progress progress(on_standard_error(), "Reading", 2, "image");
    progress.advance(5);
  });
  EXPECT_NE(text.find("Reading [========================] 5/2"), std::string::npos) << text;
}

TEST(TerminalListener, UnknownTotalsAndResumedJobs) {
  const std::string text = on_terminal([] {
    { Progress(on_standard_error(), "Empty", 0, "image").advance(1); }
    Progress resumed(on_standard_error(), "Training", 10, "step", /*done=*/5);
    resumed.advance(1);
  });
  EXPECT_NE(text.find("1/0"), std::string::npos) << text;
  EXPECT_NE(text.find("6/10"), std::string::npos) << text;
}

}  // namespace
}  // namespace afterimage
