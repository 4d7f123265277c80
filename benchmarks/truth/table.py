"""The benchmark's tables and bars, from the scores of every picture by every method."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from support.pictures import WITH_HAIR
from support.score import METRICS

LOWER_IS_BETTER = ("flip",)
DIGITS = {"ssim": 3, "flip": 3}
PEER, BOUND, BEST, EXACT = "best peer", "bound", "best", "exact"


@dataclass(frozen=True)
class Scored:
    """One picture's scores.

    Attributes
    ----------
    name : str
        scene/config.
    noise_db : float
    ours : dict
        Metrics by column: what was given.
    peers : dict
        Metrics by method, by column.
    bound : dict
        Metrics of the oracle; empty when there is none.
    fast_to_best_db : float
        PSNR between quality fast and quality best, both from exact depth and matte; nan when it was not asked for.
    """

    name: str
    noise_db: float
    ours: dict[str, dict[str, float]]
    peers: dict[str, dict[str, dict[str, float]]]
    bound: dict[str, float]
    fast_to_best_db: float = math.nan

    @property
    def hair(self) -> bool:
        """Whether the scene holds hair."""
        return self.name.split("/")[0] in WITH_HAIR

    def best_peer(self, metric: str, column: str = EXACT) -> tuple[float, str]:
        """Return the best figure of any peer that was given a column's maps, and whose it is."""
        sign = -1.0 if metric in LOWER_IS_BETTER else 1.0
        of = self.peers.get(column, {})
        known = [(sign * q[metric], name) for name, q in of.items() if math.isfinite(q.get(metric, math.nan))]
        best, name = max(known, default=(math.nan, "-"))
        return sign * best, name

    def figure(self, method: str, metric: str) -> float:
        """One figure of a column, a peer, the best peer, or the bound; peers as `peer_given` names them."""
        if method == BOUND:
            return self.bound.get(metric, math.nan)
        for column, of in self.peers.items():
            if method == peer_given(PEER, column):
                return self.best_peer(metric, column)[0]
            for name, scores in of.items():
                if method == peer_given(name, column):
                    return scores.get(metric, math.nan)
        return self.ours.get(method, {}).get(metric, math.nan)


def peer_given(name: str, column: str) -> str:
    """Name a peer by what it was given: exact maps go without saying."""
    return name if column == EXACT else f"{name}, {column}"


def row(scored: Scored, columns: Sequence[str]) -> list[str]:
    """One picture's row: PSNR of the columns, the best peers and their names, bound, fast to best, noise floor."""
    figures = [_db(scored.figure(column, "psnr")) for column in columns]
    for column in scored.peers or (EXACT,):
        best, by = scored.best_peer("psnr", column)
        figures += [_db(best), by]
    alike = [_db(scored.fast_to_best_db)] if BEST in columns else []
    return [scored.name, *figures, _db(scored.figure(BOUND, "psnr")), *alike, f"{scored.noise_db:.1f}"]


def row_heading(columns: Sequence[str], peers: Sequence[str] = (EXACT,)) -> list[str]:
    """Return the headings of `row`, for peers that were given these."""
    others = [word for column in peers or (EXACT,) for word in (peer_given(PEER, column), "by")]
    return ["PSNR, dB", *columns, *others, BOUND, *(["fast to best"] if BEST in columns else []), "noise"]


def means(all_scored: Sequence[Scored]) -> list[list[str]]:
    """Return a table of the means over the set, every method by every metric; the first row is the heading."""
    peers = all_scored[0].peers
    others = [peer_given(name, column) for column, of in peers.items() for name in (*of, PEER)]
    lines = [["mean", *METRICS]]
    for method in (*all_scored[0].ours, *others, BOUND):
        figures = [mean(all_scored, method, metric) for metric in METRICS]
        lines.append([method, *(f"{v:.{DIGITS.get(m, 2)}f}" for v, m in zip(figures, METRICS, strict=True))])
    return lines


def mean(some: Iterable[Scored], method: str, metric: str) -> float:
    """Mean of one figure over the pictures that have it; nan when none does."""
    figures = [v for v in (scored.figure(method, metric) for scored in some) if math.isfinite(v)]
    return float(np.mean(figures)) if figures else math.nan


def bars(all_scored: Sequence[Scored]) -> list[tuple[str, bool]]:
    """Say what must hold, and whether it does; what was not rendered is left out."""
    found: list[tuple[str, bool]] = []

    def ahead(method: str, other: str, metric: str = "psnr", some: Sequence[Scored] = all_scored) -> float:
        """Mean lead over the pictures that have both figures."""
        leads = [scored.figure(method, metric) - scored.figure(other, metric) for scored in some]
        leads = [lead for lead in leads if math.isfinite(lead)]
        return float(np.mean(leads)) if leads else math.nan

    def bar(words: str, figure: float, least: float) -> None:
        if math.isfinite(figure):
            found.append((f"{words}: {figure:+.2f} dB, at least {least:+.1f}", figure >= least))

    for metric, least in (("psnr", 3.3), ("edge", 3.5), ("hl", 5.5), ("hdr", 5.0)):
        bar(f"exact ahead of the best peer, {metric}", ahead("exact", PEER, metric), least)
    bar("exact against the bound", ahead("exact", BOUND), -2.4)
    if EXACT in all_scored[0].peers and "exact" in all_scored[0].ours:
        below = [s.name for s in all_scored if s.figure("exact", "psnr") < s.figure(PEER, "psnr")]
        found.append((f"exact below the best peer nowhere: {', '.join(below) or 'nowhere'}", not below))
    bar("phone against exact", ahead("phone", "exact"), -2.0)
    bar("phone ahead of the best peer, which has exact depth", ahead("phone", PEER), 0.0)
    for phone in (column for column in all_scored[0].peers if column != EXACT):
        bar(f"{phone} ahead of the best peer given the same maps", ahead(phone, peer_given(PEER, phone)), 2.5)
    bar("nomatte against exact", ahead("nomatte", "exact"), -1.5)
    for words, hair in (("with hair", True), ("without hair", False)):
        of_these = [scored for scored in all_scored if scored.hair is hair]
        bar(f"  of these, scenes {words}", ahead("nomatte", "exact", some=of_these), -1.5)
    return found


def _db(value: float) -> str:
    return f"{value:.2f}" if math.isfinite(value) else "-"
