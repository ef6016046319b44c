"""The command review: undecided pairs, one after the other, a key for each verdict."""

from __future__ import annotations

import getpass
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Final

import typer
from tertius.api.cli_link import ByOption, load, tell
from tertius.api.cli_support import DataOption, Mistake, QuietOption, complain, opened, settings
from tertius.api.keys import Keys, keys
from tertius.api.reviewing import Journal
from tertius.loaders import LoadJob
from tertius.queries.judgements import Verdict
from tertius.queries.linking import Linking, Listed, Said

_VERDICTS: Final = {"s": Verdict.SAME, "d": Verdict.DIFFERENT, "u": Verdict.UNDECIDED}
_INTERRUPTED: Final = 130
_HELP: Final = "s same   d different   u undecided   k skip   z undo   q quit"


def register(app: typer.Typer) -> None:
    """Add the command."""
    app.command()(review)


@dataclass(frozen=True, slots=True)
class _Shown:
    """A pair to show."""

    left: Listed
    right: Listed
    said: Said
    reasons: tuple[str, ...]

    @property
    def pair(self) -> frozenset[str]:
        return frozenset((self.left.key, self.right.key))


def review(
    *,
    by: ByOption = None,
    same: Annotated[
        bool,
        typer.Option(
            "--same", help="Look through what the machine judged the same, the least certain first."
        ),
    ] = False,
    limit: Annotated[int, typer.Option("--limit", min=1, help="Most pairs to show.")] = 1000,
    data: DataOption = None,
    quiet: QuietOption = False,
) -> None:
    """Judge pairs that the machine left undecided, the likeliest first; one key for each.

    Every verdict is on disk before the next pair is shown. Quitting publishes what was said as one snapshot;
    what an interruption leaves is published when the same person reviews again.
    """
    chosen = settings(data)
    name = by or getpass.getuser()
    with opened(data) as services:
        pairs = _pairs(services.view().snapshot.search_path, same=same, limit=limit)
    try:
        journal = Journal(chosen.data, name)
    except ValueError as error:
        raise Mistake(str(error)) from None
    with journal:
        if journal.judgements:
            typer.echo(f"{len(journal.judgements):,} verdicts of an earlier review are published at the end")
        before = {frozenset(one.pair) for one in journal.judgements}
        left = [one for one in pairs if one.pair not in before]
        if not left and not journal.judgements:
            typer.echo("there is nothing to review: `tertius link` finds pairs")
            return
        if left:
            try:
                with keys() as pressed:
                    _ask(left, journal, pressed)
            except KeyboardInterrupt:
                complain("interrupted; what was said is kept, and published when you review again")
                raise typer.Exit(_INTERRUPTED) from None
        if not journal.judgements:
            typer.echo("nothing was judged")
            return
        job = LoadJob.judged(chosen.data, journal.judgements, base=chosen.base, keep=chosen.keep_snapshots)
        report = load(job, quiet=quiet)
        journal.clear()
    tell(report, as_json=False, quiet=quiet)


def _pairs(search_path: Path, *, same: bool, limit: int) -> list[_Shown]:
    linking = Linking(search_path)
    try:
        found: list[_Shown] = []
        for left, right, said in linking.machine_same() if same else linking.undecided():
            one, other = linking.record(left), linking.record(right)
            # A source may have gone since the pair was judged, and judgements may have joined the two.
            if one is None or other is None or (one.stands == other.stands and not same):
                continue
            found.append(_Shown(one, other, said, linking.reasons(left, right)))
            if len(found) == limit:
                break
        return found
    finally:
        linking.close()


def _ask(pairs: Sequence[_Shown], journal: Journal, pressed: Keys) -> None:
    """Show pair after pair until there are no more, or the person has had enough."""
    places: list[int] = []
    place = 0
    while place < len(pairs):
        _show(place, pairs)
        key = pressed.read()
        while key not in {*_VERDICTS, "k", "z", "q"}:
            typer.echo(_HELP)
            key = pressed.read()
        if key == "q":
            return
        if key == "z":
            gone = journal.undo() if places else None
            if gone is None:
                typer.echo("there is nothing to undo")
            else:
                place = places.pop()
                typer.echo("undone")
            continue
        if key in _VERDICTS:
            one = pairs[place]
            journal.add(one.left.key, one.right.key, _VERDICTS[key])
            places.append(place)
            typer.echo(_VERDICTS[key].value)
        place += 1


def _show(place: int, pairs: Sequence[_Shown]) -> None:
    one = pairs[place]
    score = "" if one.said.score is None else f", score {one.said.score:.2f}"
    typer.echo(f"\n{place + 1} of {len(pairs)}{score}")
    for record in (one.left, one.right):
        described = record.described
        known = [described.country, described.city, described.website]
        known += [":".join(identifier) for identifier in described.identifiers[:4]]
        typer.echo(f"  {_plain(described.name)}")
        more = "  ".join(_plain(text) for text in known if text)
        if more:
            typer.echo(f"      {more}")
        if described.other_names:
            typer.echo(f"      also {_plain('; '.join(described.other_names[:4]))}")
    for reason in one.reasons:
        typer.echo(f"  - {_plain(reason)}")
    typer.echo(_HELP)


def _plain(text: str) -> str:
    """Leave out what a terminal would act on."""
    return "".join(character for character in text if character.isprintable())[:200]
