#pragma once

#include "afterimage/recordings/recording.h"
#include "binding.h"

/// Tables as Python has them, columns by name, and as the library has them.
namespace afterimage::python {

/// Of columns by name, each of `count` entries: what is not there is unknown. Errors, at "sensors":
/// a column of another length.
Sensors sensors_of(const py::dict& columns, int64_t count);
py::dict columns_of(const Sensors& sensors);

/// Of pairs (start, stop) in milliseconds.
std::vector<Bin> bins_of(const std::vector<std::pair<double, double>>& pairs);
std::vector<std::pair<double, double>> pairs_of(const std::vector<Bin>& bins);

}  // namespace afterimage::python
