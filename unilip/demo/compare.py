"""The Compare tab: an example study, ways into other studies and to one's own, the bench, what the owner sees."""

from collections.abc import Iterator

import gradio as gr

from unilip.annotation.errors import AccessError
from unilip.annotation.example import make_example
from unilip.annotation.store import Store
from unilip.demo import login, parts
from unilip.demo.bench import build_bench
from unilip.demo.engine import Engine, refusal
from unilip.demo.making import build_making, connect
from unilip.demo.manage import build_manage
from unilip.demo.outcome import build_outcome
from unilip.demo.running import make_missing
from unilip.demo.sayings import said
from unilip.demo.studies import Studies, plain_words

WELCOME = (
    '<h2 class="welcome">Which picture is better?</h2>'
    '<p class="note">Judge edits side by side, without knowing who made which. The example study asks whether gentle '
    "or firm guidance edits better. This page first makes its 60 pictures; you can stop that and go on later. You are "
    "both its annotator and its owner, so that you see its results as well.</p>"
)
YOU = "you"
YOUR_TOKEN = (
    "This browser remembers your place in the study. To go on in another one, paste this token there under “I have an "
    "invitation”, and show it to nobody."
)


def build_compare_tab(page: gr.Blocks, engine: Engine, studies: Studies) -> None:
    """Lays the tab out and connects it."""

    def try_example(example: dict | None = None) -> Iterator[tuple]:
        """Makes the example study and its pictures, or goes on where that was stopped.

        Args:
            example: The tokens of an example study that is there already; none for a new one.

        Returns:
            The tokens, twice; what is judged first, as /judge returns it; and a line on how far it is.
        """
        with plain_words():
            store = studies.store()
            example = example if is_known(store, example) else new_example(store, engine.source)
            places = (example, example["judge"], example["owner"])
            waiting = [gr.skip()] * (1 + len(bench.outputs))
            for line in make_missing(engine, store.owner(example["owner"])):
                # With a place, the page would already go to the bench.
                yield example, gr.skip(), gr.skip(), *waiting, line
            shown = bench.show(studies, store.judge(example["judge"]))
            yield *places, gr.Column(visible=False), *shown, parts.status_line()

    def join_study(study: str, name: str):
        """Lets a new annotator into an open study.

        Args:
            study: The study's id.
            name: What to call the annotator.

        Returns:
            The token to come back with, and what is judged first, as /judge returns it.
        """
        if not study:
            raise refusal("Please choose a study first.")
        with plain_words():
            store = studies.store()
            ticket = store.join(study, parts.read_text(name, "The name"))
            shown = bench.show(studies, store.judge(ticket.token))
            return ticket.token, gr.Column(visible=False), *shown

    def join_by_login(study: str, profile: gr.OAuthProfile | None):
        if not study:
            raise refusal("Please choose a study first.")
        with plain_words():
            store = studies.store()
            token = login.join_signed_in(store, study, profile).token
            return token, gr.Column(visible=False), *bench.show(studies, store.judge(token))

    def judge(invitation: str):
        """What the holder of a token judges next: the same pair until it is voted on or skipped.

        Args:
            invitation: The token of a place in a study, an annotator's or the owner's.

        Returns:
            The tokens of the annotator and of the owner, whichever it is; the instruction and progress as HTML; the
            input picture, the left and the right result; and the pair's number and the time when it was shown, which go
            back with a vote.
        """
        token = parts.read_text(invitation, "The invitation")
        with plain_words():
            store = studies.store()
            try:
                place = store.judge(token)
            except AccessError as refused:
                try:
                    store.owner(token)
                except AccessError:
                    raise refused from None
                gr.Info(said("This is the token of the study's owner: see below for the study and its results."))
                return gr.skip(), token, gr.skip(), *[gr.skip()] * len(bench.outputs)
            return token, gr.skip(), gr.Column(visible=False), *bench.show(studies, place)

    def leave(token: str):
        """Where nobody else has it, the token is the only way back, so it stays in reach."""
        gr.Info(said("Your token stands under “I have an invitation”: Enter brings you back."))
        return "", token

    def come_back(token: str, owner_token: str, pair: float | None):
        """The page as it opens: at the bench for whoever has a place, with what can be joined."""
        if token and pair:  # at the bench already: what was typed there stays
            return [gr.skip()] * len(opening)
        try:
            found = studies.open_ones()
            there = studies.may_exist()
            with plain_words():
                shown = bench.show(studies, studies.store().judge(token)) if token and there else None
            note = ""
        except gr.Error as error:
            found, shown, note = [], None, said(f'<p class="hint">{error.message}</p>')
        joinable = gr.Dropdown(found, value=found[0][1] if found else None), gr.Column(visible=bool(found))
        home = gr.Column(visible=shown is None)
        return note, *joinable, home, *(bench.hide() if shown is None else shown), outcome.offer(owner_token)

    token = gr.BrowserState("", storage_key="unilip-annotator", secret="unilip")
    owner_token = gr.BrowserState("", storage_key="unilip-owner", secret="unilip")
    example = gr.BrowserState(None, storage_key="unilip-example", secret="unilip")
    # Before all that shows that one has left: who sees that may be gone at once.
    for state in (token, owner_token):
        parts.forget_when_empty(state)
    note = gr.HTML(label="Note", show_label=False, padding=False)
    with gr.Column(elem_id="compare-home") as home:
        gr.HTML(WELCOME, label="Welcome", show_label=False, padding=False)
        with gr.Column(visible=engine.pipeline.transformer is not None, elem_classes="give"):
            action = parts.action("Try the example study")
        with gr.Row(elem_classes="ways-in"):
            with gr.Column(min_width=280):
                invitation = gr.Textbox(
                    label="I have an invitation", placeholder="Paste its token", type="password", max_length=100
                )
                enter = gr.Button("Enter", size="sm", elem_classes="quiet")
            with gr.Column(min_width=280, visible=False) as joinable:
                study = gr.Dropdown([], label="Join an open study", allow_custom_value=True)
                name = gr.Textbox(label="Your name", placeholder="What the study's owner sees", max_length=60)
                join = gr.Button("Join", size="sm", elem_classes="quiet")
                with gr.Column(visible=login.is_offered()):
                    if login.is_offered():
                        gr.LoginButton(size="sm", min_width=0)
                    signed_in = gr.Button("Join as who I am signed in as", size="sm", elem_classes="quiet")
        making = build_making()
    bench = build_bench(studies, token)
    with gr.Accordion(
        "Your token, to go on elsewhere", open=False, visible=False, elem_id="place", elem_classes="frame"
    ) as place:
        mine = parts.token_box("Token", YOUR_TOKEN)
    outcome = build_outcome(studies, owner_token)
    connect(making, studies, owner_token, build_manage(engine, studies, owner_token), engine.source)

    view = [home, *bench.outputs]
    parts.wire(try_example, action, [example], [example, token, owner_token, *view], api_name="example_study")
    gr.on(
        [enter.click, invitation.submit],
        judge,
        invitation,
        [token, owner_token, *view],
        api_name="judge",
        **parts.QUICK,
    ).success(lambda: "", None, invitation, **parts.PRIVATE)
    gr.on([join.click, name.submit], join_study, [study, name], [token, *view], api_name="join_study", **parts.QUICK)
    # Undocumented, since it is of use on a Space alone.
    by_login = {"api_name": "join_by_login", "api_visibility": "undocumented", **parts.QUICK}
    signed_in.click(join_by_login, study, [token, *view], **by_login)
    opening = [note, study, joinable, *view, outcome.fold]
    # When the page opens, what the browser remembers is not there yet: it comes as a change.
    told_last = {"trigger_mode": "always_last", **parts.PRIVATE}
    gr.on([page.load, token.change], come_back, [token, owner_token, bench.pair], opening, **told_last)
    # Without triggers: likewise.
    gr.on(None, lambda token: (gr.Accordion(visible=bool(token)), token), token, [place, mine], **parts.PRIVATE)
    owner_token.change(outcome.offer, owner_token, outcome.fold, **parts.PRIVATE)
    bench.leave.click(leave, token, [token, invitation], **parts.SPEAKING)


def is_known(store: Store, example: dict | None) -> bool:
    """Whether these are tokens of an example study that is still there."""
    try:
        store.judge(example["judge"])
        store.owner(example["owner"])
    except (AccessError, KeyError, TypeError, AttributeError):
        return False
    return True


def new_example(store: Store, model: str | None) -> dict[str, str]:
    """A study of this visitor's own: closed, so that nobody else sees it among those to join."""
    ticket = make_example(store, model)
    judge = store.join(ticket.study, YOU)
    store.owner(ticket.token).set_open(False)
    return {"owner": ticket.token, "judge": judge.token}
