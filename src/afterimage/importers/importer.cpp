#include "afterimage/importers/importer.h"

#include "afterimage/importers/bdata.h"
#include "afterimage/importers/bids.h"
#include "afterimage/importers/digit69.h"
#include "afterimage/importers/doctor_who.h"
#include "afterimage/importers/nsd.h"
#include "afterimage/importers/nsd_arrays.h"
#include "afterimage/importers/nwb.h"
#include "afterimage/importers/table.h"
#include "afterimage/importers/tvsd.h"
#include "afterimage/importers/vim1.h"

namespace afterimage {
namespace {

template <typename T>
std::unique_ptr<Importer> make() {
  return std::make_unique<T>();
}

}  // namespace

const std::vector<ImporterEntry>& importer_table() {
  static const std::vector<ImporterEntry> table = {
      {"bdata", "BData files of the Kamitani laboratory, human fMRI",
       "Horikawa and Kamitani 2017; Shen et al. 2019", "FILE.h5...", make<BDataImporter>},
      {"bids", "betas of single trials in BIDS derivatives, human fMRI",
       "Gorgolewski et al. 2016; Prince et al. 2022", "FOLDER", make<BidsImporter>},
      {"digit69", "handwritten sixes and nines, human fMRI", "van Gerven et al. 2010",
       "digit69_28x28.mat", make<Digit69Importer>},
      {"doctor-who", "23 hours of film, human fMRI, as Brain2Pix stored it", "Seeliger et al. 2019",
       "FOLDER", make<DoctorWhoImporter>},
      {"nsd", "Natural Scenes Dataset, human fMRI at 7 T", "Allen et al. 2022",
       "FOLDER with nsddata, nsddata_betas and nsddata_stimuli", make<NsdImporter>},
      {"nsd-arrays", "Natural Scenes Dataset as arrays: brain-diffuser, MindEye, Algonauts 2023",
       "Ozcelik and VanRullen 2023; Gifford et al. 2023", "FOLDER", make<NsdArraysImporter>},
      {"nwb", "Neurodata Without Borders: trials, rates or spike times, images",
       "Rübel et al. 2022", "FILE.nwb", make<NwbImporter>},
      {"table", "arrays, images and tables of your own, named in a TOML file", "any laboratory",
       "FILE.toml", make<TableImporter>},
      {"tvsd", "natural images, 1024 electrodes in macaque V1, V4 and IT", "Papale et al. 2025",
       "a monkey's folder, or its files", make<TvsdImporter>},
      {"vim1", "vim-1, human fMRI of natural photographs", "Kay et al. 2008",
       "FOLDER with EstimatedResponses.mat and Stimuli.mat", make<Vim1Importer>},
  };
  return table;
}

}  // namespace afterimage
