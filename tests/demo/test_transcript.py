"""A conversation as Markdown: who said what, with the pictures, and text that stays text."""

import zipfile

from PIL import Image

from unilip.demo.chat import write_markdown


def test_turns_and_pictures_are_in_order(tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "cat.png")
    history = [
        {"role": "user", "content": [{"path": str(tmp_path / "cat.png")}]},
        {"role": "user", "content": [{"type": "text", "text": "What is it?"}]},
        {"role": "assistant", "content": [{"type": "text", "text": "a *cat* <b>"}]},
    ]
    write_markdown(tmp_path / "conversation.zip", history)
    with zipfile.ZipFile(tmp_path / "conversation.zip") as file:
        text = file.read("conversation.md").decode()
        assert file.read("1.png") == (tmp_path / "cat.png").read_bytes()
    assert (
        text.index("**You**") < text.index("![picture 1](1.png)") < text.index("What is it?") < text.index("**UniLIP**")
    )
    assert text.count("**You**") == 1
    assert "a \\*cat\\* \\<b\\>" in text
