#include "afterimage/projections/projection.h"

#include "afterimage/base/table.h"
#include "afterimage/projections/fixed.h"

namespace afterimage {

const std::vector<ProjectionEntry>& projection_table() {
  static const std::vector<ProjectionEntry> table = {
      {"fixed", "each response at its receptive field, overlaps averaged (RFSimage)",
       "Brain2Pix, Eq. 2; MonkeySee, spatial and spatiotemporal",
       [] { return std::make_shared<FixedProjection>(); }},
  };
  return table;
}

std::shared_ptr<Projection> make_projection(const std::string& name, const std::string& where) {
  return find_entry(projection_table(), name, "projection", where).make();
}

}  // namespace afterimage
