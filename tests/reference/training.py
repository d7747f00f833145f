"""The published training step in plain PyTorch: what Afterimage's objective, history and step are
held against, and what its benchmark is measured against."""
import torch
from torch.nn import functional as F

from networks import normalise

SQUEEZENET_LAYERS = [1, 4, 7, 9, 12]


def perceptual(network, images, targets, layers, distance="l1", feature_sum="mean", size=0,
               align_corners=False, normalised=True):
    """One prefix pass a layer and image, as the published code makes them."""
    if size:
        images, targets = (F.interpolate(x, size=(size, size), mode="bilinear", align_corners=align_corners)
                           for x in (images, targets))
    if normalised:
        images, targets = normalise(images), normalise(targets)
    total = 0
    for layer in layers:
        ours = network.features[: layer + 1](images)
        theirs = network.features[: layer + 1](targets)
        if distance == "l1":
            total = total + F.l1_loss(ours, theirs)
        elif distance == "relative":
            total = total + F.l1_loss(ours, theirs) / theirs.abs().mean()
        else:
            total = total + (ours - theirs).flatten(1).norm(dim=1).mean()
    return total / len(layers) if feature_sum == "mean" else total


class History:
    """While it fills each new sample is stored and used; then every other one is exchanged."""

    def __init__(self, capacity, generator, probability=0.5):
        self.capacity, self.generator, self.probability = capacity, generator, probability
        self.samples = []

    def __call__(self, batch):
        used = []
        for sample in batch.detach():
            if len(self.samples) < self.capacity:
                self.samples.append(sample)
            elif torch.rand(1, generator=self.generator) < self.probability:
                index = torch.randint(self.capacity, (1,), generator=self.generator).item()
                sample, self.samples[index] = self.samples[index], sample
            used.append(sample)
        return torch.stack(used)


class Step:
    """Generator = projection + U-Net; the generator runs twice, as in the published code."""

    def __init__(self, projection, unet, discriminator, network, weights, history, layers,
                 rate=2e-4, size=0, detach_maps=True, predicted=False):
        self.projection, self.unet, self.discriminator = projection, unet, discriminator
        self.network, self.weights, self.history, self.layers = network, weights, history, layers
        self.size, self.detach_maps, self.predicted = size, detach_maps, predicted
        self.generator_adam = torch.optim.Adam(
            [*projection.parameters(), *unet.parameters()], rate, (0.5, 0.999))
        self.discriminator_adam = torch.optim.Adam(discriminator.parameters(), rate, (0.5, 0.999))

    def judge(self, pairs):
        return self.discriminator(pairs[:, :-3], pairs[:, -3:])

    def train_discriminator(self, maps, fake, targets):
        on_fake = self.judge(self.history(torch.cat([maps, fake], 1)))
        on_real = self.judge(torch.cat([maps, targets], 1).detach())
        loss = 0.5 * (
            F.binary_cross_entropy_with_logits(on_fake, torch.zeros_like(on_fake))
            + F.binary_cross_entropy_with_logits(on_real, torch.ones_like(on_real)))
        self.discriminator_adam.zero_grad()
        loss.backward()
        self.discriminator_adam.step()
        return loss

    def train_generator(self, maps, fake, targets):
        logits = self.judge(torch.cat([maps.detach() if self.detach_maps else maps, fake], 1))
        losses = {
            "adversarial": F.binary_cross_entropy_with_logits(logits, torch.ones_like(logits)),
            "perceptual": perceptual(self.network, fake, targets, self.layers, size=self.size),
            "pixel": F.l1_loss(fake, targets),
        }
        losses["generator"] = sum(self.weights[name] * losses[name] for name in list(losses))
        self.generator_adam.zero_grad()
        losses["generator"].backward()
        self.generator_adam.step()
        return losses

    def __call__(self, responses, targets, twice=True):
        maps = self.projection(responses)
        if self.predicted:  # as MXNet does outside autograd.record()
            made = self.unet.eval()(maps)
            self.unet.train()
        fake = self.unet(maps)
        discriminator = self.train_discriminator(maps, made if self.predicted else fake, targets)
        if twice:
            maps = self.projection(responses)
            fake = self.unet(maps)
        losses = self.train_generator(maps, fake, targets)
        return {**losses, "discriminator": discriminator}
