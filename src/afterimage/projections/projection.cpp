#include "afterimage/projections/projection.h"

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
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
  std::vector<std::string> names;
  for (const auto& entry : projection_table()) {
    if (entry.name == name) return entry.make();
    names.push_back(entry.name);
  }
  throw Error(where, "unknown projection '" + name + "'", suggestion(name, names));
}

}  // namespace afterimage
