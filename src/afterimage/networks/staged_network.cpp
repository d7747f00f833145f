#include "afterimage/networks/staged_network.h"

#include <algorithm>
#include <map>

#include "afterimage/base/error.h"
#include "afterimage/base/text.h"
#include "afterimage/formats/image.h"

namespace afterimage {

StagedNetwork::StagedNetwork(const NetworkEntry& entry, const NetworkInput& input)
    : FeatureNetwork(input.statistics), entry_(entry), input_(input) {
  eval();
}

void StagedNetwork::add(const std::string& path, const Layer& run) {
  add(path, [run](const at::Tensor& x, const Record&) { return run(x); }, {});
}

void StagedNetwork::add(const std::string& path, RunStage run, std::vector<std::string> inside) {
  stages_.push_back({path, std::move(run), std::move(inside)});
}

std::vector<std::string> StagedNetwork::layers() const {
  std::vector<std::string> names;
  for (const auto& stage : stages_) {
    names.insert(names.end(), stage.inside.begin(), stage.inside.end());
    if (!stage.path.empty()) names.push_back(stage.path);
  }
  return names;
}

size_t StagedNetwork::stages_for(const std::string& name) const {
  for (size_t i = 0; i < stages_.size(); ++i) {
    const auto& inside = stages_[i].inside;
    const bool found = std::find(inside.begin(), inside.end(), name) != inside.end();
    if (found || (stages_[i].path == name && !name.empty())) return i + 1;
  }
  throw Error("network " + entry_.name, "there is no layer '" + name + "'",
              suggestion(name, layers()));
}

at::Tensor StagedNetwork::prepared(const at::Tensor& images) const {
  const auto fitting = [&](int64_t side) {
    if (input_.side > 0) return input_.side;
    return (side + input_.multiple - 1) / input_.multiple * input_.multiple;
  };
  const int64_t shorter = std::min(images.size(2), images.size(3));
  if (shorter < input_.least) {
    throw Error("network " + entry_.name,
                concat("images with a side of ", shorter, " are too small"),
                concat("It needs at least ", input_.least, " pixels"));
  }
  return normalised(resize_image(images, fitting(images.size(2)), fitting(images.size(3))));
}

std::vector<at::Tensor> StagedNetwork::forward(const at::Tensor& images,
                                               const std::vector<std::string>& names) {
  TORCH_INTERNAL_ASSERT(images.dim() == 4 && images.size(1) == 3 && images.is_floating_point());
  size_t count = 0;
  std::map<std::string, at::Tensor> outputs;
  for (const auto& name : names) {
    count = std::max(count, stages_for(name));
    outputs[name];
  }
  const Record record = [&](const std::string& path, const at::Tensor& value) {
    const auto found = outputs.find(path);
    if (found != outputs.end()) found->second = value;
  };
  at::Tensor x = prepared(images);
  for (size_t i = 0; i < count; ++i) {
    x = stages_[i].run(x, record);
    record(stages_[i].path, x);
  }
  std::vector<at::Tensor> result;
  for (const auto& name : names) result.push_back(outputs.at(name));
  return result;
}

}  // namespace afterimage
