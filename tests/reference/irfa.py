"""IRFA's attention in PyTorch as its definition says, with the whole (n, h, c, y, x) tensors: the
reference of the projection `attention` and the peer of its benchmark. Parameters are called as in
C++.
"""
import torch
from torch import nn
from torch.nn import functional as F

# Responses of the 15 arrays (IRFA, section 3.2).
ARRAYS = [43, 59, 37, 44, 50, 2, 48, 43, 44, 53, 29, 17, 24, 59, 24]


class Embedding(nn.Module):
    def __init__(self, inputs, features, normalise):
        super().__init__()
        for h, length in enumerate(inputs):
            self.add_module(f"dense_{h}", nn.Linear(length, features))
            if normalise:
                self.add_module(f"norm_{h}", nn.BatchNorm1d(features))
        self.heads, self.normalise = len(inputs), normalise

    def forward(self, arrays):
        out = []
        for h, array in enumerate(arrays):
            x = getattr(self, f"dense_{h}")(array)
            out.append(torch.relu(getattr(self, f"norm_{h}")(x)) if self.normalise else x)
        return torch.stack(out, 1)  # (n, h, c / 2)


class Attention(nn.Module):
    def __init__(self, inputs, c, side, k, normalise=False):
        super().__init__()
        h = len(inputs)
        self.embedding = Embedding(inputs, c // 2, normalise)
        self.position_x = nn.Parameter(torch.randn(c // 2, side) * c**-0.5)
        self.position_y = nn.Parameter(torch.randn(c // 2, side) * c**-0.5)
        for name in ("key", "value"):
            conv = nn.Conv2d(h * c, h * c, 1, groups=h)
            self.register_parameter(f"{name}_weight", nn.Parameter(conv.weight.detach().view(h, c, c).clone()))
            self.register_parameter(f"{name}_bias", nn.Parameter(conv.bias.detach().view(h, c).clone()))
        conv = nn.Conv2d(c, c, k)
        self.score_weight, self.score_bias = conv.weight, conv.bias
        self.h, self.c, self.side, self.k = h, c, side, k

    def forward(self, arrays, absent=None):
        """arrays: h tensors (n, length); absent: (n, h), True where an array is left out."""
        e = self.embedding(arrays)[..., None, None]
        shape = (-1, -1, -1, self.side, self.side)
        p = torch.cat([(e + self.position_x[None, None, :, None, :]).expand(shape),
                       (e + self.position_y[None, None, :, :, None]).expand(shape)], 2)  # (n, h, c, y, x)

        def per_array(weight, bias):
            return F.conv2d(p.flatten(1, 2), weight.reshape(self.h * self.c, self.c, 1, 1),
                            bias.flatten(), groups=self.h).view(p.shape)

        keys = per_array(self.key_weight, self.key_bias)
        scores = F.conv2d(keys.flatten(0, 1), self.score_weight, self.score_bias, padding="same")
        scores = scores.view(p.shape) / (self.c * self.k * self.k) ** 0.5
        if absent is not None:
            scores = scores.masked_fill(absent[:, :, None, None, None], -torch.inf)
        self.scores = scores
        weights = torch.softmax(scores, 1)
        return (weights * per_array(self.value_weight, self.value_bias)).sum(1), weights
