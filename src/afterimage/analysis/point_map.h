#pragma once

#include <filesystem>
#include <vector>

#include "afterimage/analysis/result.h"

namespace afterimage {

/// The map coloured one way, as a chart: a series for each group, those of none last.
Chart chart_of(const PointMap& map, const Colouring& colouring);

/// Writes "point-images.png" into the folder of an analysis, and gives what its JSON has to hold of
/// maps and images; `load_maps` takes both back. Errors: broken or missing parts.
nlohmann::json save_maps(const AnalysisResult& result, const std::filesystem::path& folder);
void load_maps(const nlohmann::json& saved, const std::filesystem::path& folder,
               AnalysisResult& result);

/// Images (n, 3, H, W) float in [0,1] in rows of `columns`, two white pixels between them, as one
/// picture (3, y, x) uint8; `images_of` cuts `count` of them out of its file. Errors: a picture too
/// small for them.
at::Tensor sheet_of(const at::Tensor& images, int64_t columns);
at::Tensor images_of(const std::filesystem::path& file, int64_t columns, int64_t count);

}  // namespace afterimage
