"""The pen of the matrix figure: axes made square, and what is written and drawn beside them.

Everything is in points from the lower left corner of the matrix.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .canvas import INK, type_face
from .planning import Plan

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["Pen"]


class Pen:
    """Axes made square to the plan, and what is written and drawn beside them, in points."""

    def __init__(self, ax: Axes, plan: Plan, width: float, height: float) -> None:
        from matplotlib.transforms import Affine2D

        self.ax, self.plan, n = ax, plan, len(plan.order)
        box = ax.get_position()
        across, down = box.width / width, box.height / height
        bottom = height - plan.height + plan.foot
        ax.set_position(
            (
                box.x0 + plan.left * across,
                box.y0 + bottom * down,
                plan.side * across,
                plan.side * down,
            )
        )
        ax.set(xlim=(-0.5, n - 0.5), ylim=(n - 0.5, -0.5), xticks=[], yticks=[])
        ax.set_aspect("auto")
        for spine in ax.spines.values():
            spine.set(linewidth=0.4, color=INK, zorder=2.3)
        self.points = Affine2D().scale(1 / plan.side) + ax.transAxes

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float,
        gid: str,
        *,
        ha: str = "center",
        va: str = "center",
        turn: bool = False,
        weight: str = "normal",
        ink: str = INK,
    ) -> None:
        """Write one line of text at a point."""
        self.ax.text(
            x,
            y,
            text,
            transform=self.points,
            fontproperties=type_face(size, weight, text),
            color=ink,
            ha=ha,
            va=va,
            rotation=90 if turn else 0,
            rotation_mode="default",
            gid=gid,
            clip_on=False,
            parse_math=False,
            usetex=False,
        )

    def fill(self, x: float, y: float, width: float, height: float, paint: str, gid: str) -> None:
        """Paint a rectangle beside the matrix."""
        from matplotlib.patches import Rectangle

        shape = Rectangle((x, y), width, height, facecolor=paint, edgecolor="none", linewidth=0)
        shape.set(transform=self.points, clip_on=False, gid=gid)
        self.ax.add_artist(shape)

    def line(self, x: list[float], y: list[float], gid: str, ink: str, width: float) -> None:
        """Draw a line beside the matrix."""
        from matplotlib.lines import Line2D

        line = Line2D(x, y, color=ink, linewidth=width, solid_capstyle="butt")
        line.set(transform=self.points, clip_on=False, gid=gid)
        self.ax.add_artist(line)
