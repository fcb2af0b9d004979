"""The page: its head, its tabs, its look, and how it is served."""

import os
from typing import Any

import gradio as gr

from unilip.demo import parts
from unilip.demo.chat import build_chat_tab
from unilip.demo.compare import build_compare_tab
from unilip.demo.create import build_create_tab
from unilip.demo.edit import build_edit_tab
from unilip.demo.engine import Engine
from unilip.demo.handoffs import connect
from unilip.demo.header import header, knowledge
from unilip.demo.languages import Page, offer_choices
from unilip.demo.preflight import panel
from unilip.demo.reconstruct import build_reconstruct_tab
from unilip.demo.sayings import said
from unilip.demo.settings import Settings
from unilip.demo.studies import Studies
from unilip.demo.visit import build_visit

MAX_FILE_SIZE = "200mb"  # what the Edit tab saves is to be loaded again, see `edit_tree.LARGEST_ZIP`
CLEAN_EVERY = 3600  # seconds
KEEP_FILES = 6 * 3600  # seconds that a visitor's uploads and results stay on disk
FONTS = ("ui-sans-serif", "system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")
MONO_FONTS = ("ui-monospace", "SFMono-Regular", "Menlo", "Consolas", "monospace")


def build_page(engine: Engine, name: str, embedded: bool, studies: Studies) -> gr.Blocks:
    """The page over an engine.

    Args:
        name: what to call the model.
        embedded: whether it is the built-in model, whose small world is then explained.
        studies: what the Compare tab is about.
    """
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    with Page(title="UniLIP", analytics_enabled=False, delete_cache=(CLEAN_EVERY, KEEP_FILES)) as page:
        gr.HTML(header(engine.pipeline, name), padding=False)
        if embedded:
            gr.HTML(knowledge(), padding=False)
        complete = engine.pipeline.transformer is not None  # a reconstruction-only checkpoint has none
        with gr.Tabs(elem_classes="tabs") as tabs:
            if complete:
                with gr.Tab("Chat", id="chat"):
                    chat = build_chat_tab(engine, embedded)
                with gr.Tab("Create", id="create"):
                    create = build_create_tab(engine, embedded)
                with gr.Tab("Edit", id="edit"):
                    edit = build_edit_tab(engine, embedded)
            with gr.Tab("Reconstruct", id="reconstruct"):
                build_reconstruct_tab(engine)
            with gr.Tab("Compare", id="compare"):
                build_compare_tab(page, engine, studies)
        if complete:
            connect(engine, tabs, chat, create, edit, build_visit(create, edit))
        offer_choices(page)
        here = gr.HTML(label="What runs here", show_label=False, padding=False)
        runs_here = panel(engine.pipeline, name, engine.fingerprint)
        page.load(lambda: said(runs_here()), None, here, **parts.PRIVATE)
    # The engine lets one request through at a time and counts who waits; direct posts may not pass by the queue.
    return page.queue(api_open=False, max_size=engine.queue_size)


def launch_options(settings: Settings) -> dict[str, Any]:
    """What `gr.Blocks.launch` is given."""
    return {
        "server_name": settings.host,
        "server_port": settings.port,
        "share": settings.share,
        "mcp_server": settings.mcp,
        # Each waiting request holds a thread; the rest of the page needs some more.
        "max_threads": settings.queue_size + 40,
        "max_file_size": MAX_FILE_SIZE,
        "enable_monitoring": False,
        "run_history": False,
        "show_error": False,
        "ssr_mode": False,
        "footer_links": ["api"],
        "theme": theme(),
        "favicon_path": parts.ASSETS / "favicon.svg",
        "css_paths": parts.ASSETS / "style.css",
        "js": (parts.ASSETS / "mend.js").read_text(encoding="utf-8").partition("\n")[2],
    }


def theme() -> gr.themes.Base:
    """Quiet surfaces, one accent, the visitor's own fonts: nothing is loaded from elsewhere."""
    return gr.themes.Base(
        primary_hue="indigo",
        secondary_hue="indigo",
        neutral_hue="slate",
        radius_size="lg",
        font=FONTS,
        font_mono=MONO_FONTS,
    ).set(
        body_background_fill="*neutral_50",
        body_background_fill_dark="*neutral_950",
        body_text_color_subdued="*neutral_500",
        body_text_color_subdued_dark="*neutral_400",
        # Fields stand on the page itself; what holds pictures or text gets a frame in style.css.
        block_background_fill="transparent",
        block_background_fill_dark="transparent",
        block_border_width="0px",
        block_padding="0",
        block_shadow="none",
        block_title_text_weight="600",
        block_title_text_color="*neutral_800",
        block_title_text_color_dark="*neutral_100",
        block_label_background_fill="*background_fill_primary",
        block_label_background_fill_dark="*background_fill_primary",
        block_label_border_width="0px",
        form_gap_width="0px",
        input_background_fill="*background_fill_primary",
        input_background_fill_dark="*neutral_900",
        input_border_width="1px",
        input_border_color="*neutral_300",
        input_border_color_dark="*neutral_700",
        input_border_color_focus="*primary_500",
        input_border_color_focus_dark="*primary_400",
        button_primary_background_fill="*primary_600",
        button_primary_background_fill_hover="*primary_700",
        button_primary_background_fill_dark="*primary_600",
        button_primary_background_fill_hover_dark="*primary_500",
        button_primary_text_color="white",
        slider_color="*primary_600",
        slider_color_dark="*primary_400",
    )
