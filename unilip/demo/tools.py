"""The page's functions as tools for language models, by the Model Context Protocol.

gradio makes a tool of every endpoint, with the fields' examples as defaults, and hands out pictures only where they
are the whole of an output. Here the tools are those that a language model has a use for; what they need is required,
what only the page needs is left out, and their pictures come as pictures. Imported only where the server is asked for,
since gradio needs the package `mcp` for it.
"""

import base64
import mimetypes
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import gradio.mcp
from gradio.utils import get_upload_folder
from gradio_client.utils import is_file_obj_with_meta

# Endpoint: what it cannot do without.
TOOLS = {
    "/chat": ("message",),
    "/create": ("prompt",),
    "/edit": ("picture", "instruction"),
    "/grid": ("prompt",),
    "/reconstruct": ("picture",),
}
FILE = "/gradio_api/file="  # in the addresses of what this page made
# Of use only to who sees the page: pictures while they form, a picture editor's layers, what a conversation was.
FOR_THE_PAGE = ("preview", "mask", "boxed", "history")
MESSAGE = {
    "type": "object",
    "description": "A question, with the pictures that it is about.",
    "properties": {
        "text": {"type": "string", "description": "The question."},
        "files": {
            "type": "array",
            "description": "The pictures.",
            "items": {"type": "string", "format": "a http or https url to a file"},
        },
    },
    "required": ["text"],
}


class Tools(gradio.mcp.GradioMCPServer):
    """gradio's server, with this page's tools alone."""

    def get_tool_to_endpoint(self) -> dict[str, str]:
        there = self.api_info["named_endpoints"]  # a reconstruction-only model has no others
        return {self.tool_prefix + endpoint.removeprefix("/"): endpoint for endpoint in TOOLS if endpoint in there}

    def get_input_schema(
        self, tool_name: str, parameters: dict[str, str] | None = None
    ) -> tuple[dict[str, Any], list[list[str | int]]]:
        schema, file_positions = super().get_input_schema(tool_name, parameters)
        required = TOOLS[self.tool_to_endpoint[tool_name]]
        fields = {name: field for name, field in schema["properties"].items() if name not in FOR_THE_PAGE}
        for name in required:
            fields[name].pop("default", None)
        if "message" in fields:
            fields["message"] = MESSAGE
        return {"type": "object", "properties": fields, "required": list(required)}, file_positions

    def convert_strings_to_filedata(self, value: Any, filedata_positions: list[list[str | int]]) -> Any:
        # gradio knows the place of one file, not those of a list of them.
        files = (value.get("message") or {}).get("files") or ()
        listed = [["message", "files", number] for number in range(len(files))]
        return super().convert_strings_to_filedata(brought_along(value), [*filedata_positions, *listed])

    @staticmethod
    def pop_returned_state(components: Any, data: Any) -> list:
        return data  # gradio's client has left the states out already; gradio would take the next outputs for them

    def postprocess_output_data(self, data: Any, root_url: str) -> list:
        return super().postprocess_output_data([one for output in data for one in taken_apart(output)], root_url)


def brought_along(value: Any) -> Any:
    """Arguments with what this page made itself in place of its address: gradio loads nothing from the machine that it
    runs on, and a picture from one tool could not go into the next."""
    if isinstance(value, dict):
        return {key: brought_along(one) for key, one in value.items()}
    if isinstance(value, list):
        return [brought_along(one) for one in value]
    if isinstance(value, str) and value.startswith("http") and FILE in value:
        path = Path(unquote(value.partition(FILE)[2])).resolve()
        if path.is_relative_to(Path(get_upload_folder()).resolve()) and path.is_file():
            kind = mimetypes.guess_type(path.name)[0] or "image/png"
            return f"data:{kind};base64,{base64.b64encode(path.read_bytes()).decode()}"
    return value


def taken_apart(output: Any) -> list:
    """An output whose pictures stand deep inside it, as in a gallery or a conversation, as its parts; any other as it
    is."""
    if is_file_obj_with_meta(output) or not holds_files(output):
        return [output]
    parts = output.values() if isinstance(output, dict) else output
    return [one for part in parts if part is not None for one in taken_apart(part)]


def holds_files(output: Any) -> bool:
    if isinstance(output, dict):
        return is_file_obj_with_meta(output) or any(map(holds_files, output.values()))
    return isinstance(output, (list, tuple)) and any(map(holds_files, output))


def offer() -> None:
    """Makes gradio serve these tools."""
    gradio.mcp.GradioMCPServer = Tools
