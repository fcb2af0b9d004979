"""A process that is killed in the middle of a stream of votes loses none that it acknowledged. The whole server is
killed in tests/demo/test_killed_server.py."""

import subprocess
import sys
from pathlib import Path

from unilip.annotation.judging import UNDO

VOTER = """
import sys
from unilip.annotation.judging import Ballot
from unilip.annotation.store import Store

store = Store(sys.argv[1])
judge = store.judge(sys.argv[2])
number = int(sys.argv[3])
while True:
    pair = judge.next()
    if number % 5 == 4:
        judge.undo(f"{number}")
    else:
        judge.vote(f"{number}", pair.assignment, Ballot("left", {"quality": 3}, note="n" * 500), pair.shown_at)
    print(number, flush=True)
    number += 1
"""


def test_kill_minus_nine_loses_no_acknowledged_vote(store, make_study, tmp_path):
    ticket = make_study(400)
    token = store.join(ticket.study, "ann").token
    acknowledged = 0
    for stop_after in (1, 17, 40):
        command = [sys.executable, "-c", VOTER, str(tmp_path / "studies"), token, str(acknowledged)]
        root = str(Path(__file__).resolve().parents[2])
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=root) as process:
            for line in process.stdout:
                acknowledged = int(line) + 1
                if acknowledged >= stop_after:
                    process.kill()
            # What it wrote before it died, the last lines among it, has been read by now.
        records = list(export(store, ticket, tmp_path))
        assert len(records) in (acknowledged, acknowledged + 1)  # one may have been on disk, not yet acknowledged
        assert [record["client_id"] for record in records] == [str(number) for number in range(len(records))]
        undone = {record["retracts"] for record in records if record["choice"] == UNDO}
        whole = [record for record in records if record["choice"] != UNDO]
        assert all(record["left_quality"] == 3 and len(record["note"]) == 500 for record in whole)
        judge = store.judge(token)
        assert judge.progress().done == len(judge.votes()) == len(whole) - len(undone)
        acknowledged = len(records)


def export(store, ticket, tmp_path):
    from unilip.annotation.exchange import read

    store.owner(ticket.token).export(tmp_path / "votes.jsonl")
    return read(tmp_path / "votes.jsonl")
