#include <unordered_map>

#include "afterimage/base/error.h"
#include "afterimage/base/shape.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/csv.h"
#include "afterimage/importers/import_parts.h"
#include "afterimage/importers/table_parts.h"

namespace afterimage::table_import {
namespace {

using Numbers = std::vector<int64_t>;

/// A column of numbers for the trials: from the table, from an array, or none.
class TrialColumns {
 public:
  TrialColumns(const Context& context, int64_t trials) : context_(context), trials_(trials) {
    const std::string& file = context.options.trials.table;
    if (file.empty()) return;
    table_ = context.table(file);
    where_ = (context.folder / file).string();
    if (table_->rows() != trials) {
      throw Error(where_, concat("has ", table_->rows(), " rows"),
                  concat("The responses have ", trials, " trials; it needs a row for each"));
    }
  }

  const std::optional<CsvTable>& table() const { return table_; }
  const std::string& where() const { return where_; }
  bool has(const char* name) const { return table_ && table_->has(name); }

  std::optional<Numbers> numbers(const char* name, const std::string& array) {
    if (!array.empty()) {
      const auto file = context_.array(array);
      where_ = file->where();
      const auto values = file->read(at::kLong);
      if (values.numel() == trials_) return integers_of(values);
      throw Error(where_, concat("has the shape ", shape_text(file->shape())),
                  concat("It needs a number for each of the ", trials_, " trials"));
    }
    if (has(name)) return table_->integers(name);
    return std::nullopt;
  }

 private:
  const Context& context_;
  int64_t trials_;
  std::optional<CsvTable> table_;
  std::string where_;
};

Numbers rows_of_names(const CsvTable& table, const RecordingInfo& info, const std::string& where) {
  std::unordered_map<std::string, int64_t> rows;
  for (const auto& name : info.stimulus_name) {
    rows.emplace(name, static_cast<int64_t>(rows.size()));
  }
  Numbers out;
  for (const auto& name : table.column("stimulus_name")) {
    const auto found = rows.find(name);
    if (found == rows.end()) {
      throw Error(concat(where, ":", out.size() + 2), concat("there is no stimulus '", name, "'"),
                  concat("The first is '", info.stimulus_name[0], "'"));
    }
    out.push_back(found->second);
  }
  return out;
}

Numbers stimuli_of(const Context& context, TrialColumns& columns, int64_t trials,
                   const RecordingInfo& info) {
  const auto& options = context.options.trials;
  const auto numbers = columns.numbers("stimulus", options.stimulus);
  if (numbers) {
    return rows_from(*numbers, options.count_from, info.stimuli(), columns.where(), "stimuli");
  }
  if (columns.has("stimulus_name")) return rows_of_names(*columns.table(), info, columns.where());
  if (info.stimuli() != trials) {
    throw Error(context.where,
                concat("has ", trials, " trials and ", info.stimuli(),
                       " images, and does not say which was shown when"),
                "Name trials.table or trials.stimulus");
  }
  Numbers rows;
  for (int64_t i = 0; i < trials; ++i) rows.push_back(i);
  return rows;
}

std::vector<std::string> splits_of(const Context& context, const TrialColumns& columns,
                                   const ResponseFiles& responses, const RecordingInfo& info) {
  const TableOptions& options = context.options;
  if (columns.has("split")) return columns.table()->column("split");
  std::vector<std::string> splits;
  if (!options.splits.empty()) {
    const auto counts = responses.trials_by_file();
    if (options.splits.size() != counts.size()) {
      throw Error(context.where, concat("splits has ", options.splits.size(), " names"),
                  concat("There are ", counts.size(), " files of responses; name one for each"));
    }
    for (size_t i = 0; i < counts.size(); ++i) {
      splits.insert(splits.end(), static_cast<size_t>(counts[i]), options.splits[i]);
    }
    return splits;
  }
  if (options.test_stimuli == 0 || options.test_stimuli >= info.stimuli()) {
    throw Error(context.where,
                options.test_stimuli == 0
                    ? "does not say which trials are for training and testing"
                    : concat("test_stimuli is ", options.test_stimuli, " of ", info.stimuli()),
                "Give test_stimuli, splits (one for each file of responses), or a column 'split' "
                "in trials.table");
  }
  return split_by_stimulus(info.trials.stimulus, info.stimuli(), options.test_stimuli);
}

}  // namespace

void read_trials(const Context& context, const ResponseFiles& responses, RecordingInfo& info) {
  const auto& options = context.options.trials;
  TrialColumns columns(context, responses.trials());
  Trials& trials = info.trials;
  trials.stimulus = stimuli_of(context, columns, responses.trials(), info);
  trials.repeat =
      columns.numbers("repeat", options.repeat).value_or(count_repeats(trials.stimulus));
  trials.block = columns.numbers("block", options.block)
                     .value_or(Numbers(static_cast<size_t>(responses.trials()), 0));
  trials.split = splits_of(context, columns, responses, info);
}

}  // namespace afterimage::table_import
