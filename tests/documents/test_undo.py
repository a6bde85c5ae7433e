"""undo(do(x)) == x, and redo(undo(do(x))) == do(x), for every action of a session in any order."""

from collections.abc import Iterator

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from editgan_widgets.documents.session import EditSession, SessionError
from editgan_widgets.latent.directions.edit_vector import EditVector
from editgan_widgets.latent.optimize import EditStep
from editgan_widgets.latent.terms.drag import DragError, DragPoint
from editgan_widgets.masks import part_operations as ops
from editgan_widgets.masks.strokes import Stroke, StrokeError

NUMBERS = st.floats(0, 32, width=16)
ACTIONS = st.one_of(
    st.tuples(st.just("paint"), st.lists(st.tuples(NUMBERS, NUMBERS), min_size=1, max_size=4), st.integers(0, 3)),
    st.tuples(st.just("grow"), st.integers(0, 3), st.sampled_from([1, 2.5])),
    st.tuples(st.just("vector"), st.floats(-2, 2, width=16)),
    st.tuples(st.just("edit"), st.integers(1, 3), st.booleans()),
    st.tuples(st.just("drag"), NUMBERS, NUMBERS, NUMBERS, NUMBERS, st.booleans()),
    st.tuples(st.just("strength"), st.sampled_from([0, 0.5, 1, 2])),
    st.tuples(st.just("adopt")),
    st.tuples(st.just("visit"), st.integers(0, 9)),
)


def run(steps: Iterator[EditStep], stopped: bool) -> None:
    """Run an optimisation to its end, or stop it after one step."""
    for _ in steps:
        if stopped:
            break
    steps.close()  # type: ignore[attr-defined]


def done(session: EditSession, action: tuple) -> None:
    """Do one action, unless the session refuses it in its present state."""
    kind, *given_values = action
    model = session.model
    try:
        if kind == "paint":
            points, label = given_values
            session.paint(Stroke(points, 3, label))
        elif kind == "grow":
            part, by = given_values
            session.set_label_map(ops.grow(part, by)(session.label_map, model.labels))
        elif kind == "vector":
            delta = torch.linspace(-1, 1, session.w_plus[0].numel()).reshape(session.w_plus[0].shape)
            session.apply_vector(EditVector("push", delta, (), {"fingerprint": model.fingerprint}), given_values[0])
        elif kind == "edit":
            steps, stopped = given_values
            run(session.edit(steps), stopped)
        elif kind == "drag":
            x, y, to_x, to_y, stopped = given_values
            run(session.drag([DragPoint((x, y), (to_x, to_y))], steps=2), stopped)
        elif kind == "strength":
            session.set_strength(given_values[0])
        elif kind == "adopt":
            session.adopt_prediction()
        else:
            session.visit(sorted(session.history.entries)[given_values[0] % len(session.history.entries)])
    except (SessionError, StrokeError, DragError):
        pass


def state(session: EditSession) -> dict[str, np.ndarray]:
    """Everything that undo must restore."""
    return {
        "label map": session.label_map.copy(),
        "image": session.image.copy(),
        "latent": session.w_plus.numpy().copy(),
        "settled": session.settled_label_map.copy(),
        "painted": session.painted.copy(),
        "predicted": session.predicted_label_map.copy(),
        "can edit": np.array(session.can_edit),
        "strength": np.array([session.strength is None, session.strength or 0.0]),
    }


def assert_same(found: dict[str, np.ndarray], expected: dict[str, np.ndarray]) -> None:
    assert [name for name, value in expected.items() if not np.array_equal(found[name], value)] == []


@pytest.mark.slow
@settings(max_examples=25)
@given(actions=st.lists(ACTIONS, min_size=1, max_size=6))
def test_undo_reverts_each_action_and_redo_repeats_it(tiny_model, actions):
    session = EditSession.from_seed(tiny_model, seed=3)
    for action in actions:
        before, entries = state(session), set(session.history.entries)
        done(session, action)
        if set(session.history.entries) == entries:
            continue  # it changed nothing, or only moved within the history
        after = state(session)
        session.undo()
        assert_same(state(session), before)
        session.redo()
        assert_same(state(session), after)


@pytest.mark.slow
@settings(max_examples=15)
@given(actions=st.lists(ACTIONS, min_size=2, max_size=6), order=st.randoms(use_true_random=False))
def test_every_history_entry_is_unchanged_in_any_order_of_visits(tiny_model, actions, order):
    session = EditSession.from_seed(tiny_model, seed=4)
    seen = {session.history.entry.id: state(session)}
    for action in actions:
        done(session, action)
        seen.setdefault(session.history.entry.id, state(session))
    for entry in order.sample(sorted(seen), len(seen)):
        session.visit(entry)
        assert_same(state(session), seen[entry])
    while session.can_undo:
        session.undo()
    assert_same(state(session), seen[0])
