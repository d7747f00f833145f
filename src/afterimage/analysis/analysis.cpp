#include "afterimage/analysis/analysis.h"

#include "afterimage/analysis/colour.h"
#include "afterimage/analysis/embedding.h"
#include "afterimage/analysis/irf.h"
#include "afterimage/analysis/layers.h"
#include "afterimage/analysis/learned_fields_analysis.h"
#include "afterimage/analysis/occlusion.h"
#include "afterimage/analysis/readout_weights.h"
#include "afterimage/analysis/responses.h"

namespace afterimage {
namespace {

template <typename T>
std::unique_ptr<Analysis> make() {
  return std::make_unique<T>();
}

}  // namespace

const std::vector<AnalysisEntry>& analysis_table() {
  static const std::vector<AnalysisEntry> table = {
      {"occlusion", "one region or one time window alone, or all but one", "MonkeySee, Figs 2, 3",
       make<Occlusion>},
      {"layers", "feature correlations per region, window and layer", "MonkeySee, Figs 8-10",
       make<Layers>},
      {"colour", "colourfulness of reconstructions from each region", "MonkeySee, Fig. 4",
       make<Colour>},
      {"fields", "learned receptive fields beside the known ones", "MonkeySee, Fig. 7",
       make<LearnedFieldsAnalysis>},
      {"responses", "what an array, a region or a sensor adds to the image", "Afterimage",
       make<Responses>},
      {"weights", "what a linear decoder takes from each sensor and region for each target",
       "MindDiffuser", make<ReadoutWeights>},
      {"irf", "inverse receptive fields of the arrays: where, which features, how stable",
       "IRFA, Fig. 4A, B", make<Irf>},
      {"embedding", "t-SNE and clusters of inverse receptive fields", "IRFA, Fig. 4C",
       make<Embedding>},
  };
  return table;
}

}  // namespace afterimage
