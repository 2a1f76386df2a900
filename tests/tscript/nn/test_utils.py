"""``nn.utils``: normalised, limited, fused and replaced weights; backward and global hooks."""

from __future__ import annotations

import copy

import pytest

import tscript as torch
from tscript import nn
from tscript.nn import hooks, utils
from tscript.nn.utils import parametrizations, parametrize
from tscript.nn.utils.stateless import functional_call


def test_parameters_go_into_a_vector_and_back() -> None:
    layer = nn.Linear(3, 2)
    vector = utils.parameters_to_vector(layer.parameters())
    utils.vector_to_parameters(torch.arange(8.0), layer.parameters())
    assert layer.weight.tolist() == [[0, 1, 2], [3, 4, 5]] and layer.bias.tolist() == [6, 7]
    assert vector.shape == (8,)


def test_gradients_that_were_given_are_limited() -> None:
    layer = nn.Linear(2, 1)
    layer.weight.grad = torch.tensor([[3.0, 0.0]])
    layer.bias.grad = torch.tensor([4.0])
    assert utils.clip_grad_norm_(layer.parameters(), 1.0).item() == 5
    norm = utils.get_total_norm([layer.weight.grad, layer.bias.grad]).item()
    assert norm == pytest.approx(1, abs=1e-5)
    utils.clip_grad_value_(layer.parameters(), 0.5)
    assert layer.bias.grad.item() == 0.5
    with pytest.raises(RuntimeError, match="not finite"):
        utils.get_total_norm(torch.tensor([float("inf")]), error_if_nonfinite=True)


@pytest.mark.parametrize("dim", [0, 1, None])
def test_weight_norm_keeps_the_weight(dim) -> None:
    layer, x = nn.Linear(3, 2), torch.rand(4, 3)
    before = layer(x)
    utils.weight_norm(layer, dim=dim)
    assert list(layer.state_dict()) == ["bias", "weight_g", "weight_v"]
    assert torch.allclose(layer(x), before, atol=1e-6)
    with torch.no_grad():
        layer.weight_g.mul_(2)
    assert torch.allclose(layer(x) - layer.bias, 2 * (before - layer.bias), atol=1e-5)
    with pytest.raises(RuntimeError, match="already"):
        utils.weight_norm(layer)
    utils.remove_weight_norm(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"] and not layer._forward_pre_hooks
    with pytest.raises(ValueError, match="no weight_norm"):
        utils.remove_weight_norm(layer)


def test_spectral_norm_divides_by_the_largest_singular_value() -> None:
    torch.manual_seed(0)
    layer = utils.spectral_norm(nn.Linear(4, 3), n_power_iterations=50)
    layer(torch.zeros(1, 4))
    assert torch.linalg.svdvals(layer.weight)[0].item() == pytest.approx(1, abs=1e-4)
    utils.remove_spectral_norm(layer)
    assert sorted(layer.state_dict()) == ["bias", "weight"]


class Doubled(nn.Module):
    def forward(self, x):
        return x * 2

    def right_inverse(self, x):
        return x / 2


def test_a_parametrized_weight_is_computed() -> None:
    layer = nn.Linear(2, 1)
    value = layer.weight.detach().clone()
    parametrize.register_parametrization(layer, "weight", Doubled())
    assert parametrize.is_parametrized(layer, "weight") and not parametrize.is_parametrized(
        layer, "b"
    )
    assert torch.equal(layer.weight, value) and type(layer).__name__ == "ParametrizedLinear"
    assert torch.equal(layer.parametrizations.weight.original, value / 2)
    layer.weight = torch.tensor([[4.0, 6.0]])
    assert layer.parametrizations.weight.original.tolist() == [[2, 3]]
    assert copy.deepcopy(layer).weight.tolist() == [[4, 6]]
    parametrize.remove_parametrizations(layer, "weight")
    assert type(layer) is nn.Linear and layer.weight.tolist() == [[4, 6]]
    assert isinstance(layer.weight, nn.Parameter)
    with pytest.raises(ValueError, match="no parametrization"):
        parametrize.remove_parametrizations(layer, "weight")


def test_parametrizations_of_norms() -> None:
    layer, x = nn.Conv1d(2, 3, 2), torch.rand(1, 2, 5)
    before, old = layer(x), utils.weight_norm(copy.deepcopy(layer)).state_dict()
    parametrizations.weight_norm(layer)
    assert torch.allclose(layer(x), before, atol=1e-6)
    layer.load_state_dict(old)
    assert torch.allclose(layer(x), before, atol=1e-6)
    torch.manual_seed(0)
    normed = parametrizations.spectral_norm(nn.Linear(4, 3), n_power_iterations=30)
    assert torch.linalg.svdvals(normed.weight)[0].item() == pytest.approx(1, abs=1e-4)


@pytest.mark.parametrize(
    ("layer", "norm", "x"),
    [
        (nn.Conv2d(2, 3, 2, bias=False), nn.BatchNorm2d(3), torch.rand(2, 2, 4, 4)),
        (nn.Linear(2, 3), nn.BatchNorm1d(3), torch.rand(2, 2)),
    ],
)
def test_a_fused_layer_does_what_both_do(layer, norm, x) -> None:
    norm.running_mean.uniform_()
    norm.running_var.uniform_(0.5, 2)
    layer.eval(), norm.eval()
    fuse = utils.fuse_linear_bn_eval if isinstance(layer, nn.Linear) else utils.fuse_conv_bn_eval
    assert torch.allclose(fuse(layer, norm)(x), norm(layer(x)), atol=1e-5)
    with pytest.raises(AssertionError):
        fuse(layer.train(), norm)


def test_skip_init_draws_nothing() -> None:
    torch.manual_seed(0)
    state = torch.get_rng_state()
    assert utils.skip_init(nn.Linear, 3, 2).bias.shape == (2,)
    assert torch.equal(state, torch.get_rng_state())


def test_functional_call_leaves_the_module_as_it_was() -> None:
    layer = nn.Linear(1, 1)
    weight = layer.weight
    given = {"weight": torch.ones(1, 1), "bias": torch.zeros(1)}
    assert functional_call(layer, given, torch.tensor([3.0]), strict=True).item() == 3
    assert layer.weight is weight
    with pytest.raises(KeyError):
        functional_call(layer, {"other": weight}, torch.tensor([3.0]))
    assert layer.weight is weight


def test_backward_hooks_are_kept_and_never_called() -> None:
    layer = nn.Linear(1, 1)
    called: list[object] = []
    handles = [
        layer.register_full_backward_hook(lambda *args: called.append(args)),
        layer.register_full_backward_pre_hook(lambda *args: called.append(args)),
        layer.register_backward_hook(lambda *args: called.append(args)),
        hooks.register_module_full_backward_hook(lambda *args: called.append(args)),
    ]
    with pytest.raises(RuntimeError, match="differentiation"):
        layer(torch.ones(1)).backward()
    assert len(layer._backward_hooks) == 2 and not called
    for handle in handles:
        handle.remove()
    assert not layer._backward_hooks and not layer._backward_pre_hooks


def test_registration_hooks_see_and_replace() -> None:
    seen: list[str] = []

    def double(module, name, parameter):
        seen.append(name)
        return nn.Parameter(parameter * 2)

    with hooks.register_module_parameter_registration_hook(double):
        module = nn.Module()
        module.weight = nn.Parameter(torch.ones(1))
    assert seen == ["weight"] and module.weight.item() == 2
    names: list[str] = []
    with hooks.register_module_module_registration_hook(lambda m, n, c: names.append(n)):
        module.child = nn.Identity()
    with hooks.register_module_buffer_registration_hook(lambda m, n, b: names.append(n)):
        module.register_buffer("seen", torch.zeros(1))
    assert names == ["child", "seen"]


def test_sync_batch_norm_is_batch_norm_here() -> None:
    x = torch.rand(4, 3, 2)
    net = nn.Sequential(nn.BatchNorm1d(3))
    converted = nn.SyncBatchNorm.convert_sync_batchnorm(copy.deepcopy(net))
    assert isinstance(converted[0], nn.SyncBatchNorm)
    assert torch.equal(converted(x), net(x))
    torch.jit.script(converted)


@pytest.mark.parametrize("cls", [nn.Container, nn.NLLLoss2d])
def test_old_classes_say_so(cls) -> None:
    with pytest.warns(FutureWarning, match="deprecated"):
        cls()
