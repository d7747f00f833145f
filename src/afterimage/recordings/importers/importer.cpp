#include "afterimage/recordings/importers/importer.h"

#include "afterimage/recordings/importers/digit69.h"
#include "afterimage/recordings/importers/doctor_who.h"
#include "afterimage/recordings/importers/table.h"
#include "afterimage/recordings/importers/tvsd.h"

namespace afterimage {
namespace {

template <typename T>
std::unique_ptr<Importer> make() {
  return std::make_unique<T>();
}

}  // namespace

const std::vector<ImporterEntry>& importer_table() {
  static const std::vector<ImporterEntry> table = {
      {"digit69", "handwritten sixes and nines, human fMRI", "van Gerven et al. 2010",
       "digit69_28x28.mat", make<Digit69Importer>},
      {"tvsd", "natural images, 1024 electrodes in macaque V1, V4 and IT", "Papale et al. 2025",
       "a monkey's folder, or its files", make<TvsdImporter>},
      {"doctor-who", "23 hours of film, human fMRI, as Brain2Pix stored it", "Seeliger et al. 2019",
       "FOLDER", make<DoctorWhoImporter>},
      {"table", "arrays, images and tables of your own, named in a TOML file", "any laboratory",
       "FILE.toml", make<TableImporter>},
  };
  return table;
}

}  // namespace afterimage
