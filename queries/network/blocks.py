"""What holds a network together, brought up to date tie by tie."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray
from tertius.queries.network.roles import Cuts
from tertius.queries.network.tie_network import TieNetwork


class Blocks:
    """Articulation points, bridges, blocks and components, to which ties come.

    Blocks and the rows that several of them share form a tree in each component: a row hangs in a block, the
    block at its top row, that row in another block. A tie between two rows makes one block of all on the
    way between them.

    Args:
        ties: The network with all its new ties.
        cuts: Arrays to be written to; new rows, the last ones, are in none.
        known: How many rows are not new.
    """

    def __init__(self, ties: TieNetwork, cuts: Cuts, known: int) -> None:
        self._ties, self._cuts = ties, cuts
        self._rows: list[NDArray[np.int64]] = []
        self._bridges: list[int] = []
        self.cuts: Final = cuts
        for values in (cuts.block, cuts.top):
            values[known:] = -1
        cuts.component[known:] = np.arange(known, cuts.component.size)
        self._met = np.arange(cuts.block.size) < known

    @property
    def rows(self) -> NDArray[np.int64]:
        """Rows of which something may have changed."""
        return np.unique(np.concatenate([*self._rows, np.empty(0, np.int64)]))

    @property
    def ties(self) -> NDArray[np.int64]:
        """Ties that became bridges or ceased to be."""
        return np.array(sorted(set(self._bridges)), dtype=np.int64)

    def join(self, tie: int) -> bool:
        """Take a new tie in; all smaller ones must be in already.

        Costs some passes over the rows, and the way through the tree.

        Returns:
            Whether it could be; not between two components, of which one would have to be turned round.
        """
        one, other = int(self._ties.low[tie]), int(self._ties.high[tie])
        if self._met[one] and self._met[other]:
            if self._cuts.component[one] != self._cuts.component[other]:
                return False
            self._merge(one, other)
        else:
            self._hang(tie, *((other, one) if self._met[other] else (one, other)))
        return True

    def _hang(self, tie: int, top: int, row: int) -> None:
        """Hang a row that had no tie at another, in a block of the two."""
        cuts = self._cuts
        self._met[[top, row]] = True
        cuts.block[row], cuts.top[row] = row, top
        cuts.component[row] = cuts.component[top]
        cuts.bridge[tie] = True
        self._bridges.append(tie)
        self._settle([top, row])

    def _merge(self, one: int, other: int) -> None:
        """Make one block of those on the way between two rows."""
        cuts = self._cuts
        ways = self._up(one), self._up(other)
        met = set(ways[0]) & set(ways[1])
        parts = [way[: next(at for at, step in enumerate(way) if step in met) + 1] for way in ways]
        last = parts[0][-1]
        labels = sorted({label for part in parts for is_block, label in part if is_block})
        top = int(cuts.top[last[1]]) if last[0] else last[1]
        hanging = np.flatnonzero(np.isin(cuts.block, labels))
        owner = cuts.block[hanging]
        names, sizes = np.unique(owner, return_counts=True)
        # A block in which one row hangs is one tie.
        alone = hanging[np.isin(owner, names[sizes == 1])].tolist()
        through = [self._tie(row, int(cuts.top[row])) for row in alone]
        name = int(names[np.argmax(sizes)])
        changed = hanging[(owner != name) | (cuts.top[hanging] != top)]
        cuts.block[changed], cuts.top[changed] = name, top
        cuts.bridge[through] = False
        self._bridges += through
        self._rows.append(changed)
        self._settle([row for part in parts for is_block, row in part if not is_block])

    def _up(self, row: int) -> list[tuple[bool, int]]:
        """Return the way from a row to its component's root: rows, and between them blocks (true)."""
        way = [(False, row)]
        while (label := int(self._cuts.block[row])) >= 0:
            row = int(self._cuts.top[row])
            way += [(True, label), (False, row)]
        return way

    def _settle(self, rows: list[int]) -> None:
        """Tell of some rows whether they lie in two blocks or more."""
        cuts, chosen = self._cuts, np.unique(np.array(rows, dtype=np.int64))
        below = np.flatnonzero(np.isin(cuts.top, chosen))
        tops, _ = np.unique(np.stack([cuts.top[below], cuts.block[below]]), axis=1)
        blocks = np.bincount(np.searchsorted(chosen, tops), minlength=chosen.size)
        cuts.articulation[chosen] = blocks + (cuts.block[chosen] >= 0) > 1
        self._rows.append(chosen)

    def _tie(self, row: int, partner: int) -> int:
        ties = self._ties
        slots = slice(int(ties.offsets[row]), int(ties.offsets[row + 1]))
        return int(ties.slot_tie[slots][np.searchsorted(ties.partner[slots], partner)])
