#include "afterimage/formats/hdf5_heading.h"

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"

namespace afterimage::hdf5 {
namespace {

double number_or_zero(const File& file, const std::string& name) {
  return file.has_attribute("/", name) ? file.number_attribute("/", name) : 0;
}

}  // namespace

void write_heading(File& file, const Heading& heading) {
  file.set_attribute("/", "format", heading.format);
  file.set_attribute("/", "version", heading.version);
}

void write_complete(File& file) {
  file.flush();
  file.set_attribute("/", "complete", 1);
  file.flush();
}

int check_heading(const File& file, const Heading& heading) {
  if (!file.has_attribute("/", "format") || file.text_attribute("/", "format") != heading.format) {
    throw Error(file.path(),
                concat("is an HDF5 file but no ", heading.thing,
                       ": its attribute 'format' is not '", heading.format, "'"),
                heading.advice);
  }
  const double found = number_or_zero(file, "version");
  if (found > heading.version) {
    throw Error(file.path(),
                concat("is a ", heading.thing, " of version ", found,
                       ", newer than this program (version ", heading.version, ")"),
                "Use a newer Afterimage");
  }
  if (found < 1 || found != static_cast<int>(found)) {
    throw Error(file.path(), "its attribute 'version' is missing or wrong",
                concat("It must be ", heading.version));
  }
  if (number_or_zero(file, "complete") != 1) {
    throw Error(file.path(), "is unfinished: its attribute 'complete' is not 1",
                "The program that wrote it was stopped; write it again");
  }
  return static_cast<int>(found);
}

}  // namespace afterimage::hdf5
