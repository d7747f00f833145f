#pragma once

#include <filesystem>

#include "afterimage/analysis/result.h"

namespace afterimage {

/// The arrays of an analysis as one HDF5 file: a dataset for each array, named as it is, with the
/// attributes `title` and `axes` ("stimulus, array, y, x"), and a list of texts for each axis that
/// has names, named as the axis. An axis has the same names in all arrays of a result. The root has
/// the provenance, as every file.
void save_arrays(const AnalysisResult& result, const std::filesystem::path& file);

}  // namespace afterimage
