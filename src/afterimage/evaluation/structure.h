#pragma once

#include <ATen/core/Tensor.h>

namespace afterimage {

/// What of an image's structure can be compared without any trained network, so that a program
/// without weights has an opinion of its own, and one that is nobody's objective. All of gray
/// images (n, 1, H, W), luminance in [0,1]; results keep their type and device.

/// Histograms of oriented gradients (Dalal & Triggs 2005) -> (n, features): central differences
/// (0 at the border), magnitudes summed by cell and by 9 orientations of 0..180 degrees,
/// blocks of 2 x 2 cells normalised by L2-Hys (clipped at .2). As scikit-image's hog, with cells of
/// an eighth of the shorter side (at least 2 pixels). H and W are at least 4.
at::Tensor hog(const at::Tensor& images);
/// The side of a cell in pixels.
int64_t hog_cell(int64_t side);

/// Energy of oriented structure (after GIST: Oliva & Torralba 2001) -> (n, 8 x octaves x 16):
/// quadrature pairs of Gabors of 8 orientations, wavelength 4 pixels and Gaussian sigma 2, 9 x 9
/// taps, the even ones without mean; in the image and, while 8 pixels are left of the shorter side,
/// in the image halved (2 x 2 means) up to three times; borders are repeated. The energy
/// sqrt(even^2 + odd^2) is averaged in a grid of 4 x 4. H and W are at least 8.
at::Tensor oriented_energy(const at::Tensor& images);

/// log10 of the radial power spectrum (n, radii): power of the image without its mean, under a Hann
/// window, averaged over rings of 1, 2, ... cycles per shorter side up to its half; in units of
/// variance per pixel, plus that of rounding to 8 bits, below which nothing is told apart.
at::Tensor log_spectrum(const at::Tensor& images);

}  // namespace afterimage
