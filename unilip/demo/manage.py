"""Run the study: what whoever holds the owner's token does beside reading the results. Folded away on Compare."""

import html
from collections.abc import Iterator, Sequence

import gradio as gr

from unilip.annotation.errors import AccessError, StudyGoneError
from unilip.annotation.owner import Annotator, Overview, Owner
from unilip.annotation.rows import MAX_NAME
from unilip.annotation.store import MAX_TITLE
from unilip.demo import parts
from unilip.demo.engine import Engine, refusal
from unilip.demo.running import make_missing
from unilip.demo.sayings import said
from unilip.demo.studies import Studies, plain_words

MOST_OWNED = 20  # studies that a browser remembers
KEEP_TOKEN = (
    "Whoever has this token runs the study: keep it where others cannot see it, and give it to nobody who only judges. "
    "This browser remembers it; elsewhere, paste it under “I have an invitation”."
)
INVITED = "Send this token on. Whoever pastes it under “I have an invitation” judges by that name; it is shown once."
ENDINGS = (
    '<p class="note">A deleted study is gone for good, with its votes. If you only stop running it here, the study '
    "goes on, and this browser forgets the token: keep it first, see “The owner’s token” above.</p>"
)


def build_manage(engine: Engine, studies: Studies, owner_token: gr.BrowserState) -> list[gr.Accordion]:
    """Lays the fold out and connects it.

    Returns:
        The fold, and the one in it that shows the token.
    """

    def owner_by(token: str | None) -> Owner:
        return studies.store().owner(token or "")

    def shown(owner: Owner) -> tuple:
        """Values of the overview, of whether anyone may join, and of what is offered while pictures are missing."""
        view = owner.overview()
        lacking = engine.pipeline.transformer is not None and view.pictures < view.pictures_needed
        return overview(view, owner.annotators()), view.open, gr.Column(visible=lacking)

    def study_overview(owner_token: str):
        """How far a study is, and who judges.

        Args:
            owner_token: The token of the study's owner.

        Returns:
            The counts and the annotators as HTML, and whether anybody may join.
        """
        with plain_words():
            return shown(owner_by(owner_token))

    def make_pictures(owner_token: str) -> Iterator[tuple]:
        """Makes the pictures that a study still lacks, or goes on where that was stopped.

        Args:
            owner_token: The token of the study's owner.

        Returns:
            What /study_overview returns, and a line on how far it is.
        """
        with plain_words():
            owner = owner_by(owner_token)
            for line in make_missing(engine, owner):
                # As it is now with each new picture, so that a stopped run leaves the right numbers.
                yield *([gr.skip()] * 2 if not isinstance(line, str) else shown(owner)[:2]), gr.skip(), line
            yield *shown(owner)[:2], gr.skip(), parts.status_line("All pictures are made.")

    def invite_annotator(owner_token: str, name: str):
        """Adds an annotator, or gives one a new token in place of the old one.

        Args:
            owner_token: The token of the study's owner.
            name: What to call the annotator.

        Returns:
            The annotator's token, and what /study_overview returns.
        """
        with plain_words():
            owner = owner_by(owner_token)
            token = owner.invite(parts.read_text(name, "The name"))
            return token, gr.Column(visible=True), *shown(owner)

    def flag_annotator(owner_token: str, name: str, flagged: bool = True):
        """Marks an annotator as not to be trusted; the votes stay, and the results can leave them out.

        Args:
            owner_token: The token of the study's owner.
            name: The annotator's name.
            flagged: False to take the mark back.

        Returns:
            What /study_overview returns.
        """
        with plain_words():
            owner = owner_by(owner_token)
            owner.flag(parts.read_text(name, "The name"), bool(flagged))
            return shown(owner)

    def open_study(owner_token: str, open_to_all: bool = True):
        """Lets anybody join a study by giving a name, or no more; who has joined goes on either way.

        Args:
            owner_token: The token of the study's owner.
            open_to_all: Whether anybody may join.

        Returns:
            What /study_overview returns.
        """
        with plain_words():
            owner = owner_by(owner_token)
            owner.set_open(bool(open_to_all))
            return shown(owner)

    def delete_study(owner_token: str, title: str):
        """Deletes a study with its votes and pictures, for good.

        Args:
            owner_token: The token of the study's owner.
            title: The study's title, to show that it is meant.
        """
        with plain_words():
            owner = owner_by(owner_token)
            wanted = owner.overview().title
            if (title or "").strip() != wanted:
                raise refusal(f"To delete the study, please type its title: {html.escape(wanted)}")
            owner.delete()
        gr.Info(said("The study is deleted."))
        return ""

    def arrive(owner_token: str, owned: list[str]):
        """The fold for whoever holds this token, with the other studies of this browser to choose from."""
        choices, values = [], (gr.skip(), gr.skip(), gr.skip())
        if owner_token:
            try:
                with plain_words():
                    choices = titles(first(owner_token, owned))
                values = study_overview(owner_token)
            except gr.Error as error:  # the way out of a study that is gone has to be shown, too
                values = f'<p class="hint">{error.message}</p>', gr.skip(), gr.Column(visible=False)
        return (
            gr.Accordion(visible=bool(owner_token)),
            gr.Dropdown(choices, value=owner_token or None, visible=len(choices) > 1),
            owner_token,
            gr.Column(visible=False),
            *values,
        )

    def remember(owner_token: str, owned: list[str]):
        return first(owner_token, owned) if owner_token and owner_token not in owned else gr.skip()

    def first(owner_token: str, owned: list[str]) -> list[str]:
        return [owner_token, *[token for token in owned if token != owner_token]][:MOST_OWNED]

    def titles(owned: Sequence[str]) -> list[tuple[str, str]]:
        found = []
        for token in owned:
            try:
                found.append((owner_by(token).overview().title, token))
            except (AccessError, StudyGoneError):  # deleted meanwhile
                continue
        return found

    def leave(owner_token: str, owned: list[str]) -> tuple[list[str], str]:
        """The tokens that are left when one is forgotten, and the one to go on with. This browser may be the only place
        where they are kept, so one is dropped only if its study is known to be gone."""
        with plain_words():
            rest = [token for _, token in titles([token for token in owned if token != owner_token])]
        return rest, rest[0] if rest else ""

    owned = gr.BrowserState([], storage_key="unilip-owned", secret="unilip")
    with gr.Accordion("Run the study", open=False, visible=False, elem_id="manage", elem_classes="frame") as fold:
        chosen = gr.Dropdown([], label="Studies that you run", visible=False, allow_custom_value=True)
        seen = gr.HTML(label="Overview", show_label=False, padding=False)
        with gr.Column(visible=False) as lacking:
            action = parts.action("Make the pictures")
        with gr.Row(elem_classes="send-on"):
            joining = gr.Checkbox(True, label="Anyone may join", container=False)
            refresh = gr.Button("Look again", size="sm", elem_classes="quiet")
        name = gr.Textbox(
            "",
            label="Annotator",
            placeholder="A name",
            info="Who is invited again gets a new token, and the old one no longer works.",
            max_length=MAX_NAME,
        )
        with gr.Row(elem_classes="send-on"):
            invite, flag, unflag = (
                gr.Button(label, size="sm", elem_classes="quiet") for label in ("Invite", "Flag", "Take the flag back")
            )
        with gr.Column(visible=False) as sent:
            invited = parts.token_box("The annotator's token", INVITED)
        flagged = gr.Checkbox(True, visible=False, label="Flagged")
        with gr.Accordion("The owner's token", open=False, elem_classes="frame") as secret:
            mine = parts.token_box("Token", KEEP_TOKEN)
        with gr.Accordion("Delete or leave", open=False, elem_classes="frame"):
            gr.HTML(ENDINGS, label="Endings", show_label=False, padding=False)
            title = gr.Textbox("", label="The study's title, to delete it", max_length=MAX_TITLE)
            with gr.Row(elem_classes="send-on"):
                delete = gr.Button("Delete the study", size="sm", elem_classes="quiet")
                stop = gr.Button("Stop running it here", size="sm", elem_classes="quiet")

    view = [seen, joining, lacking]
    gr.on([refresh.click, fold.expand], study_overview, owner_token, view, api_name="study_overview", **parts.QUICK)
    parts.wire(make_pictures, action, [owner_token], view, api_name="make_pictures")
    invite.click(
        invite_annotator, [owner_token, name], [invited, sent, *view], api_name="invite_annotator", **parts.QUICK
    )
    for button, endpoint, on in (
        (flag, {"api_name": "flag_annotator"}, "true"),
        (unflag, {"api_visibility": "private"}, "false"),
    ):
        button.click(
            flag_annotator,
            [owner_token, name, flagged],
            view,
            js=f"(token, name) => [token, name, {on}]",
            **parts.QUICK,
            **endpoint,
        )
    joining.input(open_study, [owner_token, joining], view, api_name="open_study", **parts.QUICK)
    delete.click(delete_study, [owner_token, title], title, api_name="delete_study", **parts.QUICK).success(
        leave, [owner_token, owned], [owned, owner_token], **parts.PRIVATE
    )
    stop.click(leave, [owner_token, owned], [owned, owner_token], **parts.PRIVATE)
    chosen.input(lambda token: token or gr.skip(), chosen, owner_token, **parts.PRIVATE)
    # Without triggers: when the page opens, and when one of the inputs changes; so neither may be an output.
    gr.on(None, arrive, [owner_token, owned], [fold, chosen, mine, sent, *view], **parts.PRIVATE)
    owner_token.change(remember, [owner_token, owned], owned, **parts.PRIVATE)
    return [fold, secret]


def overview(view: Overview, annotators: Sequence[Annotator]) -> str:
    """The counts of a study and its annotators, as HTML."""
    pictures = f"{view.pictures:,}"
    if view.pictures < view.pictures_needed:
        pictures += f" <small>of {view.pictures_needed:,} made</small>"
    counts = {
        "Items": f"{view.items:,}",
        "Pictures": pictures,
        "Annotators": f"{len(annotators):,}",
        "Votes": f"{view.votes:,}",
    }
    figures = "".join(f"<div><dt>{name}</dt><dd>{count}</dd></div>" for name, count in counts.items())
    people = "".join(
        f'<tr><th scope="row">{html.escape(one.name)}</th><td>{said(f"{one.votes:,} votes")}</td>'
        f"<td>{said('flagged') if one.flagged else ''}</td></tr>"
        for one in annotators
    )
    table = f'<table class="people">{people}</table>' if people else said('<p class="note">Nobody judges it yet.</p>')
    title = f'<h2 class="welcome">{html.escape(view.title)}</h2>'
    return title + said(f'<dl class="scores">{figures}</dl>') + table
