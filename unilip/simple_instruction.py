"""What people ask of a picture, in words that a small model has learned: "remove the cat" for "lose the cat"."""

import re

from unilip.simple_text import COLORS, simplified

# What a phrase with "a" may tell instead of a thing to be added: "a blue background", "a sketch", "a bit".
NO_THINGS = (
    r"background|colou?r|style|look|size|tint|picture|image|photo|drawing|painting|sketch|poster|version|frame|border|bit|"
    r"lot|little|that|which|what|different|try|more|less|bigger|larger|smaller|darker|lighter|brighter"
)
# Not beyond the next change where one is not taken apart: "the cat and the dog", not "the cat and make it red".
WORDS = r"[\w'-]+(?: (?!then\b|instead\b|and (?!(?:the|my|this|that|an?)\b))[\w'-]+)*?"
PARTS = {
    "new": rf"(?:an?|another|one|two|three|four|some) "
    rf"(?!of |(?:(?!in |on |at |to )[\w'-]+ )*?(?:{NO_THINGS})s?\b){WORDS}",
    "old": rf"(?:(?:the|my|this|that|these|those|both)(?! background\b| {NO_THINGS}) {WORDS}|it|them)",
    "thing": rf"(?!(?:{NO_THINGS}|one|way|idea|change|problem|need|thank)s?\b){WORDS}",
    "color": rf"(?:(?:light|dark) )?(?:{COLORS})",
    "scene": "(?:beach|snow|grass|meadow|sea|water|desert|road|street|night sky|sky|sunset|night|sand|wooden floor)",
    "where": "(?:(?:to|on|in|at) the (?:top|bottom|upper|lower|left|right|middle|cent(?:er|re))"
    "(?: (?:left|right|corner|side))*|up|down)",
}
PICTURE = r"(?:it|the (?:picture|image|photo|scene))"
ALL = rf"(?:this(?: picture| image| photo| scene)?|everything|{PICTURE})"
PIXELS = r"(?:(?:big )?pixel(?:[ -]?art|ated|s)?|(?:8|16)[ -]?bit(?: pixel art)?)"
THERE = rf"(?: there| in {PICTURE}| to {PICTURE})?"
WISH = r"(?:i want|i would like|i'd like|i need)"
PREFER = rf"(?:(?:{WISH}|use|put|have|make it) )?"
MUCH = r"(?:(?:a (?:bit|little|lot)|much|way|even|slightly|somewhat) )"
AT = r"(?:at|in|on|to|into|by|under) (?:the |an? )?"
COURTESIES = "please|pls|plz|thanks|thank you|thx|ok|okay|now|as well|too|also|anymore|any more"
AROUND = (
    r"(?:(?:please|pls|now|just|also|and|but|then|can you|could you)\b,? )*",
    rf"(?:,? (?:{COURTESIES}))*[ .!?]*",
)

FORMS = {
    "add {new}": [
        r"(?:and|also|plus|with|now with) {new}",
        rf"(?:there (?:should|could|must) be|let there be|can (?:there be|i have|we have)|could i have) {{new}}{THERE}",
        rf"(?:{PICTURE} (?:needs|should have)|we need|include|throw in|show|create|have) {{new}}{THERE}",
        rf"{WISH} (?!\w+ (?:{COLORS})\b){{new}}{THERE}",
        r"make {new} appear",
        rf"give {PICTURE} {{new}}",
    ],
    "add {new} next to {old}": [r"give {old} {new}", r"{old} (?:needs|should (?:have|hold|get)) {new}"],
    "remove {old}": [
        r"(?:lose|hide|clear|eliminate|wipe (?:out|away)|kill|eat) {old}",
        rf"(?:i (?:do not|don't) (?:want|need|like)|without) {{old}}{THERE}",
        r"{old} (?:should|must|has to) (?:go|go away|disappear|vanish|be gone|be removed|leave)",
        r"make {old} (?:disappear|vanish|go away|go|invisible)",
    ],
    "remove the {thing}": [
        rf"(?:no|no more|without(?: an?| any)?|i (?:do not|don't) want (?:an?|any)) {{thing}}{THERE}",
        rf"there should(?: be no|n't be an?|n't be any| not be an?| not be any) {{thing}}{THERE}",
    ],
    "replace {old} with {new}": [
        rf"{PREFER}{{new}} instead of {{old}}",
        rf"instead of {{old}},? {PREFER}{{new}}",
        r"(?:exchange|trade) {old} (?:for|with) {new}",
        r"transform {old} (?:in)?to {new}",
    ],
    "replace the {thing} with {new}": [
        rf"{PREFER}{{new}} instead of an? {{thing}}",
        rf"instead of an? {{thing}},? {PREFER}{{new}}",
    ],
    "make {old} {color}": [r"{old} in {color}", r"give {old} an? {color} (?:colou?r|tint|paint(?: job)?)"],
    "make them all {color}": [
        r"(?:make|paint|colou?r|turn) (?:everything|all|all (?:the )?things|all of them|both|both of them) {color}",
    ],
    "make {old} bigger": [
        rf"make {{old}} {MUCH}(?:bigger|larger)",
        r"make {old} (?:very|really|so|super|twice as|two times as|extra) (?:big|large)",
        r"make {old} (?:giant|gigantic|enormous|grow|(?:twice|double) (?:the|its) size)",
        r"(?:scale up|blow up|upscale|increase the size of|double the size of|zoom in on|zoom in to) {old}",
        r"{old} is too (?:small|little|tiny)",
    ],
    "make the {thing} bigger": [r"an? (?:bigger|larger) {thing}"],
    "make {old} smaller": [
        rf"make {{old}} {MUCH}smaller",
        r"make {old} (?:(?:very|really|so|super|extra) (?:small|little|tiny)|half as (?:big|large))",
        r"make {old} (?:small|little|tiny|shrink|half (?:the|its) size)",
        r"(?:scale down|downscale|decrease the size of|reduce the size of|halve the size of) {old}",
        r"{old} is too (?:big|large|huge)",
    ],
    "make the {thing} smaller": [r"an? smaller {thing}"],
    "make the background white": [
        r"(?:remove|delete|erase|clear|get rid of|take away|lose|drop) (?:the |its )?background",
        r"(?:no|without (?:a|the|any)) background",
        r"make (?:the )?background (?:empty|blank|plain|clean)",
    ],
    "change the background to {scene}": [
        r"(?:make|turn) (?:it|everything|this) (?:into )?(?:an? |the )?{scene}",
        rf"make it {AT}{{scene}}",
        rf"(?:take|move|bring|send) {{old}} {AT}{{scene}}",
        rf"(?:{WISH} |let )?{{old}} (?:(?:should|to) be |be |is |are )?(?:now )?{AT}{{scene}}",
    ],
    "change the background to night": [r"(?:(?:make|put|set) it )?(?:at|by) night"],
    "make it a pencil sketch": [rf"(?:make|turn) (?:this|{PICTURE}) (?:look like |into )?a drawing"],
    "make it pixel art": [
        rf"(?!(?:(?:make it|turn it into) pixel art|pixel art style){AROUND[1]}$)"
        rf"(?:(?:make|turn|convert|change|transform) )?(?:{ALL} )?"
        rf"(?:(?:look|in|into|to|like|as|an?) )*{PIXELS}(?: (?:art|style|look|picture|image))*",
        rf"(?!pixelate it{AROUND[1]}$)pixel(?:ate|i[sz]e)(?: {ALL})?",
    ],
    "put {old} {where}": [
        r"{old} (?:should|must) (?:be|go|move|stand|sit) {where}",
        rf"{WISH} {{old}} (?:to (?:be|go|move|stand|sit) )?{{where}}",
        r"(?:let|have) {old} (?:be|go|move|stand|sit) {where}",
    ],
}
GROUPS = {name: f"(?P<{name}>{part})" for name, part in PARTS.items()}
PATTERNS = [
    (re.compile(form.format(**GROUPS).join(AROUND), re.IGNORECASE), simple)
    for simple, forms in FORMS.items()
    for form in forms
]


def simple_instruction(instruction: str) -> str:
    """One change of a picture in the words of `FORMS`, or as it is where none of them is meant."""
    text = simplified(instruction)
    for pattern, simple in PATTERNS:
        if found := pattern.fullmatch(text):
            return simple.format(**{name: part.lower() for name, part in found.groupdict().items()})
    return instruction
