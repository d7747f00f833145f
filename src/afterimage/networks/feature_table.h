#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace afterimage {

/// One module of a torchvision network, as a row of a table. Input channels follow from the row
/// before.
struct FeatureRow {
  enum class Kind { conv, relu, max_pool, fire, average_pool, flatten, dropout, linear };

  Kind kind = Kind::relu;
  int64_t out = 0;     ///< channels or units; of a fire module: of each of its two expansions
  int64_t kernel = 0;  ///< side of the window; for average_pool the side of the output
  int64_t stride = 1;
  int64_t padding = 0;
  int64_t squeeze = 0;    ///< fire: channels of the squeeze convolution
  bool ceil = false;      ///< max_pool: a window that reaches over the edge counts
  std::string path = {};  ///< torchvision's module path, "" for flatten

  /// Side of the output for an input of this side; 0 when the input is too small.
  int64_t side(int64_t input) const;
};

/// An ImageNet network as torchvision lays it out.
struct FeatureTable {
  std::string name;      ///< "vgg19"
  std::string function;  ///< torchvision's, and how its weight files begin: "vgg19"
  std::vector<FeatureRow> rows;
  std::vector<std::string> loss_layers;
};

/// Every network: the one place to add one.
const std::vector<FeatureTable>& feature_tables();

/// The table of a network; an Error with the nearest name when there is none.
const FeatureTable& feature_table(const std::string& network);

}  // namespace afterimage
