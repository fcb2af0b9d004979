"""Flags win over the environment, and nothing dangerous is on by default."""

from pathlib import Path

import pytest

from unilip.demo.page import launch_options
from unilip.demo.settings import read_settings


def test_defaults_are_private(monkeypatch):
    for name in ("MODEL", "DEVICE", "DTYPE", "HOST", "PORT", "SHARE", "MCP", "QUEUE_SIZE", "STUDIES", "DATABASE"):
        monkeypatch.delenv(f"UNILIP_{name}", raising=False)
    settings = read_settings([])
    options = launch_options(settings)
    assert settings.model is None and settings.queue_size == 20 and settings.database is None
    assert options["share"] is False and options["mcp_server"] is False
    assert options["server_name"] is None  # gradio's own default is 127.0.0.1
    assert options["show_error"] is False and options["enable_monitoring"] is False and "allowed_paths" not in options


def test_flags_win_over_the_environment(monkeypatch):
    monkeypatch.setenv("UNILIP_PORT", "8000")
    monkeypatch.setenv("UNILIP_MODEL", "somewhere")
    monkeypatch.setenv("UNILIP_SHARE", "yes")
    monkeypatch.setenv("UNILIP_STUDIES", "kept")
    monkeypatch.setenv("UNILIP_DATABASE", "postgresql://one/studies")
    settings = read_settings(["--port", "9000", "--no-share", "--database", "postgresql://two/studies"])
    assert (settings.studies, settings.database) == (Path("kept"), "postgresql://two/studies")
    assert (settings.port, settings.model, settings.share) == (9000, "somewhere", False)


@pytest.mark.parametrize("arguments", [["--port", "many"], ["--dtype", "int3"], ["--queue-size", "0"]])
def test_what_makes_no_sense_is_refused(arguments, capsys):
    with pytest.raises(SystemExit):
        read_settings(arguments)
    assert arguments[0] in capsys.readouterr().err


def test_a_wrong_dtype_in_the_environment_is_refused(monkeypatch, capsys):
    monkeypatch.setenv("UNILIP_DTYPE", "int3")
    with pytest.raises(SystemExit):
        read_settings([])
    assert "UNILIP_DTYPE" in capsys.readouterr().err


def test_mcp_without_its_package_says_what_to_install(monkeypatch, capsys):
    monkeypatch.setattr("unilip.demo.settings.find_spec", lambda name: None)
    with pytest.raises(SystemExit):
        read_settings(["--mcp"])
    assert "gradio[mcp]" in capsys.readouterr().err
