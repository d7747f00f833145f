"""What ai.nn has in graphs of torch.compile and torch.export: the same numbers, whole graphs."""
import subprocess
import sys

import numpy as np
import pytest
import torch

import afterimage as ai
from afterimage import _operators

RNG = np.random.default_rng(1)
SENSORS = {"x": RNG.uniform(0.2, 0.8, 6), "y": RNG.uniform(0.2, 0.8, 6), "size": np.full(6, 0.1),
           "roi": ["V1"] * 3 + ["V4"] * 3, "array": [0, 0, 1, 1, 2, 2]}
ATTENTION = ("attention", {"features": 2, "embedding": "batchnorm-relu"})
KINDS = [("fixed", {}), ("gaussian", {}), ("tuned", {"features": 2}), ATTENTION]


class Mine(torch.nn.Module):
    """A user's module between ours."""

    def __init__(self, kind, options):
        super().__init__()
        torch.manual_seed(1)
        self.front = ai.nn.Projection(kind, SENSORS, bins=2, side=8, **options)
        self.mix = torch.nn.Conv2d(self.front.channels, 4, 1)
        self.back = ai.nn.UNet(4, width=4, blocks=2)

    def forward(self, responses):
        return self.back(torch.tanh(self.mix(self.front(responses))))


def steps(model, run, responses, targets):
    """Images, gradients, and the state after two steps."""
    optimiser = torch.optim.SGD(model.parameters(), 0.1)
    for _ in range(2):
        optimiser.zero_grad()
        given = responses.clone().requires_grad_()
        images = run(given)
        (images - targets).square().mean().backward()
        optimiser.step()
    gradients = {name: torch.zeros_like(one) if one.grad is None else one.grad
                 for name, one in model.named_parameters()}  # a bias that softmax cancels has none
    return images.detach(), given.grad, gradients, model.state_dict()


@pytest.mark.parametrize("kind, options", KINDS)
def test_a_users_module_is_compiled_whole_and_trains_the_same(kind, options):
    torch._dynamo.reset()
    responses = torch.randn(4, 6, 2)
    targets = torch.rand(4, 3, 1, 1).expand(-1, -1, 8, 8)
    one, other = Mine(kind, options), Mine(kind, options)
    compiled = torch.compile(other, fullgraph=True, backend="aot_eager")
    images, given, gradients, state = steps(one, one, responses, targets)
    found = steps(other, compiled, responses, targets)
    torch.testing.assert_close(found[0], images)
    torch.testing.assert_close(found[1], given)
    torch.testing.assert_close(found[2], gradients)
    torch.testing.assert_close(found[3], state)  # statistics of the batches, too
    assert given.abs().sum() > 0 and gradients["mix.weight"].abs().sum() > 0
    with torch.no_grad():
        torch.testing.assert_close(compiled.eval()(responses), one.eval()(responses))


def test_what_is_frozen_stays_so_in_a_graph():
    torch._dynamo.reset()
    model = Mine("tuned", {"features": 2})
    model.front.requires_grad_(False)
    responses = torch.randn(2, 6, 2)
    model(responses).sum().backward()
    expected = {name: one.grad for name, one in model.named_parameters()}
    model.zero_grad()
    torch.compile(model, fullgraph=True, backend="aot_eager")(responses).sum().backward()
    torch.testing.assert_close({name: one.grad for name, one in model.named_parameters()}, expected)
    assert model.front.tuning.grad is None and model.mix.weight.grad is not None


def test_losses_and_metrics_are_compiled():
    torch._dynamo.reset()
    torch.manual_seed(1)
    judge, features = ai.nn.PatchGAN(6, width=4), ai.nn.PerceptualLoss("squeezenet")

    def all_of(images, targets):
        pairs = (ai.nn.structural_similarity, ai.nn.multi_scale_similarity, ai.nn.pixel_correlation,
                 ai.nn.two_way_identification)
        loss = (features(images, targets) + ai.nn.ssim_loss(images, targets)
                + judge(targets, images).mean())
        return loss, [one(images.detach(), targets) for one in pairs]

    targets = torch.rand(2, 3, 40, 48)
    found = []
    for run in (all_of, torch.compile(all_of, fullgraph=True, backend="aot_eager")):
        images = torch.rand(2, 3, 40, 48, generator=torch.manual_seed(2)).requires_grad_()
        judge.zero_grad()
        loss, metrics = run(images, targets)
        loss.backward()
        found.append((loss.detach(), metrics, images.grad, judge.conv1.weight.grad))
    torch.testing.assert_close(found[1], found[0])
    assert found[0][2].abs().sum() > 0


@pytest.mark.parametrize("kind, options, training", [(*KINDS[2], False), (*ATTENTION, True)])
def test_torch_finds_the_operators_sound(kind, options, training):
    """Schema, shapes without data, autograd, and all of it within a graph of changing sizes."""
    front = ai.nn.Projection(kind, SENSORS, bins=2, side=8, **options).train(training)
    parameters = [one.detach().clone().requires_grad_() for one in front.parameters()]
    buffers = [one.clone() for one in front.buffers()]
    responses = torch.randn(3, 6, 2, requires_grad=True)
    shape = front(responses).shape
    torch.library.opcheck(_operators.run, (front._recipe, [responses], parameters, buffers,
                                           front._moving if training else [], training, shape,
                                           torch.float32))


@pytest.mark.parametrize("kind, options", KINDS[1:])
def test_gradients_of_the_operators_are_right(kind, options):
    front = ai.nn.Projection(kind, SENSORS, bins=2, side=8, **options).double().eval()
    parameters = [one.detach().clone().requires_grad_() for one in front.parameters()]
    responses = torch.randn(2, 6, 2, dtype=torch.double, requires_grad=True)
    shape = front(responses).shape

    def run(responses, *parameters):
        return _operators.run(front._recipe, [responses], parameters, list(front.buffers()), [],
                              False, shape, torch.double)[0]

    assert torch.autograd.gradcheck(run, (responses, *parameters), eps=1e-6, atol=1e-5,
                                    nondet_tol=1e-12)


@pytest.mark.parametrize("strict", [True, False])
def test_an_exported_model_runs_elsewhere(tmp_path, strict):
    """For any number of samples, in a process that has only imported afterimage."""
    model = Mine("attention", {"features": 2}).eval()
    samples = torch.export.Dim("samples", min=2)
    program = torch.export.export(model, (torch.randn(3, 6, 2),), strict=strict,
                                  dynamic_shapes={"responses": {0: samples}})
    torch.export.save(program, tmp_path / "model.pt2")
    responses = torch.randn(5, 6, 2)
    torch.save(responses, tmp_path / "responses.pt")
    code = """
import torch, afterimage
model = torch.export.load("model.pt2").module()
torch.save(model(torch.load("responses.pt")).detach(), "images.pt")
"""
    subprocess.run([sys.executable, "-c", code], check=True, cwd=tmp_path)
    assert torch.equal(torch.load(tmp_path / "images.pt"), model(responses))
    assert not torch.equal(model(responses)[0], model(responses)[1])


def test_the_operators_keep_no_tensors_of_others():
    front = ai.nn.Projection("tuned", SENSORS, bins=2, side=8, features=2)
    compiled = torch.compile(front, fullgraph=True, backend="aot_eager")
    compiled(torch.randn(2, 6, 2)).sum().backward()
    held = [tensor.numel() for _, tensor in _operators.made(front._recipe).parameters()]
    assert held and not any(held)
