#include "afterimage/base/output.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/base/temporary_folder.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

size_t files_in(const fs::path& folder) {
  return static_cast<size_t>(std::distance(fs::directory_iterator(folder), {}));
}

void put(const fs::path& path, const std::string& text) { std::ofstream(path) << text; }

TEST(Output, AppearsOnlyWhenWhole) {
  TemporaryFolder folder;
  Output output(folder / "a.txt", false);
  put(output.path(), "whole");
  EXPECT_FALSE(fs::exists(folder / "a.txt"));
  output.commit();
  EXPECT_EQ(read_text(folder / "a.txt"), "whole");
  EXPECT_EQ(files_in(folder.path()), 1u) << "nothing else is left";
}

TEST(Output, WhatIsNotCommittedIsRemoved) {
  TemporaryFolder folder;
  write_text(folder / "a.txt", "old", false);
  {
    Output output(folder / "a.txt", true);
    put(output.path(), "half");
  }
  EXPECT_EQ(read_text(folder / "a.txt"), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Output, NeedsForceToReplace) {
  TemporaryFolder folder;
  write_text(folder / "a.txt", "old", false);
  EXPECT_THROW(write_text(folder / "a.txt", "new", false), Error);
  EXPECT_EQ(read_text(folder / "a.txt"), "old");
  write_text(folder / "a.txt", "new", true);
  EXPECT_EQ(read_text(folder / "a.txt"), "new");
}

TEST(Output, DoesNotReplaceWhatAppearedMeanwhile) {
  TemporaryFolder folder;
  Output output(folder / "a.txt", false);
  put(output.path(), "mine");
  put(folder / "a.txt", "theirs");
  EXPECT_THROW(output.commit(), Error);
  EXPECT_EQ(read_text(folder / "a.txt"), "theirs");
}

TEST(Output, ReplacesFoldersAndFilesByEachOther) {
  TemporaryFolder folder;
  for (int turn = 0; turn < 2; ++turn) {
    Output output(folder / "model/", true);  // with a slash as a shell completes it
    fs::create_directory(output.path());
    put(output.path() / std::to_string(turn), "x");
    output.commit();
    EXPECT_EQ(files_in(folder / "model"), 1u) << "the old content is gone";
  }
  write_text(folder / "model", "a file now", true);
  EXPECT_EQ(read_text(folder / "model"), "a file now");
  Output output(folder / "model", true);
  fs::create_directory(output.path());
  output.commit();
  EXPECT_TRUE(fs::is_directory(folder / "model"));
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Output, AKilledRunLeavesTheOldFile) {
  TemporaryFolder folder;
  write_text(folder / "a.txt", "old", false);
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    Output output(folder / "a.txt", true);
    std::ofstream file(output.path());
    file << "half" << std::flush;
    ::raise(SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
  EXPECT_EQ(read_text(folder / "a.txt"), "old");
}

/// No file may grow beyond `bytes` while it lives: what a full disk looks like to a writer.
class FullDisk {
 public:
  explicit FullDisk(rlim_t bytes) : before_(std::signal(SIGXFSZ, SIG_IGN)) {
    ::getrlimit(RLIMIT_FSIZE, &limit_);
    rlimit small = limit_;
    small.rlim_cur = bytes;
    ::setrlimit(RLIMIT_FSIZE, &small);
  }
  ~FullDisk() {
    ::setrlimit(RLIMIT_FSIZE, &limit_);
    std::signal(SIGXFSZ, before_);
  }

 private:
  rlimit limit_{};
  void (*before_)(int);
};

TEST(Output, AFullDiskIsAnErrorAndKeepsTheOldFile) {
  TemporaryFolder folder;
  write_text(folder / "a.txt", "old", false);
  std::string said = "nothing";
  {
    FullDisk disk(1000);
    try {
      write_text(folder / "a.txt", std::string(100000, 'x'), true);
    } catch (const Error& error) {
      said = error.what();
    }
  }
  EXPECT_NE(said.find("cannot be written. Is the disk full?"), std::string::npos) << said;
  EXPECT_EQ(read_text(folder / "a.txt"), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Output, RefusesPlacesThatCannotBeWritten) {
  TemporaryFolder folder;
  EXPECT_THROW(check_output(folder / "none/a.txt", false), Error);
  EXPECT_THROW(check_output("", false), Error);
  EXPECT_THROW(check_output("/proc/a.txt", false), Error);
  put(folder / "file", "x");
  EXPECT_THROW(check_output(folder / "file/a.txt", false), Error);
}

TEST(ReadText, RefusesWhatIsNoFile) {
  TemporaryFolder folder;
  EXPECT_THROW(read_text(folder / "none"), Error);
  EXPECT_THROW(read_text(folder.path()), Error);
}

}  // namespace
}  // namespace afterimage
