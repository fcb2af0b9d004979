"""The real server, killed in the middle of a stream of votes: none that it acknowledged is lost, and none is half."""

import threading
import time
from itertools import count

import pytest
from gradio_client import Client
from PIL import Image

from tests.demo.serving import app_process
from unilip.annotation import exchange
from unilip.annotation.judgement import UNDO
from unilip.annotation.sources import Contestant, Item
from unilip.annotation.store import Store

ITEMS, ANNOTATORS = 400, 2
SAID = {"left_quality": 4, "right_tags": ["artefacts"], "note": "n" * 500, "left_box": [0.25, 0.25, 0.5, 0.5]}
KILLS = (8, 17)  # after so many acknowledged votes of all annotators together, each by a server of its own


@pytest.fixture
def store(tmp_path):
    opened = Store(tmp_path / "studies")
    yield opened
    opened.close()


@pytest.fixture
def ticket(store, tmp_path):
    for shade, name in enumerate(("hare", "fox")):
        (tmp_path / name).mkdir()
        for item in range(ITEMS):
            Image.new("RGB", (8, 8), (shade, item % 256, item // 256)).save(tmp_path / name / f"{item}.png")
    items = [Item(str(item), f"prompt {item}") for item in range(ITEMS)]
    contestants = [Contestant(name, tmp_path / name) for name in ("hare", "fox")]
    return store.create("Killed", items, contestants, seed=1, repeats=0)


def vote_until_it_is_gone(url: str, token: str, begin: int, acknowledged: list[str]) -> None:
    """Votes, and takes every fifth vote back, as fast as the server answers; notes each id that was acknowledged."""
    client = Client(url, verbose=False, download_files=False, httpx_kwargs={"timeout": 60})
    try:
        assignment = client.predict(token, api_name="/judge")[6]
        for number in count(begin):
            identity = f"{number}"
            if number % 5 == 4:
                answer = client.predict(token, identity, api_name="/undo_vote")
            else:
                said = {"token": token, "assignment": assignment, "choice": "left", "vote_id": identity, **SAID}
                answer = client.predict(**said, api_name="/vote")
            acknowledged.append(identity)
            assignment = answer[4]
    except Exception:  # whatever a client that has lost its server raises
        return


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_killed_server_keeps_every_acknowledged_vote(store, ticket, tiny_folder, tmp_path):
    tokens = [store.join(ticket.study, f"n{number}").token for number in range(ANNOTATORS)]
    begin = [0] * ANNOTATORS
    for kill_after in KILLS:
        acknowledged: list[list[str]] = [[] for _ in tokens]
        with app_process("--model", str(tiny_folder), "--studies", str(tmp_path / "studies")) as (server, url):
            voters = [
                # A client may wait forever for a server that is gone.
                threading.Thread(target=vote_until_it_is_gone, args=(url, *each), daemon=True)
                for each in zip(tokens, begin, acknowledged, strict=True)
            ]
            for voter in voters:
                voter.start()
            while sum(map(len, acknowledged)) < kill_after:
                assert all(voter.is_alive() for voter in voters)
                time.sleep(0.005)
            server.kill()
            server.wait()
            for voter in voters:
                voter.join(5)
        store.owner(ticket.token).export(tmp_path / "votes.jsonl")
        records = list(exchange.read(tmp_path / "votes.jsonl"))
        for number, (token, there) in enumerate(zip(tokens, acknowledged, strict=True)):
            mine = [record for record in records if record["annotator"] == f"n{number}"]
            known = begin[number] + len(there)
            # One may have been on disk whose answer was still on its way.
            assert [record["client_id"] for record in mine] == [str(one) for one in range(len(mine))]
            assert len(mine) in (known, known + 1)
            votes = [record for record in mine if record["choice"] != UNDO]
            assert all({name: record[name] for name in SAID} == SAID for record in votes)
            undone = {record["retracts"] for record in mine if record["choice"] == UNDO}
            judge = store.judge(token)
            assert judge.progress().done == len(judge.votes()) == len(votes) - len(undone)
            begin[number] = len(mine)
