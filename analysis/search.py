"""A search for the minimum of a smooth function from its value and gradient."""

from collections.abc import Callable

import numpy as np

from analysis.data import Floats
from analysis.errors import NotComputable

_STEPS = 500
_HALVINGS = 40
_STANDSTILL = 1e-15  # a step that lowers the value by less than this share of it
_ROUNDING = 1e-9  # the same where the value cannot be computed more exactly
_SINGULAR = 1e-12  # smallest eigenvalue, as a share of the largest, of a determined model
_SLOPE = 1e-4  # share of the promised descent that a step must keep

Function = Callable[[Floats], tuple[float, Floats]]


def minimise(function: Function, start: Floats, curvature: Floats) -> Floats:
    """Return where a function is least, by BFGS with steps that are halved until it falls.

    Parameters
    ----------
    function
        Returns value and gradient `(q,)` at a point; the value may be infinite.
    start
        Where to begin, `(q,)`; the value is finite there.
    curvature
        About the second derivatives there, `(q, q)`; positive definite.

    Raises
    ------
    NotComputable
        If the curvature is singular, or no minimum is found in 500 steps.

    References
    ----------
    Nocedal & Wright (2006), Numerical Optimization, chapters 3 and 6.
    """
    inverse = inverse_of(curvature)
    point = start
    value, gradient = function(point)
    for _ in range(_STEPS):
        step = -inverse @ gradient
        descent = float(gradient @ step)
        scale = 1 + abs(value)
        if -descent < _STANDSTILL * scale:
            return point
        for halvings in range(_HALVINGS):
            reached = point + step / 2**halvings
            found, slope = function(reached)
            if found <= value + _SLOPE * descent / 2**halvings:
                break
        else:
            if -descent < _ROUNDING * scale:
                return point
            break
        inverse = _updated(inverse, reached - point, slope - gradient)
        point, value, gradient = reached, found, slope
    raise NotComputable("the model did not converge")


def inverse_of(matrix: Floats) -> Floats:
    """Invert a positive definite matrix `(q, q)`.

    Raises
    ------
    NotComputable
        If it is not: the data do not determine some parameter.
    """
    scale = np.sqrt(np.clip(matrix.diagonal(), 1e-300, None))
    values, vectors = np.linalg.eigh(matrix / np.outer(scale, scale))
    if not values[0] > _SINGULAR * values[-1]:
        raise NotComputable("the model is not identified by these data")
    turned = vectors / scale[:, None]
    inverse: Floats = (turned / values) @ turned.T
    return inverse


def _updated(inverse: Floats, step: Floats, bend: Floats) -> Floats:
    """Return the inverse curvature after the gradient changed by `bend` over `step`."""
    along = float(step @ bend)
    if along <= 1e-12 * float(np.linalg.norm(step) * np.linalg.norm(bend)):
        return inverse
    moved = inverse @ bend
    spread = np.outer(step, moved) / along
    stretch = (1 + float(bend @ moved) / along) * np.outer(step, step) / along
    found: Floats = inverse - spread - spread.T + stretch
    return found
