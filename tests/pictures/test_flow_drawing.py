"""The drawings of Flow++ and of its coupling: what they show is what the model has."""

import numpy as np
import pytest

from minibnn.flowpp import FlowConfig, FlowPP
from minibnn.pictures import flow_drawing
from minibnn.pictures.drawings import MANY_BITS, ONE_BIT, PLAIN

SETTINGS = {"size": 8, "channels": 5, "blocks": 3, "mixture": 4, "couplings": (3, 1, 2), "dequantiser_couplings": 2,
            "dequantiser_blocks": 1, "context_channels": 7}
MAIN = ["logit", "split: stripes", "3 coupling steps on 8x4x6", "join", "squeeze", "split: channels",
        "1 coupling step on 4x4x12", "join", "split: stripes", "2 coupling steps on 4x2x24", "join", "unsqueeze"]


def _model(**settings):
    return FlowPP(FlowConfig(**{**SETTINGS, **settings}), np.random.default_rng(0))


def _plain(label):
    return label.replace("$\\times$", "x").replace("$\\to$", "to").replace("\n", " ")


def _labels(parts):
    return [_plain(part.label) for part in parts]


def test_the_flows_have_their_stages_in_order_and_each_its_shape():
    model = _model()
    assert _labels(flow_drawing.parts_of_flow(model.flow, (8, 8, 3))) == MAIN
    assert _labels(flow_drawing.parts_of_flow(model.dequantiser.flow, (8, 8, 3))) == [
        "split: stripes", "2 coupling steps on 8x4x6", "join", "sigmoid"]
    assert _labels(flow_drawing.parts_of_context(model.dequantiser)) == ["conv 3x3 6 to 7",
                                                                         "3 blocks as in Figure 1 (c)"]
    del model.flow.bijections[3]                                    # one coupling step of the first stage
    assert _labels(flow_drawing.parts_of_flow(model.flow, (8, 8, 3)))[2] == "2 coupling steps on 8x4x6"


def test_a_step_has_the_convolutions_of_its_conditioner():
    model = _model(couplings=(0, 0, 1))
    [step] = [f for f in model.flow.bijections if hasattr(f, "bijections")]
    assert _labels(flow_drawing.parts_of_step(step)) == [
        "affine nor- malisation", "1x1 conv of each half", "conv 3x3 12 to 5", "3 blocks as in Figure 1 (c)",
        "conv 3x3 5 to 168", "swap halves"]                         # 168 = 12 (2 + 3 * 4)


@pytest.mark.parametrize("settings, blocks, context", [
    ({}, MANY_BITS, MANY_BITS), ({"weights": 1}, ONE_BIT, MANY_BITS),
    ({"weights": 1, "activations": 1, "binary_context": True}, ONE_BIT, ONE_BIT), ({"blocks": 0}, PLAIN, MANY_BITS)])
def test_a_colour_says_how_many_bits_the_weights_have(settings, blocks, context):
    model = _model(**settings)
    step = next(f for f in model.flow.bijections if hasattr(f, "bijections"))
    colours = [part.colour for part in flow_drawing.parts_of_step(step)]
    assert colours == [MANY_BITS, MANY_BITS, MANY_BITS, blocks, MANY_BITS, PLAIN]
    of_steps = ONE_BIT if blocks == ONE_BIT else MANY_BITS
    main = flow_drawing.parts_of_flow(model.flow, (8, 8, 3))
    assert [part.colour for part in main] == [of_steps if "step" in part.label else PLAIN for part in main]
    assert [part.colour for part in flow_drawing.parts_of_context(model.dequantiser)] == [MANY_BITS, context]


@pytest.mark.parametrize("settings", [{}, {"blocks": 0, "dequantiser_blocks": 0}])
def test_every_part_is_drawn_inside_the_picture_and_once(settings):
    model = _model(**settings)
    step = next(f for f in model.flow.bijections if hasattr(f, "bijections"))
    parts = [*flow_drawing.parts_of_context(model.dequantiser),
             *flow_drawing.parts_of_flow(model.dequantiser.flow, (8, 8, 3)),
             *flow_drawing.parts_of_flow(model.flow, (8, 8, 3)), *flow_drawing.parts_of_step(step)]
    [axes] = flow_drawing.flow_figure(model.config).axes
    texts = [_plain(text.get_text()) for text in axes.texts]
    assert [text for text in texts if text in _labels(parts)] == _labels(parts)
    boxes = [box.get_window_extent() for box in axes.patches]
    assert len(boxes) == len(parts) + 1                             # Eq. (10), which is not among the parts
    assert all(0 <= box.x0 < box.x1 <= 900 and 0 <= box.y0 < box.y1 <= 650 for box in boxes)
    assert not any(one.overlaps(other) for i, one in enumerate(boxes) for other in boxes[:i])


def test_the_coupling_drawn_has_the_conditioner_of_the_model():
    [axes] = flow_drawing.coupling_figure(FlowConfig(**SETTINGS)).axes
    texts = [_plain(text.get_text()) for text in axes.texts]
    step = next(f for f in _model().flow.bijections if hasattr(f, "bijections"))
    for label in _labels(flow_drawing.parts_of_step(step))[2:5]:
        assert texts.count(label) == 1
    assert {"$t$", "$a$", "$b$", "tanh"} <= {*texts}
