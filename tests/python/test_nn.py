"""Projections, networks and losses inside a PyTorch user's own module."""
import copy
import pickle

import numpy as np
import pytest
import torch

import afterimage as ai

RNG = np.random.default_rng(1)
SENSORS = {"x": RNG.uniform(0.2, 0.8, 6), "y": RNG.uniform(0.2, 0.8, 6), "size": np.full(6, 0.1),
           "roi": ["V1"] * 3 + ["V4"] * 3, "array": [0, 0, 1, 1, 2, 2]}
KINDS = [("fixed", {}), ("gaussian", {}), ("tuned", {"features": 2}), ("attention", {"features": 2}),
         ("dense", {"grid": 4}), ("learned", {})]


def projection(kind, options, **more):
    return ai.nn.Projection(kind, SENSORS, bins=2, side=8, **options, **more)


@pytest.mark.parametrize("kind, options", KINDS)
def test_gradients_are_right(kind, options):
    front = projection(kind, options).double().eval()
    responses = torch.from_numpy(RNG.normal(size=(2, 6, 2))).requires_grad_()
    parameters = [p for p in front.parameters() if p.requires_grad]
    assert torch.autograd.gradcheck(lambda r, *_: front(r), (responses, *parameters), eps=1e-6,
                                    atol=1e-5, nondet_tol=1e-12)


def test_a_users_module_trains_and_comes_back(tmp_path):
    class Mine(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.front = projection("attention", {"features": 2})
            self.mix = torch.nn.Conv2d(self.front.channels, 4, 1)
            self.back = ai.nn.UNet(4, width=4, blocks=2)

        def forward(self, responses):
            return self.back(self.mix(self.front(responses)))

    torch.manual_seed(1)
    model = Mine()
    assert sum(p.numel() for p in model.front.parameters()) > 0
    responses = torch.randn(8, 6, 2)
    targets = torch.rand(8, 3, 1, 1).expand(-1, -1, 8, 8)
    optimiser = torch.optim.Adam(model.parameters(), 1e-2)
    losses = []
    for _ in range(40):
        optimiser.zero_grad()
        loss = (model(responses) - targets).abs().mean()
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    assert losses[-1] < 0.7 * losses[0]
    model.eval()
    made = model(responses)
    other = Mine().eval()
    other.load_state_dict(model.state_dict())
    assert torch.equal(other(responses), made)
    torch.save(model.front, tmp_path / "front.pt")
    front = torch.load(tmp_path / "front.pt", weights_only=False)
    assert torch.equal(front(responses), model.front(responses))
    for twin in (copy.deepcopy(model.back), pickle.loads(pickle.dumps(model.back))):
        assert torch.equal(twin(model.mix(model.front(responses))), made)
        assert next(twin.parameters()).data_ptr() != next(model.back.parameters()).data_ptr()


def test_freezing_and_modes_are_torchs():
    network = ai.nn.UNet(2, width=4, blocks=2)
    maps = torch.randn(2, 2, 8, 8)
    names = [name for name, _ in network.named_parameters()]
    assert len(names) > 10 and all("." in name for name in names)
    assert not torch.equal(network.train()(maps), network.eval()(maps))  # statistics of the batch
    network.requires_grad_(False)
    assert not network(maps).requires_grad
    judge = ai.nn.PatchGAN(5, width=4)
    assert judge(torch.randn(2, 2, 32, 32), torch.rand(2, 3, 32, 32)).shape[1] == 1


def test_the_same_seed_makes_the_same_network():
    def first(seed):
        return next(ai.nn.UNet(2, width=4, blocks=2, seed=seed).parameters())

    assert torch.equal(first(1), first(1)) and not torch.equal(first(1), first(2))


def test_losses_and_metrics():
    torch.manual_seed(1)
    images = torch.rand(4, 3, 32, 32, dtype=torch.double, requires_grad=True)
    targets = torch.rand(4, 3, 32, 32, dtype=torch.double)
    assert torch.autograd.gradcheck(lambda x: ai.nn.ssim_loss(x, targets[:1]), images[:1])
    assert ai.nn.ssim_loss(targets, targets).abs() < 1e-10
    expected = np.corrcoef(images.detach().flatten(1).numpy(), targets.flatten(1).numpy())
    found = ai.nn.pixel_correlation(images.detach(), targets)
    assert found.numpy() == pytest.approx(np.diag(expected[:4, 4:]), abs=1e-10)
    assert ai.nn.two_way_identification(targets, targets).tolist() == [1] * 4
    assert ai.nn.structural_similarity(targets, targets).numpy() == pytest.approx([1] * 4)
    assert ai.nn.multi_scale_similarity(targets, targets).numpy() == pytest.approx([1] * 4)
    loss = ai.nn.PerceptualLoss("squeezenet", distance="relative")
    small = images.detach().float().requires_grad_()
    value = loss(small, targets.float())
    value.backward()
    assert value > 0 and small.grad.abs().sum() > 0 and loss(targets.float(), targets.float()) == 0


@pytest.mark.parametrize("use, words", [
    (lambda: ai.nn.Projection("gausian", SENSORS), "gausian"),
    (lambda: ai.nn.Projection("gaussian", 6), "receptive field"),
    (lambda: projection("tuned", {"feature": 2}), "features"),
    (lambda: projection("gaussian", {})(torch.zeros(2, 6, 1)), r"\(n, 6, 2\)"),
    (lambda: ai.nn.UNet(2, widht=4), "width"),
    (lambda: ai.nn.Projection("gaussian", {"x": [0.5], "y": [0.5, 0.5]}), "sensors"),
])
def test_wrong_use_is_refused(use, words):
    with pytest.raises(ai.Error, match=words):
        use()
