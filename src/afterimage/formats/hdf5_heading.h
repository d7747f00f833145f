#pragma once

#include <string>

#include "afterimage/formats/hdf5.h"

namespace afterimage::hdf5 {

/// How Afterimage's own HDF5 files begin: the attributes `format` and `version` of the root, and
/// `complete`, which is set last.
struct Heading {
  std::string format;  ///< "afterimage-recording"
  int version = 1;
  std::string thing;   ///< "recording", for messages
  std::string advice;  ///< how to make one
};

void write_heading(File& file, const Heading& heading);
/// Marks the file as whole; nothing is written to it afterwards.
void write_complete(File& file);
/// The version a file has. Errors: another format, a newer version, none, unfinished.
int check_heading(const File& file, const Heading& heading);

}  // namespace afterimage::hdf5
