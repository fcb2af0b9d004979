"""A run's losses as curves, a panel for each stage."""

import json
from pathlib import Path

from matplotlib.figure import Figure

NOT_LOSSES = ("step", "seconds", "rate", "gradient_norm")
HIDDEN = ("_right",)  # shares of right answers, which are not losses
MOST = 6  # curves of a panel
COLUMNS = 3


def read_log(path: Path) -> list[dict[str, float]]:
    """A stage's log; of a step that was taken again after an interruption, the last row."""
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return list({row["step"]: row for row in rows}.values())


def curves(logs: dict[str, list[dict[str, float]]]) -> Figure:
    """The losses of each stage's log over its steps, on a logarithmic scale."""
    columns = min(len(logs), COLUMNS)
    lines = -(-len(logs) // columns)
    figure = Figure(figsize=(5.2 * columns, 3.4 * lines), layout="constrained")
    for place, (stage, rows) in enumerate(logs.items(), 1):
        axes = figure.add_subplot(lines, columns, place)
        names = sorted({key for row in rows for key in row if key not in NOT_LOSSES and not key.endswith(HIDDEN)})
        for name in names[:MOST]:
            points = [(row["step"], row[name]) for row in rows if row.get(name, 0) > 0]
            axes.plot(*zip(*points, strict=True) if points else ([], []), label=name, linewidth=1)
        axes.set(title=stage, xlabel="step", yscale="log")
        axes.legend(fontsize="small", frameon=False)
    return figure
