#pragma once

#include <string>
#include <vector>

#include "afterimage/evaluation/checks/check_data.h"

namespace afterimage {

/// Of the comparisons of a decoder with another set, by which metrics it is clearly better and
/// clearly worse (the interval of the difference excludes 0), and by how many neither.
struct MetricBalance {
  std::vector<std::string> better, worse;
  int64_t undecided = 0;

  int64_t compared() const { return std::ssize(better) + std::ssize(worse) + undecided; }
};

/// By metrics that count for the decoder (`counted`), or by those that do not.
MetricBalance balance(const CheckData& data, size_t decoder, const std::string& other,
                      bool counted = true);

}  // namespace afterimage
