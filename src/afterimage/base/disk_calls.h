#pragma once

namespace afterimage {

/// The system's calls that make files outlive a power loss (output.cpp). A test puts others in
/// their place to see their order, or to let one fail as a broken disk does.
struct DiskCalls {
  int (*flush)(int file);                             ///< fsync
  int (*close)(int file);                             ///< close
  int (*rename)(const char* from, const char* to);    ///< rename
  int (*exchange)(const char* from, const char* to);  ///< renameat2(RENAME_EXCHANGE)
};

DiskCalls& disk_calls();

}  // namespace afterimage
