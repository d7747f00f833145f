#include "afterimage/recordings/importers/importer.h"

#include "afterimage/recordings/importers/digit69.h"

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
  };
  return table;
}

}  // namespace afterimage
