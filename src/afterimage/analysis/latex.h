#pragma once

#include <string>

#include "afterimage/analysis/result_table.h"

namespace afterimage {

/// A table as a LaTeX tabular, numbers as they are shown; ends in a line break.
std::string latex(const Table& table);

}  // namespace afterimage
