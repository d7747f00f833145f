#include "afterimage/base/output.h"

#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>

#include "afterimage/base/disk_calls.h"
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

/// Notes what reaches the disk while it lives, by the names in `root`.
class DiskLog {
 public:
  explicit DiskLog(const fs::path& root) : before_(disk_calls()) {
    root_ = root;
    lines.clear();
    disk_calls().flush = [](int file) {
      lines.push_back("flush " + name(fs::read_symlink("/proc/self/fd/" + std::to_string(file))));
      return ::fsync(file);
    };
    disk_calls().rename = [](const char* from, const char* to) {
      lines.push_back("rename " + name(from) + " " + name(to));
      return ::rename(from, to);
    };
    disk_calls().exchange = [](const char*, const char*) {
      errno = EINVAL;  // a file system that cannot
      return -1;
    };
  }
  ~DiskLog() { disk_calls() = before_; }

  static inline std::vector<std::string> lines;

 private:
  /// Relative to the root, without the number of the process.
  static std::string name(const fs::path& path) {
    std::string text = path.lexically_relative(root_).string();
    if (const auto number = text.find("." + std::to_string(::getpid())); number < text.size()) {
      text.erase(number, 1 + std::to_string(::getpid()).size());
    }
    return text;
  }

  DiskCalls before_;
  static inline fs::path root_;
};

TEST(Output, AFolderIsOnTheDiskBeforeItIsInPlaceAndItsNameAfter) {
  TemporaryFolder folder;
  fs::create_directories(folder / "model/old");
  {
    Output output(folder / "model", true);
    fs::create_directories(output.path() / "sub");
    put(output.path() / "sub/weights", "x");
    const DiskLog log(folder.path());
    output.commit();
  }
  const std::vector<std::string> expected = {
      "flush .model.part/sub/weights", "flush .model.part/sub",    "flush .model.part",
      "rename model .model.old",       "rename .model.part model", "flush ."};
  EXPECT_EQ(DiskLog::lines, expected);
  EXPECT_EQ(files_in(folder.path()), 1u);
  EXPECT_EQ(read_text(folder / "model/sub/weights"), "x");
}

TEST(Output, AFileAndNewFoldersOutliveAPowerLoss) {
  TemporaryFolder folder;
  {
    const DiskLog log(folder.path());
    make_folder(folder / "a/b");
    write_text(folder / "a/b/c.json", "x", false);
  }
  const std::vector<std::string> expected = {"flush .", "flush a", "flush a/b/.c.json.part",
                                             "rename a/b/.c.json.part a/b/c.json", "flush a/b"};
  EXPECT_EQ(DiskLog::lines, expected);
}

TEST(Output, ABrokenDiskIsSaidAndKeepsTheOldFile) {
  TemporaryFolder folder;
  write_text(folder / "a.txt", "old", false);
  const auto failing = [&](auto call, int code) {
    static int error;
    error = code;
    const DiskCalls before = disk_calls();
    disk_calls().*call = [](int file) {
      static_cast<void>(file);
      errno = error;
      return -1;
    };
    std::string said = "nothing";
    try {
      write_text(folder / "a.txt", "new", true);
    } catch (const Error& caught) {
      said = caught.what();
    }
    disk_calls() = before;
    return said;
  };
  EXPECT_NE(failing(&DiskCalls::flush, EIO).find("cannot be flushed to disk (Input/output error)"),
            std::string::npos);
  EXPECT_NE(failing(&DiskCalls::close, ENOSPC).find("(No space left on device). Make room"),
            std::string::npos);
  EXPECT_EQ(read_text(folder / "a.txt"), "old");
  EXPECT_EQ(files_in(folder.path()), 1u);
}

TEST(Output, AbandonedOutputsAreRemovedAndTheRestIsNamed) {
  const auto abandon = [](bool after_one) {
    TemporaryFolder folder;
    if (after_one) write_text(folder / "a.txt", "whole", false);
    const Unfinished training(folder / "m.training");
    fs::create_directory(training.path());
    const Unfinished resumable(folder / "n.training", [after_one] { return after_one; });
    fs::create_directory(resumable.path());
    Output output(folder / "b", false);
    fs::create_directory(output.path());
    put(output.path() / "half", "x");
    std::fprintf(stderr, "%s", abandon_outputs().c_str());
    const size_t left = files_in(folder.path());
    fs::remove_all(folder.path());
    std::_Exit(static_cast<int>(left));
  };
  EXPECT_EXIT(abandon(false), ::testing::ExitedWithCode(0), "stopped; nothing was written");
  EXPECT_EXIT(abandon(true), ::testing::ExitedWithCode(2), "stopped; written: .*a\\.txt");
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
