#include <ATen/Functions.h>

#include <cstring>
#include <fstream>

#include "afterimage/base/error.h"
#include "afterimage/formats/image.h"
#include "afterimage/formats/libav.h"

extern "C" {
#include <libavutil/opt.h>
}

namespace afterimage {
namespace {

/// (3, H, W) uint8 or float -> (H, W, 3) uint8.
at::Tensor interleaved(const at::Tensor& image) {
  TORCH_INTERNAL_ASSERT(image.dim() == 3 && image.size(0) == 3, "an image is (3, H, W)");
  const at::Tensor bytes = image.is_floating_point()
                               ? (image.detach() * 255).round().clamp(0, 255).to(at::kByte)
                               : image;
  TORCH_INTERNAL_ASSERT(bytes.scalar_type() == at::kByte, "an image is uint8 or float");
  return bytes.permute({1, 2, 0}).cpu().contiguous();
}

libav::Context encoder_for(int width, int height) {
  const AVCodec* codec = avcodec_find_encoder(AV_CODEC_ID_PNG);
  if (!codec) throw Error("PNG", "this build of libavcodec has no encoder for it");
  libav::Context context(avcodec_alloc_context3(codec));
  if (!context) throw std::bad_alloc();
  context->width = width;
  context->height = height;
  context->pix_fmt = AV_PIX_FMT_RGB24;
  context->time_base = {1, 1};
  av_opt_set(context->priv_data, "pred", "mixed", 0);  // the row filters: half the size
  TORCH_INTERNAL_ASSERT(avcodec_open2(context.get(), codec, nullptr) >= 0, "PNG encoder");
  return context;
}

libav::Frame frame_of(const at::Tensor& pixels) {
  libav::Frame frame(av_frame_alloc());
  if (!frame) throw std::bad_alloc();
  frame->format = AV_PIX_FMT_RGB24;
  frame->height = static_cast<int>(pixels.size(0));
  frame->width = static_cast<int>(pixels.size(1));
  if (av_frame_get_buffer(frame.get(), 0) < 0) throw std::bad_alloc();
  for (int y = 0; y < frame->height; ++y) {
    std::memcpy(frame->data[0] + static_cast<ptrdiff_t>(y) * frame->linesize[0],
                pixels[y].const_data_ptr(), static_cast<size_t>(frame->width) * 3);
  }
  return frame;
}

}  // namespace

std::string encode_png(const at::Tensor& image) {
  libav::be_quiet();
  const auto frame = frame_of(interleaved(image));
  const auto context = encoder_for(frame->width, frame->height);
  const libav::Packet packet(av_packet_alloc());
  if (!packet) throw std::bad_alloc();
  int code = avcodec_send_frame(context.get(), frame.get());
  if (code >= 0) code = avcodec_receive_packet(context.get(), packet.get());
  if (code < 0) throw Error("PNG", "cannot be encoded (" + libav::message(code) + ")");
  return {reinterpret_cast<const char*>(packet->data), static_cast<size_t>(packet->size)};
}

void write_png(const std::filesystem::path& path, const at::Tensor& image) {
  std::ofstream file(path, std::ios::binary);
  file << encode_png(image);
  file.close();
  if (!file) throw Error(path, "cannot be written", "Is the folder there and the disk not full?");
}

}  // namespace afterimage
