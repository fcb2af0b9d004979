"""`python -m unilip study …`: make a study, run its contestants, let annotators in, export and report. Whoever can open
the database is taken for the owner of all its studies."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

# SQLAlchemy, pandas and torch take a while to import: commands import them themselves, so that --help answers at once.
if TYPE_CHECKING:
    from unilip.annotation.owner import Owner
    from unilip.annotation.sources import Contestant
    from unilip.annotation.store import Store

app = typer.Typer(help="Studies in which people compare pictures side by side.", no_args_is_help=True)

Folder = Annotated[
    Path, typer.Option("--studies", envvar="UNILIP_STUDIES", file_okay=False, help="Folder of the studies.")
]
DatabaseUrl = Annotated[
    str | None,
    typer.Option(
        "--database", envvar="UNILIP_DATABASE", help="SQLAlchemy URL of a database. [default: a file in the folder]"
    ),
]
StudyId = Annotated[str, typer.Argument(help="The study's id.")]
DEFAULT_FOLDER = Path(".unilip/studies")  # below the working directory


@contextmanager
def opened(folder: Path, database: str | None) -> Iterator["Store"]:
    """The studies; what goes wrong with them ends the program with one sentence and code 2, or 1 where the model or the
    machine is at fault."""
    from unilip.annotation.store import Store

    try:
        store = Store(folder, database)
        try:
            yield store
        finally:
            store.close()
    except (ValueError, OSError, RuntimeError) as error:
        typer.echo(f"Error: {error}", err=True)
        raise typer.Exit(2 if isinstance(error, ValueError) else 1) from error


def show_progress(done: int, total: int) -> None:
    typer.echo(f"\r{done:,} of {total:,} pictures", err=True, nl=done == total)


@app.command()
def create(
    source: Annotated[
        Path,
        typer.Argument(help="Items: a .csv or .jsonl with id and prompt, or GenEval's or ImgEdit's layout."),
    ],
    title: Annotated[str, typer.Option(help="What annotators see. [default: the source's name]")] = "",
    pictures: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME=FOLDER", help="A contestant whose pictures are in a folder; may be repeated."),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            metavar="NAME=SETTINGS",
            help='A contestant that is this app, such as "strong=guidance=7.5,steps=20"; may be repeated. '
            "Of model, steps, guidance, negative_prompt, letterbox, own_pixels.",
        ),
    ] = None,
    images: Annotated[
        Path | None, typer.Option(file_okay=False, help="Folder of the input pictures. [default: the source's own]")
    ] = None,
    seed: Annotated[int | None, typer.Option(help="Of orders and sides. [default: a new one]")] = None,
    repeats: Annotated[float, typer.Option(help="Share of an annotator's comparisons that come twice.")] = 0.05,
    overlap: Annotated[int | None, typer.Option(help="Annotators who judge each comparison. [default: all]")] = None,
    closed: Annotated[bool, typer.Option("--closed", help="Only invited annotators may join.")] = False,
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Make a study. Prints its id and its owner's token."""
    with opened(studies, database) as store:
        from unilip.annotation.sources import read_items

        items = read_items(source, images)
        entrants = contestants(pictures or [], settings or [])
        ticket = store.create(
            title or source.resolve().stem, items, entrants, seed=seed, repeats=repeats, overlap=overlap,
            open=not closed, progress=show_progress,
        )  # fmt: skip
        typer.echo(f"study {ticket.study}\nowner's token {ticket.token}")
        if settings:
            typer.echo(f"Next: python -m unilip study run {ticket.study}", err=True)


@app.command()
def example(studies: Folder = DEFAULT_FOLDER, database: DatabaseUrl = None) -> None:
    """Make a small study to try: two guidance settings of the embedded model over 30 edits. Run it next."""
    with opened(studies, database) as store:
        from unilip.annotation.example import make_example

        ticket = make_example(store)
        typer.echo(f"study {ticket.study}\nowner's token {ticket.token}")


def contestants(pictures: list[str], settings: list[str]) -> "list[Contestant]":
    from dataclasses import asdict

    from unilip.annotation.errors import StudyError
    from unilip.annotation.sampling import Settings
    from unilip.annotation.sources import Contestant

    found = []
    for option, texts in (("--pictures", pictures), ("--settings", settings)):
        for text in texts:
            name, equals, value = text.partition("=")
            if not equals:
                raise StudyError(f'{option} needs a name, "=" and a value, not "{text}".')
            if option == "--pictures":
                found.append(Contestant(name, folder=Path(value)))
            else:
                found.append(Contestant(name, settings=asdict(Settings.parse(value))))
    return found


@app.command()
def run(
    study: StudyId,
    device: Annotated[str | None, typer.Option(help="cuda, mps or cpu. [default: the best there is]")] = None,
    dtype: Annotated[str | None, typer.Option(help="float32, bfloat16 or float16. [default: fits the device]")] = None,
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Make the pictures that a study still lacks. An interrupted run goes on where it was."""
    with opened(studies, database) as store:
        from unilip.annotation.running import run as run_study
        from unilip.annotation.sampling import sampler

        for done, total in run_study(store.administer(study), sampler(device, dtype)):
            show_progress(done, total)


@app.command("list")
def list_studies(studies: Folder = DEFAULT_FOLDER, database: DatabaseUrl = None) -> None:
    """The studies, newest first, with how far they are."""
    with opened(studies, database) as store:
        for one in store.studies():
            view = store.administer(one.id).overview()
            typer.echo(
                f"{view.id}  {view.title}: {view.items:,} items, {view.votes:,} votes, "
                f"{view.pictures:,} of {view.pictures_needed:,} pictures, {'open' if view.open else 'closed'}"
            )


@app.command()
def invite(
    study: StudyId,
    name: Annotated[str, typer.Argument(help="An annotator's name.")],
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Print a token for an annotator, new or known; an earlier one no longer works."""
    with opened(studies, database) as store:
        typer.echo(store.administer(study).invite(name))


@app.command()
def flag(
    study: StudyId,
    name: Annotated[str, typer.Argument(help="The annotator's name.")],
    off: Annotated[bool, typer.Option("--off", help="Take the flag back.")] = False,
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Mark an annotator as not to be trusted. The votes stay; a report can leave them out."""
    with opened(studies, database) as store:
        store.administer(study).flag(name, not off)


@app.command()
def export(
    study: StudyId,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="A .jsonl or .csv file to write.")],
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Write every vote and every undo, with all that an analysis elsewhere needs."""
    with opened(studies, database) as store:
        typer.echo(f"{file}: {store.administer(study).export(file):,} records")


@app.command("import")
def import_study(
    file: Annotated[Path, typer.Argument(dir_okay=False, help="A file that export wrote.")],
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Make a study of exported votes, to read its results. Prints its id and its owner's token."""
    with opened(studies, database) as store:
        ticket = store.load(file)
        typer.echo(f"study {ticket.study}\nowner's token {ticket.token}")


@app.command()
def report(
    study: StudyId,
    file: Annotated[Path, typer.Argument(dir_okay=False, help="The HTML file to write.")] = Path("report.html"),
    leave_out_flagged: Annotated[
        bool, typer.Option("--leave-out-flagged", help="Without the votes of flagged annotators.")
    ] = False,
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Write the results to one HTML file, and print who leads."""
    with opened(studies, database) as store:
        write_report(store.administer(study), file, leave_out_flagged)


def write_report(owner: "Owner", file: Path, leave_out_flagged: bool) -> None:
    from unilip.annotation.report import estimate, flagged_in_words, lead_in_words, render
    from unilip.annotation.statistics import summarize

    summary = summarize(owner.judgements(), leave_out_flagged)
    file.write_text(render(summary, owner.overview()), encoding="utf-8")
    for standing in summary.overall.standings:
        rate, strength = estimate(standing.win_rate, percent=True), estimate(standing.strength)
        typer.echo(f"{standing.name}: win rate {rate}, strength {strength}, {standing.votes:,} votes")
    typer.echo(lead_in_words(summary.overall.lead))
    if summary.flagged:
        typer.echo(flagged_in_words(summary))
    typer.echo(file)


@app.command()
def delete(
    study: StudyId,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    studies: Folder = DEFAULT_FOLDER,
    database: DatabaseUrl = None,
) -> None:
    """Delete a study with all its votes."""
    with opened(studies, database) as store:
        owner = store.administer(study)
        view = owner.overview()
        yes or typer.confirm(f'Delete "{view.title}" with its {view.votes:,} votes for good?', abort=True)
        owner.delete()
