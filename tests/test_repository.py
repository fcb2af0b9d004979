"""What the repository says about itself is true: the README's commands, files and numbers, and the pinned packages."""

import ast
import re
import shlex
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import typer
import yaml

from tests.screenshots import SCHEMES, SIZES, TABS
from unilip.cli import app
from unilip.evaluation.cli import app as evaluation
from unilip.training.cli import ORDER

ROOT = Path(__file__).resolve().parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
REQUIREMENTS = dict(
    line.split("==") for line in (ROOT / "requirements.txt").read_text().splitlines() if line and line[0] != "#"
)
OPTIONAL = ("spaces", "torchmetrics")
COMMANDS = re.findall(r"^python -m unilip (?!\.)(.+)$", README, flags=re.MULTILINE)


def normal(name: str) -> str:
    return name.lower().replace("_", "-")


def imported(files) -> set[str]:
    """Distributions that any of the files imports, at any depth; those aside that are only used where they are."""
    modules = set()
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                modules |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.level == 0:
                modules.add(node.module.split(".")[0])
    distributions = packages_distributions()
    return {normal(distributions[module][0]) for module in modules - {"unilip", *OPTIONAL} if module in distributions}


def test_the_space_can_start():
    settings = yaml.safe_load(README.split("---\n")[1])
    assert settings["sdk"] == "gradio" and settings["sdk_version"] == REQUIREMENTS["gradio"]
    assert (ROOT / settings["app_file"]).is_file()
    assert len(settings["short_description"]) <= 60  # the hub refuses more


@pytest.mark.parametrize("line", COMMANDS)
def test_a_command_of_the_readme_exists_with_its_options(line):
    name, *arguments = shlex.split(line)
    command = typer.main.get_command(app).commands[name]
    if name == "train":
        assert arguments[0] in (*ORDER, "package")
    elif name == "evaluate":
        assert arguments[0] in typer.main.get_command(evaluation).commands
    else:
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in arguments if word.startswith("--")} <= known


def test_the_readme_shows_commands():
    assert len(COMMANDS) > 10


@pytest.mark.parametrize("target", sorted(set(re.findall(r"(?:^|`|=\S+ )make (\w+)", README, flags=re.MULTILINE))))
def test_a_make_target_of_the_readme_exists(target):
    assert re.search(rf"^{target}:", MAKEFILE, flags=re.MULTILINE)


def test_make_mini_trains_every_stage_in_order():
    assert re.search(r"^STAGES := (.+)$", MAKEFILE, flags=re.MULTILINE)[1].split() == list(ORDER)


def test_files_that_the_readme_points_to_exist():
    links = re.findall(r"\]\((?!https?:|#)([^)#]+)", README) + re.findall(r"assets/[\w./-]+", README)
    shown = [link for link in links if link.startswith("assets/screenshots/")]
    if not any((ROOT / link).exists() for link in shown):  # after a new model, until `make screenshots` has run
        links = [link for link in links if link not in shown]
    assert [link for link in links if not (ROOT / link).exists()] == []


def test_the_readme_shows_what_make_screenshots_takes():
    taken = {f"{tab.lower()}-{size}-{scheme}.webp" for tab in TABS for size in SIZES for scheme in SCHEMES}
    assert set(re.findall(r"assets/screenshots/([\w.-]+)", README)) == taken


def test_versions_are_pinned_and_torchvision_is_not_needed():
    assert all(re.fullmatch(r"[\d.]+", version) for version in REQUIREMENTS.values())
    assert REQUIREMENTS["torch"] == "2.13.0"
    assert "torchvision" not in REQUIREMENTS


def test_the_demo_and_the_command_line_import_only_what_requirements_name():
    files = [file for file in (ROOT / "unilip").rglob("*.py") if "training" not in file.parts]
    assert imported([ROOT / "app.py", *files]) <= {normal(name) for name in REQUIREMENTS}


def test_training_and_tests_import_only_what_pyproject_names():
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    named = {normal(re.split(r"[=<>\[]", line)[0]) for lines in extras.values() for line in lines}
    files = [*(ROOT / "unilip").rglob("*.py"), *(ROOT / "tests").rglob("*.py")]
    # Three come with gradio, which is pinned; only the tests import them.
    assert imported(files) - {"gradio-client", "httpx", "pyyaml"} <= named | {normal(name) for name in REQUIREMENTS}
