"""The tables of the studies. A change here needs a new file in migrations/versions; a test compares the two.

Times are seconds since 1970, UTC. Pictures are named by the SHA-256 of the file that they came from. Nothing in here
says who a person is or where they came from: names are pseudonyms, tokens and logins are kept as hashes.
"""

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    CheckConstraint,
    Column,
    Float,
    ForeignKey,
    Index,
    Integer,
    MetaData,
    SmallInteger,
    String,
    Table,
    Text,
    UniqueConstraint,
)

metadata = MetaData(
    naming_convention={
        "pk": "pk_%(table_name)s",
        "fk": "fk_%(table_name)s_%(column_0_name)s",
        "uq": "uq_%(table_name)s_%(column_0_name)s",
        "ix": "ix_%(table_name)s_%(column_0_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
    }
)


def within(name: str, table: str, **options) -> Column:
    """A column that points to a row of another table, and whose own row is deleted with that one."""
    return Column(name, ForeignKey(f"{table}.id", ondelete="CASCADE"), **options)


studies = Table(
    "studies",
    metadata,
    Column("id", String(32), primary_key=True),
    Column("title", Text, nullable=False),
    Column("seed", BigInteger, nullable=False),
    Column("repeats", Float, nullable=False),  # share of an annotator's comparisons that come twice
    Column("overlap", Integer),  # annotators who judge each comparison; null: all
    Column("open", Boolean, nullable=False),  # whether anybody may join by a name
    Column("created_at", Float, nullable=False),
)

items = Table(
    "items",
    metadata,
    Column("id", Integer, primary_key=True),
    within("study_id", "studies", nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),  # the id in the file that the study was made from
    Column("prompt", Text, nullable=False),
    Column("category", Text, nullable=False),
    Column("source", String(64)),  # the input picture; null: a prompt alone
    UniqueConstraint("study_id", "name"),
)

contestants = Table(
    "contestants",
    metadata,
    Column("id", Integer, primary_key=True),
    within("study_id", "studies", nullable=False),
    Column("position", Integer, nullable=False),
    Column("name", Text, nullable=False),
    Column("settings", JSON),  # what the app runs it with; null: its pictures were made elsewhere
    UniqueConstraint("study_id", "name"),
)

results = Table(
    "results",
    metadata,
    Column("id", Integer, primary_key=True),
    within("item_id", "items", nullable=False),
    within("contestant_id", "contestants", nullable=False, index=True),
    Column("picture", String(64), nullable=False),
    Column("seed", BigInteger),  # of the noise, where the app made the picture
    UniqueConstraint("item_id", "contestant_id"),
)

# What is compared: two contestants' results for one item. `answers` counts the annotators whose vote on it stands.
comparisons = Table(
    "comparisons",
    metadata,
    Column("id", Integer, primary_key=True),
    within("item_id", "items", nullable=False),
    within("first_id", "contestants", nullable=False, index=True),
    within("second_id", "contestants", nullable=False, index=True),
    Column("answers", Integer, nullable=False),
    UniqueConstraint("item_id", "first_id", "second_id"),
)

annotators = Table(
    "annotators",
    metadata,
    Column("id", Integer, primary_key=True),
    within("study_id", "studies", nullable=False),
    Column("number", Integer, nullable=False),  # with the study's seed it makes the order and the sides
    Column("name", Text, nullable=False),
    Column("token_hash", String(64), unique=True),
    Column("login_hash", String(64)),  # of the platform's login, where that was used
    Column("owner", Boolean, nullable=False),
    Column("flagged", Boolean, nullable=False),
    Column("created_at", Float, nullable=False),
    UniqueConstraint("study_id", "name"),
    Index("ix_annotators_login", "study_id", "login_hash", unique=True),
)

assignments = Table(
    "assignments",
    metadata,
    Column("id", Integer, primary_key=True),
    within("annotator_id", "annotators", nullable=False),
    Column("position", Integer, nullable=False),  # in the order that the seed made
    within("comparison_id", "comparisons", nullable=False, index=True),
    Column("swapped", Boolean, nullable=False),  # whether the second contestant stands on the left
    within("repeat_of", "assignments", index=True),
    Column("turn", Integer, nullable=False),  # when it comes: the position, until it is skipped or undone
    Column("answered", Boolean, nullable=False),
    UniqueConstraint("annotator_id", "position"),
    Index("ix_assignments_next", "annotator_id", "answered", "turn"),
)

# Append only. An undo is a record of its own that names the one it retracts.
votes = Table(
    "votes",
    metadata,
    Column("id", Integer, primary_key=True),
    within("annotator_id", "annotators", nullable=False),
    Column("client_id", String(64), nullable=False),  # made by the page: sent twice, it counts once
    within("assignment_id", "assignments", nullable=False, index=True),
    Column("choice", String(8), nullable=False),
    within("retracts", "votes", unique=True),
    Column("shown_at", Float),
    Column("answered_at", Float, nullable=False),
    *(
        Column(f"{side}_{criterion}", SmallInteger)
        for side in ("left", "right")
        for criterion in ("instruction", "quality", "preservation")
    ),
    Column("left_tags", JSON, nullable=False),
    Column("right_tags", JSON, nullable=False),
    Column("left_box", JSON(none_as_null=True)),  # left, top, right, bottom as fractions of the picture
    Column("right_box", JSON(none_as_null=True)),
    Column("note", Text, nullable=False),
    UniqueConstraint("annotator_id", "client_id"),
    CheckConstraint("(choice = 'undo') = (retracts IS NOT NULL)", name="undo_retracts"),
)
