#include "afterimage/networks/inception.h"

#include <ATen/ops/avg_pool2d.h>
#include <ATen/ops/cat.h>
#include <ATen/ops/max_pool2d.h>

#include "afterimage/networks/staged_network.h"

namespace afterimage {
namespace {

at::Tensor halved(const at::Tensor& x) { return at::max_pool2d(x, 3, 2); }

/// The blocks of figures 5, 6, 7 and 10 of the paper. A branch is a list of convolutions, and a
/// block puts the outputs of its branches beside each other.
class Inception {
 public:
  Inception(LayerFactory& factory, InceptionForm form)
      : factory_(factory), frechet_(form == InceptionForm::frechet) {}

  /// Convolution without bias, batch normalisation, rectifier.
  Layer unit(const std::string& path, int64_t in, int64_t out, const Window& window) {
    return rectified(chain({factory_.convolution(path + ".conv", in, out, window, false),
                            factory_.batch_norm(path + ".bn", out, 0.001)}));
  }

  Layer block_a(const std::string& path, int64_t in, int64_t pooled) {
    const auto at = [&](const char* name) { return path + ".branch" + name; };
    return beside({unit(at("1x1"), in, 64, Window::same(1)),
                   chain({unit(at("5x5_1"), in, 48, Window::same(1)),
                          unit(at("5x5_2"), 48, 64, Window::same(5))}),
                   chain({unit(at("3x3dbl_1"), in, 64, Window::same(1)),
                          unit(at("3x3dbl_2"), 64, 96, Window::same(3)),
                          unit(at("3x3dbl_3"), 96, 96, Window::same(3))}),
                   chain({average(), unit(at("_pool"), in, pooled, Window::same(1))})});
  }

  Layer block_b(const std::string& path, int64_t in) {
    const auto at = [&](const char* name) { return path + ".branch" + name; };
    return beside({unit(at("3x3"), in, 384, halving),
                   chain({unit(at("3x3dbl_1"), in, 64, Window::same(1)),
                          unit(at("3x3dbl_2"), 64, 96, Window::same(3)),
                          unit(at("3x3dbl_3"), 96, 96, halving)}),
                   halved});
  }

  Layer block_c(const std::string& path, int64_t in, int64_t width) {
    const auto at = [&](const char* name) { return path + ".branch" + name; };
    return beside(
        {unit(at("1x1"), in, 192, Window::same(1)),
         chain({unit(at("7x7_1"), in, width, Window::same(1)),
                unit(at("7x7_2"), width, width, wide(7)), unit(at("7x7_3"), width, 192, tall(7))}),
         chain({unit(at("7x7dbl_1"), in, width, Window::same(1)),
                unit(at("7x7dbl_2"), width, width, tall(7)),
                unit(at("7x7dbl_3"), width, width, wide(7)),
                unit(at("7x7dbl_4"), width, width, tall(7)),
                unit(at("7x7dbl_5"), width, 192, wide(7))}),
         chain({average(), unit(at("_pool"), in, 192, Window::same(1))})});
  }

  Layer block_d(const std::string& path, int64_t in) {
    const auto at = [&](const char* name) { return path + ".branch" + name; };
    return beside(
        {chain({unit(at("3x3_1"), in, 192, Window::same(1)), unit(at("3x3_2"), 192, 320, halving)}),
         chain({unit(at("7x7x3_1"), in, 192, Window::same(1)),
                unit(at("7x7x3_2"), 192, 192, wide(7)), unit(at("7x7x3_3"), 192, 192, tall(7)),
                unit(at("7x7x3_4"), 192, 192, halving)}),
         halved});
  }

  Layer block_e(const std::string& path, int64_t in, bool maximum) {
    const auto at = [&](const char* name) { return path + ".branch" + name; };
    return beside(
        {unit(at("1x1"), in, 320, Window::same(1)),
         chain({unit(at("3x3_1"), in, 384, Window::same(1)),
                beside({unit(at("3x3_2a"), 384, 384, wide(3)),
                        unit(at("3x3_2b"), 384, 384, tall(3))})}),
         chain({unit(at("3x3dbl_1"), in, 448, Window::same(1)),
                unit(at("3x3dbl_2"), 448, 384, Window::same(3)),
                beside({unit(at("3x3dbl_3a"), 384, 384, wide(3)),
                        unit(at("3x3dbl_3b"), 384, 384, tall(3))})}),
         chain({maximum ? greatest() : average(), unit(at("_pool"), in, 192, Window::same(1))})});
  }

 private:
  static constexpr Window halving{{3, 3}, 2, {0, 0}};
  static Window wide(int64_t side) { return {{1, side}, 1, {0, side / 2}}; }
  static Window tall(int64_t side) { return {{side, 1}, 1, {side / 2, 0}}; }

  static Layer beside(std::vector<Layer> branches) {
    return [branches = std::move(branches)](const at::Tensor& x) {
      std::vector<at::Tensor> outputs;
      for (const auto& branch : branches) outputs.push_back(branch(x));
      return at::cat(outputs, 1);
    };
  }

  Layer average() const {
    return [counts_border = !frechet_](const at::Tensor& x) {
      return at::avg_pool2d(x, 3, 1, 1, /*ceil_mode=*/false, counts_border);
    };
  }
  static Layer greatest() {
    return [](const at::Tensor& x) { return at::max_pool2d(x, 3, 1, 1); };
  }

  LayerFactory& factory_;
  bool frechet_;
};

}  // namespace

std::shared_ptr<FeatureNetwork> make_inception(const NetworkEntry& entry, InceptionForm form,
                                               const WeightFile& file) {
  const bool frechet = form == InceptionForm::frechet;
  const auto network = std::make_shared<StagedNetwork>(
      entry, NetworkInput{.statistics = {{0.5, 0.5, 0.5}, {0.5, 0.5, 0.5}}, .least = 75});
  LayerFactory factory(*network, entry.name, file);
  Inception inception(factory, form);
  network->add("", inception.unit("Conv2d_1a_3x3", 3, 32, {{3, 3}, 2}));
  network->add("", inception.unit("Conv2d_2a_3x3", 32, 32, {{3, 3}}));
  network->add("", inception.unit("Conv2d_2b_3x3", 32, 64, Window::same(3)));
  network->add("maxpool1", halved);
  network->add("", inception.unit("Conv2d_3b_1x1", 64, 80, Window::same(1)));
  network->add("", inception.unit("Conv2d_4a_3x3", 80, 192, {{3, 3}}));
  network->add("maxpool2", halved);
  network->add("Mixed_5b", inception.block_a("Mixed_5b", 192, 32));
  network->add("Mixed_5c", inception.block_a("Mixed_5c", 256, 64));
  network->add("Mixed_5d", inception.block_a("Mixed_5d", 288, 64));
  network->add("Mixed_6a", inception.block_b("Mixed_6a", 288));
  network->add("Mixed_6b", inception.block_c("Mixed_6b", 768, 128));
  network->add("Mixed_6c", inception.block_c("Mixed_6c", 768, 160));
  network->add("Mixed_6d", inception.block_c("Mixed_6d", 768, 160));
  network->add("Mixed_6e", inception.block_c("Mixed_6e", 768, 192));
  network->add("Mixed_7a", inception.block_d("Mixed_7a", 768));
  network->add("Mixed_7b", inception.block_e("Mixed_7b", 1280, false));
  network->add("Mixed_7c", inception.block_e("Mixed_7c", 2048, frechet));
  network->add("avgpool", [](const at::Tensor& x) { return x.mean({2, 3}); });
  network->add("logits", factory.linear("fc", 2048, frechet ? 1008 : 1000));
  return network;
}

}  // namespace afterimage
