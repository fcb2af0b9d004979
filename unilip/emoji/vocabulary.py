"""The words of the emoji world: objects, colours, backgrounds, styles and numbers, and other ways to say them."""

from typing import NamedTuple

CANVAS = 256  # edge of a picture, in pixels

# Object name (GenEval's class name) to the code point that names its picture in the art package.
OBJECTS: dict[str, str] = {
    "cat": "1f408",
    "dog": "1f415",
    "horse": "1f434",
    "cow": "1f404",
    "elephant": "1f418",
    "bear": "1f43b",
    "zebra": "1f993",
    "giraffe": "1f992",
    "car": "1f697",
    "bus": "1f68c",
    "bicycle": "1f6b2",
    "airplane": "2708-fe0f",
    "boat": "26f5",
    "apple": "1f34e",
    "banana": "1f34c",
    "orange": "1f34a",
    "broccoli": "1f966",
    "carrot": "1f955",
    "hot dog": "1f32d",
    "pizza": "1f355",
    "donut": "1f369",
    "cake": "1f370",
    "chair": "1fa91",
    "couch": "1f6cb-fe0f",
    "potted plant": "1fab4",
    "bed": "1f6cf-fe0f",
    "toilet": "1f6bd",
    "tv": "1f4fa",
    "laptop": "1f4bb",
    "computer mouse": "1f5b1-fe0f",
    "computer keyboard": "2328-fe0f",
    "cell phone": "1f4f1",
    "book": "1f4d5",
    "clock": "1f570-fe0f",
    "vase": "1f3fa",
    "scissors": "2702-fe0f",
    "teddy bear": "1f9f8",
    "toothbrush": "1faa5",
    "sports ball": "26bd",
    "kite": "1fa81",
    "skateboard": "1f6f9",
    "tennis racket": "1f3be",
    "wine glass": "1f377",
    "cup": "2615",
    "fork": "1f374",
    "knife": "1f52a",
    "spoon": "1f944",
    "bowl": "1f963",
    "sandwich": "1f96a",
    "traffic light": "1f6a6",
    "stop sign": "1f6d1",
    "bird": "1f426",
    "sheep": "1f411",
    "backpack": "1f392",
    "umbrella": "2602-fe0f",
    "handbag": "1f45c",
    "tie": "1f454",
    "suitcase": "1f9f3",
    "frisbee": "1f94f",
    "skis": "1f3bf",
    "snowboard": "1f3c2",
    "train": "1f682",
    "truck": "1f69a",
    "motorcycle": "1f3cd-fe0f",
}

IRREGULAR_PLURALS = {
    "bus": "buses",
    "couch": "couches",
    "computer mouse": "computer mice",
    "broccoli": "broccoli",
    "scissors": "scissors",
    "toothbrush": "toothbrushes",
    "wine glass": "wine glasses",
    "knife": "knives",
    "sandwich": "sandwiches",
    "sheep": "sheep",
    "skis": "skis",
}
PLURALS: dict[str, str] = {name: IRREGULAR_PLURALS.get(name, name + "s") for name in OBJECTS}

# Other words for an object; each is a singular that takes a regular plural (see `captions.pluralize`).
SYNONYMS: dict[str, tuple[str, ...]] = {
    "cat": ("kitty", "kitten"),
    "dog": ("puppy", "doggy"),
    "horse": ("pony",),
    "car": ("automobile", "auto"),
    "bicycle": ("bike",),
    "airplane": ("plane", "aeroplane", "aircraft", "jet"),
    "boat": ("sailboat", "sailing boat", "ship"),
    "hot dog": ("hotdog",),
    "pizza": ("pizza slice", "slice of pizza"),
    "donut": ("doughnut",),
    "cake": ("piece of cake", "slice of cake"),
    "couch": ("sofa", "settee"),
    "potted plant": ("plant", "pot plant", "houseplant"),
    "toilet": ("wc",),
    "tv": ("television", "tv set", "telly"),
    "laptop": ("notebook computer", "laptop computer", "computer"),
    "computer mouse": ("mouse",),
    "computer keyboard": ("keyboard",),
    "cell phone": ("phone", "mobile phone", "smartphone", "cellphone"),
    "vase": ("amphora", "urn"),
    "scissors": ("pair of scissors",),
    "teddy bear": ("teddy", "stuffed bear"),
    "sports ball": ("ball", "soccer ball", "football"),
    "tennis racket": ("racket", "tennis racquet"),
    "wine glass": ("glass of wine", "wineglass"),
    "cup": ("cup of coffee", "coffee cup", "mug"),
    "traffic light": ("stoplight", "traffic signal"),
    "bowl": ("dish",),
    "backpack": ("rucksack", "school bag"),
    "umbrella": ("brolly", "parasol"),
    "handbag": ("purse", "bag"),
    "tie": ("necktie",),
    "suitcase": ("luggage", "travel bag"),
    "frisbee": ("flying disc",),
    "skis": ("ski", "pair of skis"),
    "snowboard": ("snowboarder",),
    "train": ("steam train", "locomotive"),
    "truck": ("lorry",),
    "motorcycle": ("motorbike",),
    "bird": ("birdie",),
    "sheep": ("lamb",),
}

CATEGORIES: dict[str, tuple[str, ...]] = {
    "animal": ("cat", "dog", "horse", "cow", "elephant", "bear", "zebra", "giraffe", "bird", "sheep"),
    "vehicle": ("car", "bus", "bicycle", "airplane", "boat", "train", "truck", "motorcycle"),
    "food": ("apple", "banana", "orange", "broccoli", "carrot", "hot dog", "pizza", "donut", "cake", "sandwich"),
    "fruit": ("apple", "banana", "orange"),
    "furniture": ("chair", "couch", "bed"),
}

# The colour of an object as the artist made it, only where one word says it beyond doubt.
NATURAL_COLORS: dict[str, str] = {
    "horse": "brown",
    "elephant": "gray",
    "bear": "brown",
    "car": "red",
    "apple": "red",
    "banana": "yellow",
    "orange": "orange",
    "broccoli": "green",
    "carrot": "orange",
    "chair": "brown",
    "couch": "blue",
    "bed": "blue",
    "tv": "gray",
    "book": "red",
    "clock": "brown",
    "vase": "brown",
    "fork": "gray",
    "spoon": "gray",
    "bowl": "blue",
    "stop sign": "red",
    "bird": "red",
    "sheep": "white",
    "umbrella": "purple",
    "suitcase": "blue",
    "frisbee": "blue",
    "traffic light": "black",
    "motorcycle": "red",
}

# GenEval's eleven colours, as sRGB.
COLORS: dict[str, tuple[int, int, int]] = {
    "red": (220, 30, 38),
    "orange": (255, 132, 0),
    "yellow": (255, 217, 10),
    "green": (40, 165, 60),
    "blue": (30, 100, 230),
    "purple": (130, 50, 190),
    "pink": (255, 130, 190),
    "brown": (125, 72, 35),
    "black": (32, 32, 36),
    "white": (245, 245, 247),
    "gray": (135, 138, 142),
}
COLOR_SYNONYMS: dict[str, tuple[str, ...]] = {"gray": ("grey",), "purple": ("violet",)}


class Background(NamedTuple):
    """How to draw a background and how to say it.

    `kind` is how `colors` (sRGB) are used: "plain" takes one, "gradient" two, "ground" two for the sky and two for the
    ground, "stars" and "planks" two each. `phrases` follow a noun ("a cat on the grass"); the first is the canonical
    one.
    """

    kind: str
    colors: tuple[tuple[int, int, int], ...]
    phrases: tuple[str, ...]


PLAIN_BACKGROUNDS: dict[str, tuple[int, int, int]] = {
    "red": (214, 48, 49),
    "orange": (250, 150, 50),
    "yellow": (250, 220, 70),
    "green": (76, 175, 90),
    "blue": (60, 120, 225),
    "purple": (140, 80, 190),
    "pink": (250, 150, 195),
    "brown": (135, 90, 55),
    "black": (20, 20, 23),
    "white": (252, 252, 252),
    "gray": (140, 143, 148),
    "light blue": (175, 215, 245),
    "dark blue": (25, 45, 110),
    "light green": (185, 230, 185),
    "dark green": (20, 85, 45),
    "light gray": (212, 214, 217),
    "dark gray": (70, 72, 77),
    "light yellow": (253, 243, 185),
    "light pink": (252, 215, 228),
    "light purple": (215, 195, 240),
    "dark red": (120, 15, 25),
    "teal": (20, 145, 145),
    "beige": (238, 224, 198),
}

BACKGROUNDS: dict[str, Background] = {
    **{
        name: Background(
            "plain",
            (color,),
            (f"on a {name} background",) if name != "orange" else ("on an orange background",),
        )
        for name, color in PLAIN_BACKGROUNDS.items()
    },
    "blue gradient": Background("gradient", ((30, 90, 215), (190, 225, 250)), ("on a blue gradient background",)),
    "pink gradient": Background("gradient", ((245, 110, 170), (255, 225, 235)), ("on a pink gradient background",)),
    "green gradient": Background("gradient", ((30, 140, 80), (205, 240, 200)), ("on a green gradient background",)),
    "gray gradient": Background("gradient", ((110, 113, 120), (238, 239, 241)), ("on a gray gradient background",)),
    "purple gradient": Background("gradient", ((105, 50, 175), (225, 200, 250)), ("on a purple gradient background",)),
    "orange gradient": Background("gradient", ((245, 110, 30), (255, 225, 160)), ("on an orange gradient background",)),
    "sunset": Background(
        "ground",
        ((70, 60, 130), (255, 150, 80), (95, 55, 70), (50, 30, 50)),
        ("at sunset", "in front of a sunset", "with a sunset behind"),
    ),
    "grass": Background(
        "ground",
        ((110, 185, 245), (205, 235, 252), (120, 195, 80), (60, 145, 50)),
        ("on the grass", "on grass", "in a meadow", "on a green lawn"),
    ),
    "beach": Background(
        "ground",
        ((90, 180, 240), (190, 232, 250), (250, 228, 175), (230, 195, 130)),
        ("on the beach", "at the beach", "on the sand"),
    ),
    "snow": Background(
        "ground",
        ((150, 190, 225), (215, 230, 242), (252, 253, 255), (222, 233, 245)),
        ("in the snow", "on snow", "on the snow"),
    ),
    "sea": Background(
        "ground",
        ((135, 200, 245), (215, 238, 252), (45, 135, 205), (15, 75, 150)),
        ("on the sea", "at sea", "on the water"),
    ),
    "desert": Background(
        "ground",
        ((245, 190, 110), (252, 228, 175), (215, 150, 85), (180, 110, 60)),
        ("in the desert", "in a desert"),
    ),
    "road": Background(
        "ground",
        ((160, 200, 235), (222, 236, 246), (105, 108, 115), (70, 72, 78)),
        ("on the road", "on a road", "on the street"),
    ),
    "sky": Background(
        "gradient", ((70, 150, 240), (200, 230, 252)), ("in the sky", "in a blue sky", "in front of the sky")
    ),
    "night sky": Background(
        "stars", ((12, 16, 48), (40, 48, 100)), ("in the night sky", "at night", "under the stars")
    ),
    "wooden floor": Background(
        "planks", ((190, 135, 85), (150, 100, 58)), ("on a wooden floor", "on the wooden floor", "on wood")
    ),
}

STYLES: tuple[str, ...] = ("normal", "grayscale", "sepia", "sketch", "pixel art", "negative", "poster", "watercolor")

NUMBERS: tuple[str, ...] = ("zero", "one", "two", "three", "four")
