"""The page in the visitor's language: gradio's own words are in many, and the page's fixed words also in Chinese.

The code says everything in English. `translate` goes over a finished page and marks each text that `CHINESE` has, so
that the browser puts the visitor's language there. What is said while the page runs is in `sayings`.
"""

import html
import json
import re
from collections.abc import Iterator
from typing import Any

import gradio as gr

from unilip.demo.sayings import TEXT_NODE, said, speaks_chinese

PROPERTIES = ("label", "info", "placeholder")
SPEAKING = (gr.Button, gr.DownloadButton, gr.HTML, gr.Markdown)  # whose values are the page's words, not a visitor's
MARKER = re.compile(r"__i18n__(\{[^{}]*\})")

CHINESE = {
    # everywhere
    "One model that sees, draws, edits and rebuilds pictures.": "一个模型，能看图、画图、改图，也能重建图片。",
    "A small model in a small world.": "小世界里的小模型（只懂英语）。",
    (
        "Its words: 64 emoji, 11 colours, one to four of a thing, left, right, above, below and simple backgrounds. "
        "Still in training: nine answers in ten are right, drawings follow the words but are soft, and one edit in "
        "four goes wrong yet."
    ): (
        "它的词汇：64 种表情符号、11 种颜色、每种一到四个、左右上下和简单背景。仍在训练：十个回答中九个正确，"
        "图画符合描述但较模糊，四次编辑中约有一次还会出错。"
    ),
    "See all": "查看全部",
    "64 objects": "64 种物体",
    "11 colours": "11 种颜色",
    "Places": "位置",
    "Numbers": "数量",
    "Backgrounds": "背景",
    "Styles": "风格",
    "Advanced settings": "高级设置",
    "Ask about this": "就此提问",
    "Chosen for you": "自动选择",
    "Edit this": "编辑这张",
    "for example: blurred": "例如：blurred",
    "for example: dog": "例如：dog",
    "Guidance": "引导强度",
    "How closely to follow your words. 1 turns it off.": "多大程度上遵循您的文字。1 表示关闭。",
    "Keep away from": "避免出现",
    "Keep this seed": "保留此种子",
    "More steps take longer and may add detail.": "步数越多耗时越长，细节可能更丰富。",
    "Note": "备注",
    "Seed": "随机种子",
    "Status": "状态",
    "Steps": "步数",
    "Stop": "停止",
    "Takes up to 15 % of the time.": "最多占用 15% 的时间。",
    "The same seed gives the same picture.": "相同的种子得到相同的图片。",
    "Try one of these": "试试这些",
    "Vary this": "生成变体",
    "What runs here": "运行环境",
    "What should not be in the picture. Usually empty.": "图片中不应出现的内容，通常留空。",
    "Your picture": "您的图片",
    # chat
    "Chat": "聊天",
    "Conversation": "对话",
    "### Ask about a picture, or for one\nAdd one, say “draw a red cat”, or start with one of these.": (
        "### 就图片提问，或者让它画一张\n添加图片，输入“draw a red cat”，或从下面的示例开始。（请用英语）"
    ),
    "Message": "消息",
    "Ask about a picture, “draw …” or “make it …”": "就图片提问，或输入“draw …”“make it …”",
    "New conversation": "新对话",
    "Save as Markdown": "保存为 Markdown",
    "Camera": "相机",
    "Take a picture": "拍一张照片",
    "Reply": "回复方式",
    "Auto": "自动",
    "Answer": "回答",
    "Drawing": "画图",
    # create
    "Create": "创作",
    "What shall I draw?": "要画什么？（请用英语）",
    "How many": "张数",
    "Draw": "开始画",
    "Pictures": "图片",
    "Show pictures while they form": "显示图片的形成过程",
    "A grid of settings": "参数网格",
    "Draws the prompt many times with two settings varied. Everything else is as set on this page.": (
        "改变两项设置，把同一提示画很多遍。其余设置与本页相同。"
    ),
    "Rows vary": "行的变量",
    "Columns vary": "列的变量",
    "Values": "取值",
    "1, 2, 3": "1, 2, 3",
    "nothing": "无",
    "seed": "种子",
    "steps": "步数",
    "guidance": "引导强度",
    "words of the prompt": "提示中的词",
    "Draw the grid": "画出网格",
    "Grid": "网格",
    "Restore from a picture": "从图片恢复设置",
    "Every PNG made here carries its prompt, seed and settings. Drop one to get them back.": (
        "这里生成的每张 PNG 都带有提示、种子和设置。拖入一张即可恢复。"
    ),
    "Picture": "图片",
    # edit
    "Edit": "编辑",
    "What shall I change?": "要改什么？（请用英语）",
    "Ideas": "建议",
    "Suggest edits": "给些建议",
    "Before and after": "编辑前后",
    "Continue from this result": "在此结果上继续",
    "Undo this edit": "撤销此次编辑",
    "What changed": "有何变化",
    "Before, after, and what changed": "编辑前、编辑后与变化",
    "Change": "变化",
    "Outline what was asked for": "标出要求改动的部分",
    "Before, after, and in warm colours what the edit changed.": "编辑前、编辑后，暖色为改动之处。",
    "Change only a part": "只改一部分",
    "Paint over what may change": "涂抹允许改动的部分",
    "As a box": "按方框",
    "All in the box around what you painted may change: a stroke across is enough.": (
        "涂抹部分外框内的一切都可改动：斜着画一笔即可。"
    ),
    "How many variants": "变体数量",
    "Pad to a square": "填充为正方形",
    "The model works on squares. A picture of another shape is squashed unless this is on.": (
        "模型处理正方形图片。若不开启，其他形状的图片会被压缩变形。"
    ),
    "The result": "结果",
    "Show the picture while it forms": "显示图片的形成过程",
    "Load edits from a zip file": "从 zip 文件载入编辑",
    "Your edits": "您的编辑",
    "Your edits.": "您的编辑。",
    "Select one to show it, then continue from there.": "选中一个即可查看，并从那里继续。",
    "Download all edits": "下载全部编辑",
    "As the model draws it": "模型的原始输出",
    "With my picture's own pixels where nothing changed": "未改动处保留我图片的原像素",
    "The same, as large as my picture": "同上，尺寸与我的图片相同",
    # reconstruct
    "Reconstruct": "重建",
    "Rounds": "轮数",
    "Rebuild the result again and again.": "对结果反复重建。",
    "Rebuild": "重建",
    "Input and output": "输入与输出",
    "Scores": "得分",
    "The scores appear here.": "得分显示在这里。",
    "PSNR in dB after each round": "每轮之后的 PSNR（dB）",
    "Look closer": "仔细看看",
    "Difference, 4 times as bright": "差异（亮度放大 4 倍）",
    "The latent channels": "潜变量通道",
    # compare
    "Compare": "对比",
    "Welcome": "欢迎",
    "Which picture is better?": "哪张图片更好？",
    (
        "Judge edits side by side, without knowing who made which. The example study asks whether gentle or firm "
        "guidance edits better. This page first makes its 60 pictures; you can stop that and go on later. You are both "
        "its annotator and its owner, so that you see its results as well."
    ): (
        "并排评判编辑结果，而不知道出自何者。示例研究比较弱引导与强引导哪个编辑得更好。本页会先生成 60 张图片；"
        "您可以随时停止，之后再继续。您既是标注者也是所有者，因此也能看到结果。"
    ),
    "Try the example study": "试试示例研究",
    "I have an invitation": "我有邀请码",
    "Paste its token": "粘贴邀请码",
    "Enter": "进入",
    "Join an open study": "加入公开的研究",
    "Your name": "您的名字",
    "What the study's owner sees": "研究的所有者会看到",
    "Join": "加入",
    "Join as who I am signed in as": "以登录的身份加入",
    "What was asked": "编辑要求",
    "Input": "输入",
    "Left": "左",
    "Right": "右",
    "Left better (1)": "左边更好 (1)",
    "Right better (2)": "右边更好 (2)",
    "Tie (3)": "不分上下 (3)",
    "Both bad (4)": "都不好 (4)",
    "Undo (z)": "撤销 (z)",
    "Skip (space)": "跳过（空格）",
    "Come back to the skipped ones": "回到跳过的",
    "Leave": "离开",
    "Changed on the left": "左边的改动",
    "Changed on the right": "右边的改动",
    "Say more": "补充说明",
    "As much as you like, before you vote.": "投票之前，想说多少都可以。",
    "Left: Does what was asked": "左：符合要求",
    "Left: Looks good": "左：好看",
    "Left: Keeps the rest": "左：其余不变",
    "Left: What is wrong": "左：有何问题",
    "Right: Does what was asked": "右：符合要求",
    "Right: Looks good": "右：好看",
    "Right: Keeps the rest": "右：其余不变",
    "Right: What is wrong": "右：有何问题",
    "Not done": "没有完成",
    "Changed too much": "改动过多",
    "No longer the same": "不再是原物",
    "Flaws": "有瑕疵",
    "Anything else": "其他意见",
    "Closer (+)": "放大 (+)",
    "Farther (-)": "缩小 (-)",
    "Whole (0)": "全图 (0)",
    "Mark a fault (b)": "标出缺陷 (b)",
    "How to look and mark": "如何查看与标注",
    "Closer with the wheel or two fingers, too: all pictures move together, also by the arrow keys.": (
        "也可用滚轮或双指放大：所有图片一同移动，也可用方向键移动。"
    ),
    (
        "Drag a box around what is wrong with a result; a click on it takes the box away. By keys: the arrows move a "
        "box, with shift they size it, x goes to the other result, delete takes the box away."
    ): (
        "在有问题的地方拖出方框；点击方框即可去掉。键盘操作：方向键移动方框，按住 shift 调整大小，x 换到另一张结果，"
        "delete 去掉方框。"
    ),
    "Left over right": "左图叠在右图上",
    "Your token, to go on elsewhere": "您的邀请码，可在别处继续",
    "Token": "邀请码",
    (
        "This browser remembers your place in the study. To go on in another one, paste this token there under “I have "
        "an invitation”, and show it to nobody."
    ): "此浏览器会记住您的进度。若要换浏览器继续，请在那里的“我有邀请码”处粘贴它，且不要给别人看。",
    "Results": "结果",
    "Leave out the votes of flagged annotators": "不计被标记的标注者的投票",
    "Count again": "重新统计",
    "Votes as JSONL": "投票（JSONL）",
    "Votes as CSV": "投票（CSV）",
    "Report as HTML": "报告（HTML）",
    # a study of one's own
    "Make a study of your own": "创建自己的研究",
    "About": "说明",
    "For researchers. Give what is to be judged as a table, .csv or .jsonl, with the columns": (
        "供研究者使用。请以表格（.csv 或 .jsonl）给出待评判的内容，列为"
    ),
    "Table or zip file": "表格或 zip 文件",
    "Title": "标题",
    "What annotators see": "标注者看到的标题",
    "Who is compared": "比较对象",
    (
        "One a line: a name and settings of this model (steps, guidance, negative_prompt, letterbox, own_pixels), or "
        "the name of a folder with pictures in the zip file."
    ): "每行一个：名称加本模型的设置（steps、guidance、negative_prompt、letterbox、own_pixels），"
    "或 zip 文件中图片文件夹的名称。",
    "Share shown twice": "重复展示的比例",
    "Tells how steady the votes are.": "用于检验投票是否稳定。",
    "Annotators for each pair": "每对的标注者人数",
    "0: everybody judges every pair.": "0：每个人评判每一对。",
    "Anyone may join": "任何人都可加入",
    "Else only those whom you invite.": "否则仅限您邀请的人。",
    "Make the study": "创建研究",
    "Load exported votes": "载入已导出的投票",
    "Run the study": "管理研究",
    "Studies that you run": "您管理的研究",
    "Overview": "概览",
    "Make the pictures": "生成图片",
    "Look again": "刷新",
    "Annotator": "标注者",
    "A name": "名字",
    "Who is invited again gets a new token, and the old one no longer works.": (
        "再次邀请会得到新的邀请码，旧的随即失效。"
    ),
    "Invite": "邀请",
    "Flag": "标记",
    "Take the flag back": "取消标记",
    "The annotator's token": "标注者的邀请码",
    (
        "Send this token on. Whoever pastes it under “I have an invitation” judges by that name; it is shown once."
    ): "请转交此邀请码。在“我有邀请码”处粘贴它的人即以该名字评判；它只显示一次。",
    "The owner's token": "所有者的令牌",
    (
        "Whoever has this token runs the study: keep it where others cannot see it, and give it to nobody who only "
        "judges. This browser remembers it; elsewhere, paste it under “I have an invitation”."
    ): "持有此令牌者管理研究：请妥善保管，不要交给只做评判的人。此浏览器会记住它；在别处，请粘贴到“我有邀请码”。",
    "Delete or leave": "删除或退出",
    "Endings": "删除或退出的说明",
    (
        "A deleted study is gone for good, with its votes. If you only stop running it here, the study goes on, and "
        "this browser forgets the token: keep it first, see “The owner’s token” above."
    ): "删除的研究连同投票都无法恢复。若只是不再在此管理，研究仍会继续，但此浏览器会忘记令牌：请先在上面保存它。",
    "The study's title, to delete it": "输入研究标题以删除",
    "Delete the study": "删除研究",
    "Stop running it here": "不再在此管理",
    # visit
    "Your results": "您的结果",
    "What you draw and edit is kept here, in this browser alone.": "您画的和编辑的图片保存在这里，仅在此浏览器中。",
    "Your results, the latest first": "您的结果，最新的在前",
    "Forget all": "全部忘记",
}


class Page(gr.Blocks):
    """A page in the visitor's language; its API speaks English, whatever its labels are marked with."""

    def launch(self, *args, **named):
        if named.get("mcp_server"):
            from unilip.demo.tools import offer  # which needs a package that only this needs

            offer()
        return super().launch(*args, i18n=translate(self), **named)

    async def process_api(self, block_fn, inputs, state=None, request=None, **named):
        try:
            return await super().process_api(block_fn, inputs, state, request, **named)
        except gr.Error as error:
            # Here, since an error may come from where no request is known: a component, or the model's thread.
            if speaks_chinese(request):
                # A message may hold what a visitor wrote, so it is HTML.
                error.message = html.escape(said(html.unescape(error.message), request), quote=False)
            raise

    def get_api_info(self, *args, **named) -> dict[str, Any] | None:
        return in_english(super().get_api_info(*args, **named))


def translate(page: gr.Blocks) -> gr.I18n:
    """Marks the fixed texts of a page; what it returns is for `launch`, which gives it to the browser."""
    english, chinese = {}, {}
    for block, name, text in fixed_texts(page):
        said = in_chinese(text)
        if said is not None:
            english[text], chinese[text] = text, said
            setattr(block, name, str(gr.I18n()(text)))
    return gr.I18n(**{"en": english, "zh-CN": chinese})


def fixed_texts(page: gr.Blocks) -> Iterator[tuple[gr.blocks.Block, str, str]]:
    """Each block with a text, the property that holds it, and the text."""
    for block in page.blocks.values():
        for name in (*PROPERTIES, "value") if isinstance(block, SPEAKING) else PROPERTIES:
            text = getattr(block, name, None)
            if isinstance(text, str) and text:
                yield block, name, text


def offer_choices(page: gr.Blocks) -> None:
    """Choices are out of the browser's reach: whoever opens the page is given them in the language asked for. What is
    chosen keeps its English value."""
    blocks = [block for block in page.blocks.values() if isinstance(block, (gr.Radio, gr.Dropdown, gr.CheckboxGroup))]
    blocks = [block for block in blocks if any(label in CHINESE for label, _ in block.choices)]

    def translated(request: gr.Request):
        if not speaks_chinese(request):
            return [gr.skip()] * len(blocks)
        offered = [[(CHINESE.get(label, label), value) for label, value in block.choices] for block in blocks]
        return [type(block)(choices=choices) for block, choices in zip(blocks, offered, strict=True)]

    page.load(translated, None, blocks, api_visibility="private", queue=False, show_progress="hidden")


def in_chinese(text: str) -> str | None:
    """A text in Chinese, or HTML with what is known of it; None where nothing is."""
    if not text.startswith("<"):
        return CHINESE.get(text)
    said = TEXT_NODE.sub(lambda node: CHINESE.get(html.unescape(node[0]).strip(), node[0]), text)
    return None if said == text else said


def in_english(told: Any) -> Any:
    """What is said of the API, without marks."""
    match told:
        case dict():
            return {key: in_english(value) for key, value in told.items()}
        case list() | tuple():
            return [in_english(value) for value in told]
        case str():
            return MARKER.sub(lambda marker: json.loads(marker[1])["key"], told)
    return told
