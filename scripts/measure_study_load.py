"""How fast a large study stays: annotators vote at once, each in a thread of one server's process, and the time of
"next item" and of a vote is printed, then that of the report on all votes. Run it as
`python -m scripts.measure_study_load`; it writes below a temporary folder, whose disk makes the votes' time."""

import argparse
import random
import tempfile
import threading
import time
from pathlib import Path

import numpy as np
from PIL import Image

from unilip.annotation.judging import Ballot, Judge
from unilip.annotation.report import render
from unilip.annotation.sources import Contestant, Item
from unilip.annotation.statistics import summarize
from unilip.annotation.store import Store, Ticket

CATEGORIES = 9  # ImgEdit's


def make_study(store: Store, folder: Path, items: int, contestants: int, overlap: int | None) -> Ticket:
    entrants = []
    for number in range(contestants):
        entrants.append(Contestant(f"model {number}", folder / str(number)))
        entrants[-1].folder.mkdir()
        first = entrants[-1].folder / "0.png"
        Image.new("RGB", (8, 8), (number, 0, 0)).save(first)
        for item in range(1, items):
            (entrants[-1].folder / f"{item}.png").write_bytes(first.read_bytes())
    asked = [Item(str(item), f"instruction {item}", f"kind {item % CATEGORIES}") for item in range(items)]
    return store.create("Load", asked, entrants, seed=1, overlap=overlap)


def annotate(judge: Judge, number: int, votes: int, think: float, times: dict[str, list[float]]) -> None:
    rng = random.Random(number)
    time.sleep(rng.random() * think)  # nobody starts on the same second
    for vote in range(votes):
        start = time.perf_counter()
        pair = judge.next()
        if pair is None:
            return
        judge.taken_back(pair.assignment)  # as the page asks, too
        shown = time.perf_counter()
        times["next item"].append(shown - start)
        time.sleep(rng.expovariate(1 / think) if think else 0)
        choice = rng.choices(("left", "right", "tie", "bad"), (4, 3, 2, 1))[0]
        scores = {"instruction": rng.randint(1, 5), "quality": rng.randint(1, 5), "preservation": rng.randint(1, 5)}
        start = time.perf_counter()
        judge.vote(f"{vote}", pair.assignment, Ballot(choice, scores, scores, ["artefacts"]), pair.shown_at)
        times["vote"].append(time.perf_counter() - start)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=2000)
    parser.add_argument("--contestants", type=int, default=2)
    parser.add_argument("--annotators", type=int, default=50)
    parser.add_argument("--votes", type=int, default=400, help="of each annotator")
    parser.add_argument("--overlap", type=int, default=None, help="annotators who judge each comparison (default: all)")
    parser.add_argument("--think", type=float, default=1.0, help="mean seconds of looking at a pair; 0: none at all")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        store = Store(folder / "studies")
        start = time.perf_counter()
        ticket = make_study(store, folder, arguments.items, arguments.contestants, arguments.overlap)
        print(f"study of {arguments.items:,} items made in {time.perf_counter() - start:.1f} s")

        start = time.perf_counter()
        judges = [
            store.judge(store.join(ticket.study, f"judge {number}").token) for number in range(arguments.annotators)
        ]
        print(f"an annotator let in in {(time.perf_counter() - start) / len(judges) * 1000:.0f} ms")

        times: dict[str, list[float]] = {"next item": [], "vote": []}
        threads = [
            threading.Thread(target=annotate, args=(judge, number, arguments.votes, arguments.think, times))
            for number, judge in enumerate(judges)
        ]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        took = time.perf_counter() - start
        cast = len(times["vote"])
        print(f"{cast:,} votes by {len(judges)} annotators at once in {took:.0f} s: {cast / took:.0f} votes/s")
        for what, values in times.items():
            median, high = np.quantile(values, [0.5, 0.95]) * 1000
            print(f"{what}: median {median:.0f} ms, 95th percentile {high:.0f} ms, worst {max(values) * 1000:.0f} ms")

        owner = store.owner(ticket.token)
        start = time.perf_counter()
        judgements = owner.judgements()
        read = time.perf_counter()
        summary = summarize(judgements)
        computed = time.perf_counter()
        text = render(summary, owner.overview())
        drawn = time.perf_counter()
        print(
            f"report on {len(judgements):,} votes: {drawn - start:.1f} s (reading {read - start:.1f} s, statistics "
            f"{computed - read:.1f} s, plots {drawn - computed:.1f} s), {len(text) / 1e6:.1f} MB"
        )
        store.close()


if __name__ == "__main__":
    main()
