"""Every gradient of the library is right, and bugs planted in it are caught."""

import numpy as np
import pytest

from minibnn import ops
from minibnn.binary import straight_through, weight_norm
from minibnn.blocks import convolutions, gated_block
from minibnn.flowpp import bijection, conditioner, coupling, elementwise, invertible_conv, mixture
from minibnn.gradcheck import gradient_errors, suite
from minibnn.ops import convolution
from minibnn.resnet_vae import bound, logistic

# Whole models and dequantisers take seconds; among the fast tests those of tests/test_witness.py stand for them.
WHOLE = [name for name in suite.CHECKS if name.startswith(("ResNet VAE", "Flow++", "dequantiser", "Coupling with"))]


@pytest.mark.parametrize("name", [pytest.param(name, marks=[pytest.mark.slow] * (name in WHOLE))
                                  for name in suite.CHECKS])
def test_gradient(name):
    [result] = suite.run_checks([name])
    assert result.ok and result.error <= result.tolerance <= 1e-6


def _with_backward(op, backward_of):
    """The op with another backward: backward_of(right backward, *arguments) -> wrong backward."""
    def planted(*arguments):
        y, backward = op(*arguments)
        return y, backward_of(backward, *arguments)
    return planted


def _no_clip(monkeypatch):
    wrong = _with_backward(straight_through.binarise_activations_ste, lambda backward, a: lambda dy: dy)
    monkeypatch.setattr(straight_through, "binarise_activations_ste", wrong)


def _mask_of_binarised(monkeypatch):
    wrong = _with_backward(straight_through.binarise_activations_ste,
                           lambda backward, a: lambda dy: dy * (np.abs(np.sign(a)) <= 0.5))
    monkeypatch.setattr(straight_through, "binarise_activations_ste", wrong)


def _clipped_weights(monkeypatch):
    wrong = _with_backward(straight_through.binarise_weights_ste,
                           lambda backward, v: lambda dy: dy * (np.abs(v) <= 0.5))
    monkeypatch.setattr(straight_through, "binarise_weights_ste", wrong)


def _missing_root_n(monkeypatch):
    wrong = _with_backward(weight_norm.binary_scale, lambda backward, gain, n: lambda d_alpha: d_alpha)
    monkeypatch.setattr(convolutions, "binary_scale", wrong)


def _missing_norm_gradient(monkeypatch):
    def backward_of(backward, v, gain):
        return lambda dw: (gain / np.sqrt((v * v).sum(axis=(0, 1, 2))) * dw, backward(dw)[1])
    monkeypatch.setattr(convolutions, "weight_norm", _with_backward(weight_norm.weight_norm, backward_of))


def _kernel_not_turned(monkeypatch):
    monkeypatch.setattr(convolution, "_turned", lambda w, stride: w.swapaxes(2, 3))


def _stride_offset(monkeypatch):
    right = convolution.Frame.adjoint

    def wrong(shape, K, stride, padding):
        frame = right(shape, K, stride, padding)
        return frame._replace(offset=frame.offset + (stride > 1))
    monkeypatch.setattr(convolution.Frame, "adjoint", staticmethod(wrong))


def _free_bits_ignored(monkeypatch):
    def backward_of(backward, elbo, kl_min):
        return lambda d_loss=1.0: (backward(d_loss)[0], np.full(elbo.kl.shape, d_loss / len(elbo.kl)))
    monkeypatch.setattr(bound, "free_bits_loss", _with_backward(bound.free_bits_loss, backward_of))


def _kl_sign(monkeypatch):
    wrong = _with_backward(logistic.one_sample_kl,
                           lambda backward, *a: lambda d: tuple(-part for part in backward(d)))
    monkeypatch.setattr("minibnn.resnet_vae.ladder.one_sample_kl", wrong)


def _no_gradient_through_the_sample(monkeypatch):
    wrong = _with_backward(logistic.logistic_sample, lambda backward, *a: lambda dz: tuple(0 * d for d in backward(dz)))
    monkeypatch.setattr("minibnn.resnet_vae.ladder.logistic_sample", wrong)


def _elu_without_its_negative_side(monkeypatch):
    wrong = _with_backward(ops.elu, lambda backward, x: lambda dy: dy * (x > 0))
    monkeypatch.setattr("minibnn.blocks.residual_blocks.elu", wrong)


def _residual_without_its_shortcut(monkeypatch):
    from minibnn.blocks import residual_blocks

    def planted(x, branch):
        h, backward = branch(x)
        return x + h, backward
    monkeypatch.setattr(residual_blocks, "residual", planted)


def _layer_norm_without_its_mean(monkeypatch):
    wrong = _with_backward(ops.layer_norm, lambda backward, x, g, b: lambda dy: (
        dy * g / np.sqrt(x.var(axis=-1, keepdims=True) + 1e-5), *backward(dy)[1:]))
    monkeypatch.setattr(gated_block, "layer_norm", wrong)


def _mixture_slope_ignored(monkeypatch):
    wrong = _with_backward(mixture.mixture_logit, lambda backward, *a: lambda dy, d_log_slope:
                           backward(dy, 0 * d_log_slope))
    monkeypatch.setattr(coupling, "mixture_logit", wrong)


def _mixture_tails_exchanged(monkeypatch):
    wrong = _with_backward(mixture.mixture_logit, lambda backward, *a: lambda dy, d_log_slope:
                           backward(-dy, d_log_slope))
    monkeypatch.setattr(coupling, "mixture_logit", wrong)


def _affine_log_scale_ignored(monkeypatch):
    wrong = _with_backward(coupling.affine, lambda backward, *a: lambda dy: (backward(dy)[0], 0 * dy, dy))
    monkeypatch.setattr(coupling, "affine", wrong)


def _log_det_of_w_forgotten(monkeypatch):
    _plant_in_call(monkeypatch, invertible_conv.InvertibleConv, lambda backward: lambda dy, d: backward(dy, 0 * d))


def _norm_gain_shortened(monkeypatch):
    right = elementwise.ElementwiseNorm._accumulate
    monkeypatch.setattr(elementwise.ElementwiseNorm, "_accumulate",
                        lambda self, d_gain, d_bias: right(self, 0.9 * d_gain, d_bias))


def _base_density_forgotten(monkeypatch):
    wrong = _with_backward(bijection.standard_normal, lambda backward, x: lambda d: 0 * x)
    monkeypatch.setattr("minibnn.flowpp.model.standard_normal", wrong)


def _context_gets_nothing(monkeypatch):
    monkeypatch.setattr(gated_block.GatedBlock, "_branch", _branch_without_context_gradient)


def _branch_without_context_gradient(self, x, initialise, context, keep):
    frozen = context and gated_block.Parameter(context.value)
    return _RIGHT_BRANCH(self, x, initialise, frozen, keep)


def _channels_rolled_in_the_backward(monkeypatch):
    _plant_in_call(monkeypatch, coupling.Coupling,
                   lambda backward: lambda dy, d: np.roll(backward(dy, d), 1, axis=-1))


def _plant_in_call(monkeypatch, bijection_class, backward_of):
    right = bijection_class.__call__

    def wrong(self, *arguments):
        y, backward = right(self, *arguments)
        return y, backward_of(backward)
    monkeypatch.setattr(bijection_class, "__call__", wrong)


def _tanh_of_the_conditioner_ignored(monkeypatch):
    monkeypatch.setattr(conditioner, "tanh", _with_backward(ops.tanh, lambda backward, x: lambda dy: dy))


_RIGHT_BRANCH = gated_block.GatedBlock._branch


PLANTED = [
    (_no_clip, "block (b)"), (_no_clip, "ResNet VAE 1/1"), (_mask_of_binarised, "block (b)"),
    (_clipped_weights, "BinaryConv"), (_missing_root_n, "BinaryConv"), (_missing_root_n, "ResNet VAE 1/32"),
    (_missing_norm_gradient, "WeightNormConv"), (_missing_norm_gradient, "ResNet VAE 32/32"),
    (_kernel_not_turned, "conv2d"), (_stride_offset, "conv2d, stride 2"), (_free_bits_ignored, "free_bits_loss"),
    (_free_bits_ignored, "ResNet VAE 1/32"), (_kl_sign, "ResNet VAE 32/32"),
    (_no_gradient_through_the_sample, "ResNet VAE 32/32"), (_elu_without_its_negative_side, "block (a)"),
    (_residual_without_its_shortcut, "block (b)"),
    (_layer_norm_without_its_mean, "block (c)"), (_layer_norm_without_its_mean, "Coupling 1/1"),
    (_no_clip, "block (d)"), (_no_clip, "Coupling 1/1"), (_missing_root_n, "Coupling 1/32"),
    (_mixture_slope_ignored, "Coupling 32/32"), (_mixture_tails_exchanged, "Coupling 1/1, inverse"),
    (_mixture_slope_ignored, "Flow++, no residual blocks"), (_affine_log_scale_ignored, "Coupling 32/32"),
    (_log_det_of_w_forgotten, "InvertibleConv"), (_norm_gain_shortened, "ElementwiseNorm"),
    (_base_density_forgotten, "Flow++, no residual blocks"), (_context_gets_nothing, "dequantiser 32/32"),
    (_context_gets_nothing, "block (d)"), (_channels_rolled_in_the_backward, "Coupling 32/32"),
    (_tanh_of_the_conditioner_ignored, "Flow++, no residual blocks")]


@pytest.mark.parametrize("plant, check", [pytest.param(plant, check, marks=[pytest.mark.slow] * (check in WHOLE))
                                          for plant, check in PLANTED])
def test_a_planted_bug_is_caught(monkeypatch, plant, check):
    plant(monkeypatch)
    [result] = suite.run_checks([check])
    assert not result.ok
    assert result.error > 1e-3 or "the hand-written gradient is zero, the difference is not" in result.message


def _run(monkeypatch, errors_of):
    monkeypatch.setattr(suite, "CHECKS", {"planted": ("1", errors_of)})
    [result] = suite.run_checks()
    return result


@pytest.mark.parametrize("errors, largest", [([1e-9] * 9 + [2e-6], 2e-6), ([np.nan, 1e-9], np.nan), ([1e-9, np.nan],
                                                                                                     np.nan)])
def test_the_largest_error_counts_and_nan_is_no_pass(monkeypatch, errors, largest):
    result = _run(monkeypatch, lambda rng: errors)
    np.testing.assert_equal(result.error, largest)
    assert not result.ok and f"most for array {errors.index(largest)}" in result.message


def _returns(gradient):
    return lambda rng: gradient_errors(lambda x: (x * x, lambda dy: gradient), np.ones(3), rng=rng)


@pytest.mark.parametrize("errors_of, message", [
    (_returns(np.zeros(3)), "gradient_errors: array 0: the hand-written gradient is zero, the difference is not"),
    (_returns(0.0), "gradient_errors: wanted gradients of shapes [(3,)], got [()]"),
    (lambda rng: 1 / 0, "ZeroDivisionError: division by zero (test_suite.py, line "),
    (lambda rng: [], "ValueError: ")])
def test_a_check_that_cannot_be_made_is_explained_and_the_rest_runs(monkeypatch, errors_of, message):
    monkeypatch.setattr(suite, "CHECKS", {"first": ("1", errors_of), "last": ("2", lambda rng: [0.0])})
    first, last = suite.run_checks()
    assert not first.ok and np.isnan(first.error) and first.message.startswith(message)
    assert last == ("last", "2", 0.0, 1e-6, True, "")


def test_an_interruption_is_not_a_result(monkeypatch):
    def interrupted(rng):
        raise KeyboardInterrupt
    with pytest.raises(KeyboardInterrupt):
        _run(monkeypatch, interrupted)


def test_the_last_line_counts_and_names_the_worst():
    def result(name, error, message=""):
        return suite.Result(name, "1", error, 1e-6, not message, message)
    results = [result("a", 1e-9), result("b", 0.5, "wrong"), result("c", np.nan, "raises"), result("d", 1e-8)]
    assert suite.last_line(results) == "4 checks, 2 not ok, the largest error 5.0e-01: b"
    assert suite.last_line(results[2:3]) == "1 checks, 1 not ok, none with an error to compare"
