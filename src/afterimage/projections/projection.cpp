#include "afterimage/projections/projection.h"

#include "afterimage/base/error.h"
#include "afterimage/base/table.h"
#include "afterimage/base/text.h"
#include "afterimage/projections/attention.h"
#include "afterimage/projections/dense.h"
#include "afterimage/projections/fixed.h"
#include "afterimage/projections/gaussian.h"
#include "afterimage/projections/learned.h"
#include "afterimage/projections/tuned.h"
#include "afterimage/projections/upconv.h"

namespace afterimage {
namespace {

template <typename T>
std::shared_ptr<Projection> make() {
  return std::make_shared<T>();
}

}  // namespace

const std::vector<ProjectionEntry>& projection_table() {
  static const std::vector<ProjectionEntry> table = {
      {"fixed", "each response at its receptive field, overlaps averaged (RFSimage)",
       "Brain2Pix, Eq. 2; MonkeySee, spatial and spatiotemporal", make<FixedProjection>},
      {"learned", "the fixed map plus a dense layer per ROI, learned (LearnedRF)",
       "Brain2Pix, Eq. 4", make<LearnedProjection>},
      {"gaussian", "a Gaussian field per sensor, centre and size learned; summed per array",
       "MonkeySee, end to end", make<GaussianProjection>},
      {"tuned", "a Gaussian field and a tuning vector per sensor, both learned", "Afterimage",
       make<TunedProjection>},
      {"attention", "every pixel and feature attends to the electrode arrays; no fields needed",
       "IRFA, section 3.1", make<AttentionProjection>},
      {"dense", "one fully connected layer, no receptive fields", "Afterimage",
       make<DenseProjection>},
      {"upconv", "fully connected layers and up-convolutions: the image itself, without a U-Net",
       "Shen et al. 2019; baseline of MonkeySee and IRFA", make<UpconvProjection>},
  };
  return table;
}

std::vector<std::string> field_notes(int64_t unplaced, int64_t unsized, int64_t sensors,
                                     const std::string& assumed) {
  std::vector<std::string> notes;
  if (unplaced > 0) {
    notes.push_back(concat(unplaced, " of ", sensors,
                           " sensors have no receptive field on the stimulus and take no part"));
  }
  if (unsized > 0) {
    notes.push_back(concat(unsized, " of ", sensors,
                           " sensors have a receptive field's centre and no size: ", assumed));
  }
  return notes;
}

void refuse_unmapped(const std::string& projection, const std::string& instead) {
  throw Error("projection '" + projection + "'", "no sensor of the recording has a receptive field",
              "Estimate them first (afterimage fields RECORDING --out WITH_FIELDS), or " + instead);
}

std::shared_ptr<Projection> make_projection(const std::string& name, const std::string& where) {
  return find_entry(projection_table(), name, "projection", where).make();
}

}  // namespace afterimage
