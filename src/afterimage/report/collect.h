#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "afterimage/recordings/recording.h"
#include "afterimage/report/report.h"

namespace afterimage {

/// What a page needs, read from files of any kind in any order, and the recording it keeps open.
struct Collected {
  std::unique_ptr<Recording> recording;
  ReportInput input;
};

/// `names`, where there are any, are what the reconstructions are called, in their order. Errors: a
/// file of none of the four kinds, two recordings, reconstructions without the recording whose
/// images they show.
Collected collect(const std::vector<std::string>& files, const std::string& title,
                  const std::vector<std::string>& names = {});

}  // namespace afterimage
