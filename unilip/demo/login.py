"""Signing in to a study with the platform's own login, where there is one: on a Hugging Face Space."""

import os
from importlib.util import find_spec

import gradio as gr
from gradio.utils import get_space

from unilip.annotation.store import Store, Ticket
from unilip.demo.engine import refusal

# What a Space has whose README says `hf_oauth: true`, and what gradio needs to use it.
VARIABLES = ("OAUTH_CLIENT_ID", "OAUTH_CLIENT_SECRET", "OAUTH_SCOPES", "OPENID_PROVIDER_URL")
PACKAGES = ("authlib", "itsdangerous")


def is_offered() -> bool:
    """Whether the platform can tell who a visitor is. Elsewhere a button to sign in would fail."""
    return (
        get_space() is not None
        and all(os.environ.get(name) for name in VARIABLES)
        and all(find_spec(name) for name in PACKAGES)
    )


def join_signed_in(store: Store, study: str, profile: gr.OAuthProfile | None) -> Ticket:
    """A place in an open study, or the one that they have, for a visitor whom the platform has identified.

    Args:
        profile: what gradio read from the session that the server signed, never what a request says.

    Raises:
        gr.Error: the visitor has not signed in.
        StudyError: as for `Store.join_by_login`.
    """
    if profile is None:
        raise refusal("Please sign in first.")
    # The platform's number for the person: names can be changed, and taken by somebody else.
    return store.join_by_login(study, str(profile["sub"]))
