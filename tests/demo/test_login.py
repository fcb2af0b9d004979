"""Signing in with the platform's login. The platform itself is not here: its session is signed as gradio signs it, with
the secret that a Space has."""

import base64
import hashlib
import json
import warnings

import pytest
from gradio_client import Client
from gradio_client.exceptions import AppError
from itsdangerous import TimestampSigner

from unilip.annotation.sources import Contestant, Item
from unilip.demo import login
from unilip.demo.page import build_page, launch_options
from unilip.demo.settings import read_settings

SECRET = "the Space's own"


@pytest.fixture
def ticket(served):
    contestants = [Contestant(name, settings={}) for name in ("hare", "fox")]
    return served.studies.store().create("By login", [Item("i0", "a red cat")], contestants)


@pytest.fixture
def space(served, monkeypatch):
    """The address of the page as a Space serves it."""
    values = {"OAUTH_CLIENT_ID": "id", "OAUTH_CLIENT_SECRET": SECRET, "OAUTH_SCOPES": "openid profile"}
    for name, value in {**values, "OPENID_PROVIDER_URL": "https://platform.invalid"}.items():
        monkeypatch.setenv(name, value)
        monkeypatch.setattr(f"gradio.oauth.{name}", value)
    for place in ("gradio.oauth", "unilip.demo.login"):
        monkeypatch.setattr(f"{place}.get_space", lambda: "somebody/unilip")
    page = build_page(served.engine, "UniLIP-tiny", embedded=True, studies=served.studies)
    _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(read_settings([])))
    yield url
    page.close()


def visitor(url: str, number: str = "", secret: str = SECRET) -> Client:
    """A visitor, signed in as the person of that number."""
    if not number:
        return Client(url, verbose=False)
    person = {"sub": number, "name": "A Person", "preferred_username": "person", "profile": "", "picture": ""}
    session = base64.b64encode(json.dumps({"oauth_info": {"userinfo": person}}).encode())
    signer = TimestampSigner(hashlib.sha256(f"{secret}-v4".encode()).hexdigest())
    return Client(url, verbose=False, headers={"Cookie": f"session={signer.sign(session).decode()}"})


def join(client: Client, study: str) -> str:
    return client.predict(study, api_name="/join_by_login")[0]


def test_who_is_signed_in_joins_and_comes_back_to_the_same_place(served, space, ticket):
    store = served.studies.store()
    first, second, other = (join(visitor(space, number), ticket.study) for number in ("7", "7", "8"))
    assert store.judge(second).seat().annotator == "annotator 1" != store.judge(other).seat().annotator
    with pytest.raises(ValueError, match="not known"):  # that browser signs in again
        store.judge(first)
    assert len(store.owner(ticket.token).annotators()) == 2


def test_who_is_not_signed_in_does_not_join(served, space, ticket):
    for stranger in (visitor(space), visitor(space, "7", secret="a guess")):
        with pytest.raises(AppError, match="sign in first"):
            join(stranger, ticket.study)
    with pytest.raises(AppError, match="choose a study"):
        join(visitor(space, "7"), "")
    served.studies.store().owner(ticket.token).set_open(False)
    with pytest.raises(AppError, match="closed"):
        join(visitor(space, "7"), ticket.study)
    assert served.studies.store().owner(ticket.token).annotators() == []


def test_elsewhere_there_is_no_such_button(served, monkeypatch):
    assert not login.is_offered() and not served.page.expects_oauth
    monkeypatch.setattr("unilip.demo.login.get_space", lambda: "somebody/unilip")
    assert not login.is_offered()  # a Space whose README does not ask for the login
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        build_page(served.engine, "UniLIP-tiny", embedded=True, studies=served.studies)
