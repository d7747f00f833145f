#include "afterimage/base/output.h"

#include <fcntl.h>
#include <stdio.h>  // renameat2
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <map>
#include <mutex>
#include <sstream>
#include <vector>

#include "afterimage/base/disk_calls.h"
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

/// One file or folder. A file system without folders to flush (EINVAL) is as good as it gets.
void flush_one(const fs::path& path) {
  const int file = ::open(path.c_str(), O_RDONLY);
  int code = file < 0 ? errno : 0;
  if (file >= 0 && disk_calls().flush(file) != 0) code = errno;
  if (file >= 0 && disk_calls().close(file) != 0 && code == 0) code = errno;
  if (code == 0 || (code == EINVAL && fs::is_directory(path))) return;
  throw Error(path, concat("cannot be flushed to disk (", std::strerror(code), ")"),
              code == ENOSPC || code == EDQUOT ? "Make room on the disk" : "");
}

fs::path folder_of(const fs::path& path) {
  return path.has_parent_path() ? path.parent_path() : fs::path(".");
}

void rename_to(const fs::path& from, const fs::path& to) {
  if (disk_calls().rename(from.c_str(), to.c_str()) == 0) return;
  throw Error(to, concat("cannot be put in place (", std::strerror(errno), ")"));
}

/// What is in the making and what is done, in this process.
struct Registry {
  std::mutex mutex;
  std::map<fs::path, std::function<bool()>> unfinished;  // and whether it is worth keeping
  std::vector<fs::path> written;
};

Registry& registry() {
  static auto* one = new Registry;  // outlives static objects
  return *one;
}

fs::path checked(const fs::path& target, bool force) {
  check_output(target, force);
  return normal(target);
}

}  // namespace

void check_output(const fs::path& target, bool force) {
  const fs::path path = normal(target);
  if (path.empty()) throw Error("output", "no name was given", "Name a file");
  const fs::path folder = folder_of(path);
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

DiskCalls& disk_calls() {
  static DiskCalls calls{::fsync, ::close, ::rename, [](const char* from, const char* to) {
                           return ::renameat2(AT_FDCWD, from, AT_FDCWD, to, RENAME_EXCHANGE);
                         }};
  return calls;
}

void flush_to_disk(const fs::path& path) {
  if (fs::is_directory(path)) {
    for (const auto& entry : fs::directory_iterator(path)) {
      if (!entry.is_symlink()) flush_to_disk(entry.path());
    }
  }
  flush_one(path);
}

void make_folder(const fs::path& folder) {
  if (fs::is_directory(folder)) return;
  make_folder(folder_of(folder));
  fs::create_directory(folder);
  flush_one(folder_of(folder));
}

void replace(const fs::path& whole, const fs::path& place) {
  const fs::path target = normal(place);
  flush_to_disk(whole);
  const std::lock_guard<std::mutex> lock(registry().mutex);
  const bool files = !fs::is_directory(whole) && !fs::is_directory(target);
  fs::path old;
  if (files || !fs::exists(target)) {
    rename_to(whole, target);
  } else if (disk_calls().exchange(whole.c_str(), target.c_str()) == 0) {
    old = whole;  // what stood at the target until now
  } else {        // a file system that cannot exchange
    old = beside(target, "old");
    rename_to(target, old);
    rename_to(whole, target);
  }
  flush_one(folder_of(target));
  if (!old.empty()) fs::remove_all(old);
  auto& written = registry().written;
  std::erase(written, target);  // a checkpoint is written again and again
  written.push_back(target);
}

Unfinished::Unfinished(fs::path path, std::function<bool()> worth_keeping)
    : path_(std::move(path)) {
  const std::lock_guard<std::mutex> lock(registry().mutex);
  registry().unfinished[path_] = std::move(worth_keeping);
}

void Unfinished::keep() {
  const std::lock_guard<std::mutex> lock(registry().mutex);
  registry().unfinished.erase(path_);
}

Unfinished::~Unfinished() {
  const std::lock_guard<std::mutex> lock(registry().mutex);
  const auto entry = registry().unfinished.extract(path_);
  std::error_code ignored;
  if (entry && !(entry.mapped() && entry.mapped()())) fs::remove_all(path_, ignored);
}

std::string abandon_outputs() {
  registry().mutex.lock();  // for ever
  for (const auto& [path, worth_keeping] : registry().unfinished) {
    std::error_code failed;
    if (worth_keeping && worth_keeping()) continue;
    for (int attempt = 0; attempt < 100; ++attempt) {  // its writer may still add to it
      fs::remove_all(path, failed);
      if (!failed && !fs::exists(path)) break;
    }
  }
  auto& written = registry().written;
  std::erase_if(written, [](const fs::path& path) { return !fs::exists(path); });
  if (written.empty()) return "stopped; nothing was written";
  const std::string last = written.back().string();
  return written.size() == 1
             ? concat("stopped; written: ", last)
             : concat("stopped; written: ", written.size(), " files, the last ", last);
}

Output::Output(fs::path target, bool force)
    : target_(checked(target, force)), force_(force), temporary_(beside(target_, "part")) {}

void Output::commit() {
  if (fs::exists(target_) && !force_) throw Error(target_, "appeared while it was being made");
  replace(path(), target_);
  temporary_.keep();
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
