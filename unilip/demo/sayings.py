"""What the page says while it runs, to a visitor whose browser asks for Chinese in Chinese.

The code says everything in English, and says it through `said`. Programs that use the API ask for no language, so they
read English. The fixed words of the page are in `languages`.
"""

import html
import re
from functools import cache

from gradio.context import LocalContext

from unilip.demo.study_sayings import STUDY_SAID

TEXT_NODE = re.compile(r"(?<=>)[^<>]+(?=<)")
SENTENCE_END = re.compile(r"(?<=[.?!])\s+")
MOST_NESTED = 3  # gaps within gaps
CHINESE = "zh-CN"  # alone: for any other, such as "zh", gradio shows the page's fixed words in English

# "{}" stands for anything, which is itself put into Chinese where it is known.
SAID = {
    # progress
    "Starting…": "正在开始……",
    "Stopped": "已停止",
    "Waiting: {} requests before yours, about {} s": "等待中：前面还有 {} 个请求，约 {} 秒",
    "Waiting: {} request before yours, about {} s": "等待中：前面还有 {} 个请求，约 {} 秒",
    "Waiting: {} requests before yours": "等待中：前面还有 {} 个请求",
    "Waiting: {} request before yours": "等待中：前面还有 {} 个请求",
    "Picture {} of {}": "图片 {} / {}",
    "Turning the result into pixels…": "正在把结果变成像素……",
    "{} {} of {}, about {} s left": "{} {} / {}，约剩 {} 秒",
    "Step": "步骤",
    "Round": "轮次",
    "Picture": "图片",
    "{} in {} s": "{}，用时 {} 秒",
    "1 picture": "1 张图片",
    "{} pictures": "{} 张图片",
    "Edited": "编辑完成",
    "Rebuilt": "重建完成",
    "Drawing… step {} of {}": "正在画…… 第 {} 步，共 {} 步",
    "Editing… step {} of {}": "正在编辑…… 第 {} 步，共 {} 步",
    "Drew: {} (seed {})": "已画：{}（种子 {}）",
    "Changed the picture: {} (seed {})": "已改图：{}（种子 {}）",
    "Seed {}, unfinished": "种子 {}，未完成",
    "Seed {}": "种子 {}",
    # faults
    "There is no picture yet.": "还没有图片。",
    "Please add one, or pick an example.": "请添加一张，或选用示例。",
    "Please draw one first.": "请先画一张。",
    "There is no picture to change yet.": "还没有可改的图片。",
    "Please add one, or ask for one: “draw a red cat”.": "请添加一张，或让它画一张：“draw a red cat”。",
    "This picture has not been finished, so there is nothing to vary yet.": "这张图片尚未完成，还不能生成变体。",
    "This picture carries no settings: it was not drawn or edited here, or was saved anew since.": (
        "这张图片不带设置：它不是在这里画或编辑的，或之后被重新保存过。"
    ),
    "Please upload the picture as a file.": "请以文件形式上传图片。",
    "{} is empty.": "{}为空。",
    "Please write something first.": "请先写点什么。",
    "{} has {} characters; please keep it under {}.": "{}有 {} 个字符，请少于 {} 个。",
    "The prompt": "提示",
    "The instruction": "编辑要求",
    "The message": "消息",
    "The name": "名字",
    "The text to keep away from": "要避免的内容",
    "The list of values": "取值列表",
    "{} must be a whole number from {} to {}.": "{}必须是 {} 到 {} 之间的整数。",
    "The number of pictures": "图片张数",
    "The seed": "种子",
    "Steps": "步数",
    "Rounds": "轮数",
    "Variants": "变体数量",
    "Guidance must be a number from {} to {}.": "引导强度必须是 {} 到 {} 之间的数。",
    "The result cannot be saved here: the disk may be full.": "结果无法保存：磁盘可能已满。",
    "Please tell whoever runs this page.": "请告知本页的管理者。",
    "{} requests are waiting already.": "已有 {} 个请求在等待。",
    "Please try again in a minute.": "请一分钟后再试。",
    "The picture came out as values that are not numbers.": "图片的数值已不是有效数字。",
    "Please try a lower guidance.": "请降低引导强度再试。",
    "The model ran out of memory.": "模型的内存不足。",
    "Ask for fewer pictures at once, or use a smaller picture.": "请减少一次的张数，或使用较小的图片。",
    "Something went wrong here, and it is not your fault.": "这里出了问题，不是您的错。",
    "Your input is kept: please try again.": "您的输入已保留，请再试一次。",
    "The text is too long: {} tokens where the model can take {}.": "文字太长：有 {} 个词元，模型最多接受 {} 个。",
    "Please shorten it or, in a chat, start a new conversation.": "请缩短文字；若在聊天中，请开始新对话。",
    "The conversation has {} pictures; at most {} fit.": "对话中有 {} 张图片，最多 {} 张。",
    "Please start a new one.": "请开始新对话。",
    "This model looks at one picture at a time: its answer is about the last one.": (
        "这个模型一次只看一张图片：回答说的是最后一张。"
    ),
    "The file is not a PNG, JPEG, WebP, GIF, BMP or TIFF picture.": "文件不是 PNG、JPEG、WebP、GIF、BMP 或 TIFF 图片。",
    "The file cannot be read as a picture.": "文件无法作为图片读取。",
    "The picture is damaged or incomplete and cannot be read.": "图片已损坏或不完整，无法读取。",
    "The picture is empty: it has no pixels.": "图片是空的：没有像素。",
    "The picture has {} megapixels; at most {} can be used.": "图片有 {} 百万像素，最多可用 {} 百万。",
    "The picture has too many pixels; at most {} megapixels can be used.": "图片像素过多，最多可用 {} 百万像素。",
    "Rows and columns both vary the {}.": "行和列的变量都是{}。",
    "Please choose another setting for one of them.": "请为其中之一另选一项。",
    "That would be {} pictures; at most {} fit in a grid.": "那将是 {} 张图片，网格最多 {} 张。",
    "The first of the words, “{}”, must stand in the prompt: the others replace it.": (
        "第一个词“{}”必须出现在提示中：其他词会替换它。"
    ),
    "{} vary the {}, but no values are given.": "{}的变量是{}，但没有给出取值。",
    "Please list some, with commas between.": "请列出几个，用逗号分隔。",
    "“{}” is not a number, as the {} must be.": "“{}”不是数字，而{}必须是数字。",
    "Columns": "列",
    "Rows": "行",
    "seed": "种子",
    "steps": "步数",
    "guidance": "引导强度",
    "words of the prompt": "提示中的词",
    "This is not a zip file of edits, or it is damaged.": "这不是编辑的 zip 文件，或已损坏。",
    "The zip file is too large to be opened here.": "zip 文件太大，无法在此打开。",
    "The zip file was made by another program, or by a newer UniLIP.": "此 zip 文件由其他程序或更新版的 UniLIP 生成。",
    "The zip file holds {} pictures; it can be 1 to {}.": "zip 文件含有 {} 张图片；可以有 1 到 {} 张。",
    "{} in the zip file: {}": "zip 文件中的 {}：{}",
    "The edits have {} MB; a zip file that can be loaded again has room for {} MB.": (
        "这些编辑共 {} MB；可再次载入的 zip 文件最多 {} MB。"
    ),
    "Please save the pictures one by one.": "请逐张保存图片。",
    "The mask has {} layers; at most {} can be used.": "蒙版有 {} 层，最多可用 {} 层。",
    # what comes back
    "Restored.": "已恢复。",
    "Draw gives the same picture again.": "再按“开始画”即得到同一张图片。",
    "With the picture it was made from, Edit gives the same picture again.": "配上原图，按“编辑”即得到同一张图片。",
    "Restored, but the picture was made by another model ({}): the result will differ.": (
        "已恢复，但这张图片由另一个模型（{}）生成：结果会不同。"
    ),
    "Select one to get its words, seed and settings back.": "选中一张即可找回它的文字、种子和设置。",
    "What you draw and edit is kept here, in this browser alone.": "您画的和编辑的图片保存在这里，仅在此浏览器中。",
    "your picture": "您的图片",
    "Before": "编辑前",
    "After": "编辑后",
    "Change": "变化",
    "Before, after, and in warm colours what the edit changed.": "编辑前、编辑后，暖色为改动之处。",
    "{} of the picture changed noticeably.": "图片的 {} 有明显变化。",
    "{} of the picture changed noticeably; outside the outline, {}.": "图片的 {} 有明显变化；轮廓之外为 {}。",
    "The instruction concerns the whole picture, so nothing had to stay as it was.": (
        "该要求针对整张图片，因此没有必须保持不变的部分。"
    ),
    "Which part the instruction concerns is not known: {}.": "无法得知该要求针对哪一部分：{}。",
    "The outline is around {}: where a small detector, not the model itself, found it before and after, or where the "
    "instruction wants it.": "轮廓围住 {}：由一个小型检测器（并非模型本身）在编辑前后找到的位置，或要求中指明的位置。",
    "The outline is where the model, asked for “{}”, says that it was before.": (
        "轮廓是模型被问及“{}”时所说的编辑前的位置。"
    ),
    "It may be wrong.": "可能有误。",
    "it does not say which thing it means": "没有说明指的是哪个物体",
    "it names no thing that this page knows": "没有提到本页认识的物体",
    "it names no single thing": "没有提到某个物体",
    "no sign of {} before or after": "编辑前后都没有找到 {}",
    "the model gave no place for “{}”": "模型没有给出“{}”的位置",
    "How close the pixels are.": "像素有多接近。",
    "Above 25 dB looks alike.": "高于 25 dB 看起来相似。",
    "How alike the structure is.": "结构有多相似。",
    "1 is identical.": "1 表示完全相同。",
    # under a prompt
    "This small model talks about pictures alone: what is in one, how many, which colour, where.": (
        "这个小模型只谈图片：有什么、有几个、什么颜色、在哪里。"
    ),
    "This small model reads simple English only.": "这个小模型只读得懂简单的英语。",
    "Did you mean {}?": "您是指 {} 吗？",
    "This small model has never seen {} and will guess.": "这个小模型从未见过 {}，只能猜测。",
    "It knows {} things, such as a cat, a bus or an umbrella.": "它认识 {} 种东西，例如猫、公共汽车或雨伞。",
    "It counts only up to four of a thing.": "每种东西它最多数到四个。",
    "Say which {}, such as {}.": "请说出是哪一种 {}，例如 {}。",
    # what runs here
    "What runs here": "运行环境",
    "Model": "模型",
    "Weights": "权重",
    "Device": "设备",
    "Memory": "内存",
    "System": "系统",
    "Packages": "软件包",
    "GPU memory": "显存",
    "{}, {} parameters, {} MB as {}": "{}，{} 个参数，{} MB（{}）",
    "CPU, {} cores, {} used": "CPU，{} 核，使用 {} 核",
    "{} of {} GB free": "可用 {} GB，共 {} GB",
    "There is a GPU that is not used.": "有 GPU 未被使用。",
    "Start with --device cuda.": "请以 --device cuda 启动。",
    "There may be an NVIDIA GPU, but this PyTorch is made for CPUs.": "可能有 NVIDIA GPU，但此 PyTorch 是 CPU 版。",
    "Install one with CUDA to use it.": "请安装支持 CUDA 的版本。",
    "There is no GPU: this model takes minutes for a picture.": "没有 GPU：此模型画一张图要几分钟。",
    "The embedded model is quick.": "内置模型很快。",
    "Memory is short.": "内存不足。",
    "Close other programs, or draw fewer pictures at once.": "请关闭其他程序，或减少一次的张数。",
    **STUDY_SAID,
}


def said(text: str, request=None) -> str:
    """The text, or the texts between the tags of HTML, in the language of the visitor whose request is served.

    Args:
        request: gradio's; by default that of the handler that runs.
    """
    if not speaks_chinese(request or LocalContext.request.get(None)):
        return text
    if text.startswith("<"):
        return TEXT_NODE.sub(lambda node: html.escape(in_chinese(html.unescape(node[0])), quote=False), text)
    return in_chinese(text)


def speaks_chinese(request) -> bool:
    """Whether a browser asks for simplified Chinese before all else."""
    headers = getattr(request, "headers", None) or {}
    return (headers.get("accept-language") or "").split(",")[0].split(";")[0].strip() == CHINESE


def in_chinese(text: str) -> str:
    """What is known of a text in Chinese, as a whole or sentence by sentence; the rest stays as it is."""
    known = _translate(text)
    if known is not None:
        return known
    sentences = SENTENCE_END.split(text)
    return text if len(sentences) < 2 else "".join(_translate(one) or f"{one} " for one in sentences).rstrip()


def _translate(text: str, nested: int = 0) -> str | None:
    if text in SAID:
        return SAID[text]
    for pieces, chinese in templates() if nested < MOST_NESTED else ():
        gaps = fill(pieces, text)
        if gaps and not any(SENTENCE_END.search(gap) for gap in gaps):
            return chinese.format(*(_translate(gap, nested + 1) or gap for gap in gaps))
    return None


def fill(pieces: list[str], text: str) -> list[str] | None:
    """What stands between the pieces in a text that begins with the first and ends with the last, as little as can be
    in each gap; None where they do not fit. In one pass: a visitor's words may be among it, and a regular expression
    would take minutes over some."""
    first, *middle, last = pieces
    end = len(text) - len(last)
    if not text.startswith(first) or not text.endswith(last):
        return None
    gaps, start = [], len(first)
    for piece in middle:
        at = text.find(piece, start + 1, end)
        if at < 0:
            return None
        gaps.append(text[start:at])
        start = at + len(piece)
    return [*gaps, text[start:end]] if start < end else None


@cache
def templates() -> list[tuple[list[str], str]]:
    """The texts of SAID with gaps, as the pieces around these, with what they are in Chinese; longest first."""
    open_ones = sorted((text for text in SAID if "{}" in text), key=lambda text: -len(text))
    return [(text.split("{}"), SAID[text]) for text in open_ones]
