"""The changes that one instruction asks for, taken apart for a small model that loses one of two."""

import re

VERBS = (
    "add|put|place|insert|draw|include|remove|delete|erase|take|get rid of|replace|swap|switch|change|turn|make|paint|"
    "colou?r|recolou?r|set|use|move|shift|bring|shrink|enlarge|cut|extract|isolate|convert|invert|give|i want"
)
# Only what goes on with a verb is a change of its own: "a cat and a dog" are one, "and make sure" asks nothing.
JOINT = re.compile(
    r"(?:\s*[,;.!]\s*(?:and\s+)?|\s+(?:and|&)\s+|\s+(?=then\b))(?:(?:then|also|after that)\s+)*"
    rf"(?=(?:(?:please|now|just|can you|could you)\s+)*(?:{VERBS})\b(?!\s+(?:of|sure)\b))",
    re.IGNORECASE,
)
PRONOUN = re.compile(r"\b(?:it|them)\b", re.IGNORECASE)
COLORS = "red|orange|yellow|green|blue|purple|violet|pink|brown|black|white|gr[ae]y"
# "the red cat" of "make the red cat blue", "a dog" of "turn the cat into a dog".
THING = (
    r"\s+((?:[\w'-]+\s+)*?[\w'-]+)"
    rf"(?=\s+(?:{COLORS}|to|into|in|on|at|by|with|for|from|of|left|right|up|down|away|out|above|below|under|beneath|"
    r"over|beside|near|next|behind|bigger|larger|smaller)\b|\W*$)"
)
NEW = re.compile(rf"\b(?:to|into|by|with|for)\s+an?{THING}", re.IGNORECASE)
NAMED = re.compile(rf"\b(?:the|an?|another|one more|my|this|that){THING}", re.IGNORECASE)


def separated(instruction: str) -> list[str]:
    """The instruction's changes in order, each as an instruction of its own, with "the cat" for "it" where that was
    named in the change before."""
    changes = [change.strip() for change in JOINT.split(instruction.strip())]
    for place, (before, change) in enumerate(zip(changes, changes[1:], strict=False)):
        if named := NEW.search(before) or NAMED.search(before):
            # As it may look by now, a colour would not find it.
            noun = re.sub(rf"^(?:(?:{COLORS})\s+)+(?=\w)", "", named[1], flags=re.IGNORECASE)
            changes[place + 1] = PRONOUN.sub(f"the {noun}", change)
    return changes
