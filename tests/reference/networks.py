"""The networks in plain PyTorch, written from the papers and from torchvision's documentation.

Straightforward on purpose: these are what the C++ networks are held against. Parameter names are
those of the C++ modules; the ImageNet networks have torchvision's.
"""
import torch
from torch import nn
from torch.nn import functional as F


class Skip(nn.Module):
    """A nested skip block: ReLU(concat(x, block(x)))."""

    def __init__(self, widths, level=0, momentum=0.1):
        super().__init__()
        outer, inner = widths[level], widths[level + 1]
        last = level + 2 == len(widths)
        self.down = nn.Conv2d(outer, inner, 4, 2, 1, bias=False)
        self.down_norm = nn.BatchNorm2d(inner, momentum=momentum)
        self.inner = nn.Identity() if last else Skip(widths, level + 1, momentum)
        self.up = nn.ConvTranspose2d(inner if last else 2 * inner, outer, 4, 2, 1, bias=False)
        self.up_norm = nn.BatchNorm2d(outer, momentum=momentum)

    def forward(self, x):
        y = self.inner(F.leaky_relu(self.down_norm(self.down(x)), 0.2))
        return F.relu(torch.cat([x, self.up_norm(self.up(y))], 1))


class UNet(nn.Module):
    def __init__(self, in_channels, width=64, blocks=4, momentum=0.1):
        super().__init__()
        widths = [width * min(2**i, 8) for i in range(blocks + 1)]
        self.first = nn.Conv2d(in_channels, width, 4, 2, 1)
        self.block = Skip(widths, momentum=momentum)
        self.last = nn.ConvTranspose2d(2 * width, 3, 4, 2, 1)

    def forward(self, maps):
        x = F.leaky_relu(self.first(maps), 0.2)
        return torch.sigmoid(self.last(self.block(x)))


class PatchGan(nn.Module):
    def __init__(self, in_channels, width=64):
        super().__init__()
        self.conv1 = nn.Conv2d(in_channels, width, 4, 2, 1)
        self.conv2 = nn.Conv2d(width, 2 * width, 4, 2, 1, bias=False)
        self.norm2 = nn.BatchNorm2d(2 * width)
        self.conv3 = nn.Conv2d(2 * width, 4 * width, 4, 2, 1, bias=False)
        self.norm3 = nn.BatchNorm2d(4 * width)
        self.conv4 = nn.Conv2d(4 * width, 8 * width, 4, 1, 1, bias=False)
        self.norm4 = nn.BatchNorm2d(8 * width)
        self.conv5 = nn.Conv2d(8 * width, 1, 3, 2, 1)

    def forward(self, maps, image):
        x = F.leaky_relu(self.conv1(torch.cat([maps, image], 1)), 0.2)
        x = F.leaky_relu(self.norm2(self.conv2(x)), 0.2)
        x = F.leaky_relu(self.norm3(self.conv3(x)), 0.2)
        x = F.leaky_relu(self.norm4(self.conv4(x)), 0.2)
        return self.conv5(x)


class Fire(nn.Module):
    def __init__(self, channels, squeeze, expand):
        super().__init__()
        self.squeeze = nn.Conv2d(channels, squeeze, 1)
        self.expand1x1 = nn.Conv2d(squeeze, expand, 1)
        self.expand3x3 = nn.Conv2d(squeeze, expand, 3, padding=1)

    def forward(self, x):
        x = F.relu(self.squeeze(x))
        return torch.cat([F.relu(self.expand1x1(x)), F.relu(self.expand3x3(x))], 1)


class SqueezeNet(nn.Module):
    def __init__(self):
        super().__init__()
        pool = lambda: nn.MaxPool2d(3, 2, ceil_mode=True)
        self.features = nn.Sequential(
            nn.Conv2d(3, 96, 7, 2), nn.ReLU(), pool(),
            Fire(96, 16, 64), Fire(128, 16, 64), Fire(128, 32, 128), pool(),
            Fire(256, 32, 128), Fire(256, 48, 192), Fire(384, 48, 192), Fire(384, 64, 256), pool(),
            Fire(512, 64, 256))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Conv2d(512, 1000, 1), nn.ReLU(), nn.AdaptiveAvgPool2d((1, 1)))

    def forward(self, x):
        return self.classifier(self.features(x)).flatten(1)


class AlexNet(nn.Module):
    def __init__(self):
        super().__init__()
        self.features = nn.Sequential(
            nn.Conv2d(3, 64, 11, 4, 2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(64, 192, 5, padding=2), nn.ReLU(), nn.MaxPool2d(3, 2),
            nn.Conv2d(192, 384, 3, padding=1), nn.ReLU(),
            nn.Conv2d(384, 256, 3, padding=1), nn.ReLU(),
            nn.Conv2d(256, 256, 3, padding=1), nn.ReLU(), nn.MaxPool2d(3, 2))
        self.avgpool = nn.AdaptiveAvgPool2d((6, 6))
        self.classifier = nn.Sequential(
            nn.Dropout(), nn.Linear(9216, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096),
            nn.ReLU(), nn.Linear(4096, 1000))

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


class Vgg19(nn.Module):
    def __init__(self):
        super().__init__()
        layers, channels = [], 3
        for width, count in [(64, 2), (128, 2), (256, 4), (512, 4), (512, 4)]:
            for _ in range(count):
                layers += [nn.Conv2d(channels, width, 3, padding=1), nn.ReLU()]
                channels = width
            layers.append(nn.MaxPool2d(2, 2))
        self.features = nn.Sequential(*layers)
        self.avgpool = nn.AdaptiveAvgPool2d((7, 7))
        self.classifier = nn.Sequential(
            nn.Linear(25088, 4096), nn.ReLU(), nn.Dropout(), nn.Linear(4096, 4096), nn.ReLU(),
            nn.Dropout(), nn.Linear(4096, 1000))

    def forward(self, x):
        return self.classifier(self.avgpool(self.features(x)).flatten(1))


FEATURE_NETWORKS = {"squeezenet": SqueezeNet, "alexnet": AlexNet, "vgg19": Vgg19}


def normalise(images):
    """ImageNet's statistics, for images in [0, 1]."""
    mean = torch.tensor([0.485, 0.456, 0.406], dtype=images.dtype).view(1, 3, 1, 1)
    deviation = torch.tensor([0.229, 0.224, 0.225], dtype=images.dtype).view(1, 3, 1, 1)
    return (images - mean) / deviation
