// The TOML file of `import table`, and CSV tables.

#include "afterimage/importers/table.h"

#include "afterimage/base/config.h"
#include "afterimage/formats/csv.h"
#include "fuzz.h"

int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace afterimage;
  fuzz::read_as_file(data, size, [](const std::filesystem::path& path) {
    const CsvTable table = CsvTable::read(path);
    for (const auto& name : table.names()) table.column(name);
    for (const auto& name : table.names()) table.numbers(name);
  });
  fuzz::read_as_file(data, size, [](const std::filesystem::path& path) {
    TableOptions options;
    const auto config = Config::read(path);
    config.apply(options.options());
    check_options(options.options(), "table");
  });
  return 0;
}
