#include <algorithm>
#include <set>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/evaluation/contender.h"

namespace afterimage {
namespace {

using Names = std::vector<std::string>;

/// The beginning that all have in common, without what separates a number.
std::string common_name(const std::vector<const Contender*>& rows) {
  std::string name = rows.front()->name;
  for (const auto* row : rows) {
    const auto apart = std::mismatch(name.begin(), name.end(), row->name.begin(), row->name.end());
    name.erase(apart.first, name.end());
  }
  const bool cut = name != rows.front()->name;
  while (cut && !name.empty() &&
         std::string("-_ .(0123456789").find(name.back()) != std::string::npos) {
    name.pop_back();
  }
  for (const std::string word : {"seed", "run"}) {
    if (cut && name.size() > word.size() + 1 && name.ends_with(word)) {
      name.resize(name.size() - word.size() - 1);
    }
  }
  return name.empty() ? rows.front()->name : name;
}

Score mean_score(const std::vector<const Contender*>& rows, const std::string& metric) {
  Score mean = rows.front()->scores.at(metric);
  mean.value = 0;
  mean.low = mean.high = std::nullopt;
  mean.per_image.clear();
  mean.columns = at::Tensor();
  mean.ceiling = {};
  mean.areas.clear();
  for (const auto* row : rows) {
    const auto found = row->scores.find(metric);
    if (found == row->scores.end() || !found->second.not_computed.empty()) {
      return score_not_computed("not computed for every training");
    }
    mean.value += found->second.value / static_cast<double>(rows.size());
  }
  return mean;
}

Contender joined(const std::vector<const Contender*>& rows, const std::string& name) {
  Contender all = *rows.front();
  all.name = name;
  all.seeds.clear();
  all.trainings = 0;
  all.checks = {};
  for (const auto* row : rows) {
    all.seeds.insert(all.seeds.end(), row->seeds.begin(), row->seeds.end());
    all.trainings += row->trainings;
    all.trained_against = both(all.trained_against, row->trained_against);
    all.checks.pass += row->checks.pass;
    all.checks.look += row->checks.look;
    all.checks.fail += row->checks.fail;
    all.checks.not_checked += row->checks.not_checked;
  }
  for (auto& [metric, score] : all.scores) {
    score = mean_score(rows, metric);
    score.metric = metric;
    auto& columns = all.columns[metric];
    columns.clear();
    for (const auto* row : rows) {
      const auto own = row->columns.find(metric);
      if (own == row->columns.end()) break;
      columns.insert(columns.end(), own->second.begin(), own->second.end());
    }
    if (std::ssize(columns) != all.trainings) all.columns.erase(metric);
  }
  return all;
}

/// Puts one row in place of those at `members`, where the first of them was.
void replace(std::vector<Contender>& rows, const std::vector<size_t>& members,
             const std::string& name) {
  std::vector<const Contender*> parts;
  for (const auto i : members) parts.push_back(&rows[i]);
  auto all = joined(parts, name.empty() ? common_name(parts) : name);
  for (size_t k = members.size(); k-- > 1;) {
    rows.erase(rows.begin() + static_cast<std::ptrdiff_t>(members[k]));
  }
  rows[members.front()] = std::move(all);
}

}  // namespace

void join_seeds(std::vector<Contender>& rows) {
  for (size_t i = 0; i < rows.size(); ++i) {
    if (rows[i].configuration.empty() || rows[i].control) continue;
    std::vector<size_t> members = {i};
    std::set<int64_t> seeds(rows[i].seeds.begin(), rows[i].seeds.end());
    std::string reason;
    for (size_t j = i + 1; j < rows.size(); ++j) {
      const auto& other = rows[j];
      if (other.configuration != rows[i].configuration || other.seeds.size() != 1) continue;
      if (!rows[i].paired_with(other, reason) || !seeds.insert(other.seeds.front()).second)
        continue;
      members.push_back(j);
    }
    if (members.size() > 1) replace(rows, members, "");
  }
}

void join_group(std::vector<Contender>& rows, const std::string& group) {
  const auto equals = group.find('=');
  const auto members_text = equals == std::string::npos ? "" : group.substr(equals + 1);
  const auto names = split(members_text, ',');
  if (equals == 0 || names.size() < 2) {
    throw Error("--group", "'" + group + "' is not NAME=A,B,...",
                "Name the group, and two or more rows of the table");
  }
  Names known;
  for (const auto& row : rows) known.push_back(row.name);
  std::vector<size_t> members;
  for (const auto& name : names) {
    const auto found = std::find(known.begin(), known.end(), name);
    if (found == known.end()) {
      throw Error("--group", "there is no row '" + name + "'", suggestion(name, known));
    }
    const auto place = static_cast<size_t>(found - known.begin());
    std::string reason;
    if (!rows[place].paired_with(rows[members.empty() ? place : members.front()], reason)) {
      throw Error("--group", concat("'", name, "' and '", names.front(), "' have ", reason),
                  "Group trainings that are judged by the same images");
    }
    if (std::find(members.begin(), members.end(), place) != members.end()) {
      throw Error("--group", "'" + name + "' is named twice", "Name each row once");
    }
    members.push_back(place);
  }
  std::sort(members.begin(), members.end());
  replace(rows, members, group.substr(0, equals));
}

void tell_apart(std::vector<Contender>& rows) {
  const auto count = [&](const std::string& name) {
    return std::count_if(rows.begin(), rows.end(),
                         [&](const Contender& row) { return row.name == name; });
  };
  std::set<std::string> several;
  for (const auto& row : rows) {
    if (count(row.name) > 1) several.insert(row.name);
  }
  for (auto& row : rows) {
    if (several.contains(row.name)) row.name += " (" + row.recording + ")";
  }
  std::set<std::string> taken;
  for (auto& row : rows) {
    auto name = row.name;
    for (int number = 2; !taken.insert(name).second; ++number)
      name = concat(row.name, " #", number);
    row.name = name;
  }
}

}  // namespace afterimage
