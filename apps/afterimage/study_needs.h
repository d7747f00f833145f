#pragma once

#include <string>

#include "afterimage/analysis/study.h"
#include "afterimage/base/error.h"
#include "afterimage/base/run_context.h"
#include "afterimage/base/text.h"
#include "afterimage/decoders/model.h"

namespace afterimage {

/// What `use` makes of a variant's configuration; what it refuses names plan and variant.
template <typename Use>
auto of_variant(const StudyPlan::Variant& variant, const std::filesystem::path& plan, Use use) {
  try {
    Config config = Config::read(find_config(variant.config));
    for (const auto& setting : variant.settings) config.override_with(setting);
    return use(config);
  } catch (const Error& error) {
    std::string message = error.what();
    if (message.starts_with("--set: ")) message.erase(0, 7);  // the plan's settings, not the user's
    throw Error(concat(plan.string(), ": variant '", variant.name, "'"), message);
  }
}

/// Prints what a plan makes, of what, and what of it is at hand (study --paper).
void say_needs(const StudyPlan& plan, const std::filesystem::path& path, const RunContext& run);

}  // namespace afterimage
