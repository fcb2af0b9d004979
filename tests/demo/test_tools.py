"""The page as tools for language models, used by a real client over HTTP."""

import asyncio
import base64
import io
import warnings
from contextlib import asynccontextmanager

import pytest
from PIL import Image

from unilip.demo.engine import Engine
from unilip.demo.page import build_page, launch_options
from unilip.demo.settings import read_settings
from unilip.demo.studies import Studies

pytest.importorskip("mcp", reason='the package mcp is not installed: pip install "gradio[mcp]"')
pytestmark = pytest.mark.timeout(200)


@pytest.fixture(scope="module")
def address(tiny, tmp_path_factory):
    engine, studies = Engine(tiny), Studies(tmp_path_factory.mktemp("studies"))
    page = build_page(engine, "UniLIP-tiny", embedded=True, studies=studies)
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")  # gradio's, that a tool keeps no state between calls
        patch.setattr("unilip.demo.engine.LONGEST_ANSWER", 8)
        _, url, _ = page.launch(prevent_thread_lock=True, quiet=True, **launch_options(read_settings(["--mcp"])))
        yield url
    page.close()
    engine.close()
    studies.close()


@asynccontextmanager
async def session(address: str):
    from mcp import ClientSession
    from mcp.client.streamable_http import streamablehttp_client

    async with streamablehttp_client(f"{address}gradio_api/mcp/") as (read, write, _):
        async with ClientSession(read, write) as client:
            await client.initialize()
            yield client


def call(address: str, tool: str, **arguments):
    async def one_call():
        async with session(address) as client:
            return await client.call_tool(tool, arguments)

    return asyncio.run(one_call())


@pytest.fixture(scope="module")
def tools(address):
    async def list_them():
        async with session(address) as client:
            return (await client.list_tools()).tools

    return {tool.name: tool for tool in asyncio.run(list_them())}


@pytest.fixture(scope="module")
def drawn(address):
    return call(address, "create", prompt="a red cat", pictures=2, seed=7, steps=2)


@pytest.fixture(scope="module")
def picture(drawn) -> str:
    """The address of a picture, as another tool gave it."""
    return next(one.text.split()[-1] for one in drawn.content if getattr(one, "text", "").startswith("Image URL"))


def pictures(result) -> list[Image.Image]:
    assert not result.isError, result.content
    return [Image.open(io.BytesIO(base64.b64decode(one.data))) for one in result.content if one.type == "image"]


def test_the_tools_are_what_a_language_model_has_a_use_for(tools):
    assert set(tools) == {"chat", "create", "edit", "grid", "reconstruct"}


def test_every_tool_and_argument_is_described_and_typed(tools):
    for tool in tools.values():
        assert tool.description and "Returns: " in tool.description
        for name, field in tool.inputSchema["properties"].items():
            assert field.get("description"), f"{tool.name}: {name}"
            assert field["type"] in ("string", "number", "boolean", "object"), f"{tool.name}: {name}"


def test_what_a_tool_cannot_do_without_is_required_and_has_no_default(tools):
    assert tools["create"].inputSchema["required"] == ["prompt"]
    assert tools["edit"].inputSchema["required"] == ["picture", "instruction"]
    for tool in tools.values():
        for name in tool.inputSchema["required"]:
            assert "default" not in tool.inputSchema["properties"][name]


def test_create_gives_as_many_pictures_as_asked_for(drawn):
    assert [one.size for one in pictures(drawn)] == [(256, 256)] * 2


def test_edit_takes_what_create_gave(address, picture):
    before, after = pictures(call(address, "edit", picture=picture, instruction="make it blue", steps=2))
    assert before.size == after.size == (256, 256)


@pytest.mark.parametrize("path", ["/etc/hostname", "../../../etc/hostname"])
def test_no_file_but_what_the_page_made_can_be_named(address, path):
    result = call(address, "reconstruct", picture=f"{address}gradio_api/file={path}")
    assert result.isError


def test_chat_answers_about_a_picture(address, picture):
    result = call(address, "chat", message={"text": "What is it?", "files": [picture]})
    assert not result.isError and any("assistant" in getattr(one, "text", "") for one in result.content)


def test_a_fault_is_told_in_plain_words(address):
    result = call(address, "create", prompt=" ")
    assert result.isError and "The prompt is empty" in result.content[0].text
