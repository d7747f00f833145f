#pragma once

#include "afterimage/analysis/analysis.h"
#include "afterimage/analysis/dbscan.h"
#include "afterimage/analysis/tsne.h"

namespace afterimage {

/// IRFA's clusters (Fig. 4C): t-SNE of the spatial and of the feature inverse receptive fields of
/// every image and array, DBSCAN of the maps with a sweep of eps, and the images nearest to the
/// middle of each cluster. The map shown starts from principal components; maps from random starts
/// tell how much of it is the start's doing.
class Embedding : public Analysis {
 public:
  Options options() override;
  AnalysisResult analyse(Model& model, const Recording& recording, const RunContext& run) override;

 private:
  std::vector<double> eps_values() const;

  std::string split_ = "test";
  int64_t seeds_ = 3;
  int64_t images_ = 400, image_size_ = 64;
  TsneOptions tsne_;
  DbscanOptions dbscan_;
  std::vector<double> sweep_ = {0.5, 0.75, 1, 1.25, 1.5, 2, 3};
};

}  // namespace afterimage
