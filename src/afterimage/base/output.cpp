#include "afterimage/base/output.h"

#include <fcntl.h>
#include <stdio.h>  // renameat2
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage {
namespace {

namespace fs = std::filesystem;

fs::path beside(const fs::path& target, std::string_view tag) {
  return target.parent_path() / concat(".", target.filename().string(), ".", tag, ".", ::getpid());
}

fs::path normal(const fs::path& target) {
  const fs::path path = target.lexically_normal();
  return path.has_filename() ? path : path.parent_path();  // "model/" is "model"
}

void flush_to_disk(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  const bool flushed = file >= 0 && ::fsync(file) == 0;
  const int code = errno;
  if (file >= 0) ::close(file);
  if (!flushed) throw Error(path, concat("cannot be flushed to disk (", std::strerror(code), ")"));
}

}  // namespace

void check_output(const fs::path& target, bool force) {
  const fs::path path = normal(target);
  if (path.empty()) throw Error("output", "no name was given", "Name a file");
  const fs::path folder = path.has_parent_path() ? path.parent_path() : fs::path(".");
  if (!fs::is_directory(folder)) {
    throw Error(folder, "is no folder", "Create it first: mkdir -p " + folder.string());
  }
  if (fs::exists(path) && !force) {
    throw Error(path, "exists already", "Add --force to replace it, or choose another name");
  }
  const fs::path probe = beside(path, "probe");
  const int file = ::open(probe.c_str(), O_CREAT | O_WRONLY | O_EXCL, 0600);
  if (file < 0) {
    throw Error(folder, concat("cannot be written (", std::strerror(errno), ")"),
                "Choose a folder you may write to");
  }
  ::close(file);
  fs::remove(probe);
}

void replace(const fs::path& whole, const fs::path& target) {
  if (!fs::is_directory(whole) && !fs::is_directory(target)) {
    fs::rename(whole, target);
  } else if (!fs::exists(target)) {
    fs::rename(whole, target);
  } else if (::renameat2(AT_FDCWD, whole.c_str(), AT_FDCWD, target.c_str(), RENAME_EXCHANGE) == 0) {
    fs::remove_all(whole);  // what stood at the target until now
  } else {                  // a file system that cannot exchange
    const fs::path old = beside(target, "old");
    fs::rename(target, old);
    fs::rename(whole, target);
    fs::remove_all(old);
  }
}

Output::Output(fs::path target, bool force) : target_(normal(target)), force_(force) {
  check_output(target_, force);
  temporary_ = beside(target_, "part");
}

Output::~Output() {
  std::error_code ignored;
  if (!committed_) fs::remove_all(temporary_, ignored);
}

void Output::commit() {
  if (fs::is_directory(temporary_)) {
    for (const auto& entry : fs::recursive_directory_iterator(temporary_)) {
      if (entry.is_regular_file()) flush_to_disk(entry.path());
    }
  } else {
    flush_to_disk(temporary_);
  }
  if (fs::exists(target_) && !force_) throw Error(target_, "appeared while it was being made");
  replace(temporary_, target_);
  committed_ = true;
}

void write_text(const fs::path& target, std::string_view text, bool force) {
  Output output(target, force);
  std::ofstream file(output.path(), std::ios::binary);
  file.write(text.data(), static_cast<std::streamsize>(text.size()));
  file.close();
  if (!file) throw Error(target, "cannot be written", "Is the disk full?");
  output.commit();
}

std::string read_text(const fs::path& path) {
  if (fs::is_directory(path)) throw Error(path, "is a folder", "Name a file");
  std::ifstream file(path, std::ios::binary);
  if (!file) throw Error(path, fs::exists(path) ? "cannot be read" : "no such file");
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

}  // namespace afterimage
