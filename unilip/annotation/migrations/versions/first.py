"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "studies",
        sa.Column("id", sa.String(32), nullable=False),
        sa.Column("title", sa.Text, nullable=False),
        sa.Column("seed", sa.BigInteger, nullable=False),
        sa.Column("repeats", sa.Float, nullable=False),
        sa.Column("overlap", sa.Integer),
        sa.Column("open", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_studies"),
    )
    op.create_table(
        "items",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("study_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("prompt", sa.Text, nullable=False),
        sa.Column("category", sa.Text, nullable=False),
        sa.Column("source", sa.String(64)),
        sa.PrimaryKeyConstraint("id", name="pk_items"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_items_study_id", ondelete="CASCADE"),
        sa.UniqueConstraint("study_id", "name", name="uq_items_study_id"),
    )
    op.create_table(
        "contestants",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("study_id", sa.String(32), nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("settings", sa.JSON),
        sa.PrimaryKeyConstraint("id", name="pk_contestants"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_contestants_study_id", ondelete="CASCADE"),
        sa.UniqueConstraint("study_id", "name", name="uq_contestants_study_id"),
    )
    op.create_table(
        "results",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("item_id", sa.Integer, nullable=False),
        sa.Column("contestant_id", sa.Integer, nullable=False),
        sa.Column("picture", sa.String(64), nullable=False),
        sa.Column("seed", sa.BigInteger),
        sa.PrimaryKeyConstraint("id", name="pk_results"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_results_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["contestant_id"], ["contestants.id"], name="fk_results_contestant_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("item_id", "contestant_id", name="uq_results_item_id"),
    )
    op.create_index("ix_results_contestant_id", "results", ["contestant_id"])
    op.create_table(
        "comparisons",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("item_id", sa.Integer, nullable=False),
        sa.Column("first_id", sa.Integer, nullable=False),
        sa.Column("second_id", sa.Integer, nullable=False),
        sa.Column("answers", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_comparisons"),
        sa.ForeignKeyConstraint(["item_id"], ["items.id"], name="fk_comparisons_item_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["first_id"], ["contestants.id"], name="fk_comparisons_first_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(["second_id"], ["contestants.id"], name="fk_comparisons_second_id", ondelete="CASCADE"),
        sa.UniqueConstraint("item_id", "first_id", "second_id", name="uq_comparisons_item_id"),
    )
    op.create_index("ix_comparisons_first_id", "comparisons", ["first_id"])
    op.create_index("ix_comparisons_second_id", "comparisons", ["second_id"])
    op.create_table(
        "annotators",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("study_id", sa.String(32), nullable=False),
        sa.Column("number", sa.Integer, nullable=False),
        sa.Column("name", sa.Text, nullable=False),
        sa.Column("token_hash", sa.String(64)),
        sa.Column("login_hash", sa.String(64)),
        sa.Column("owner", sa.Boolean, nullable=False),
        sa.Column("flagged", sa.Boolean, nullable=False),
        sa.Column("created_at", sa.Float, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_annotators"),
        sa.ForeignKeyConstraint(["study_id"], ["studies.id"], name="fk_annotators_study_id", ondelete="CASCADE"),
        sa.UniqueConstraint("token_hash", name="uq_annotators_token_hash"),
        sa.UniqueConstraint("study_id", "name", name="uq_annotators_study_id"),
    )
    op.create_index("ix_annotators_login", "annotators", ["study_id", "login_hash"], unique=True)
    op.create_table(
        "assignments",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("annotator_id", sa.Integer, nullable=False),
        sa.Column("position", sa.Integer, nullable=False),
        sa.Column("comparison_id", sa.Integer, nullable=False),
        sa.Column("swapped", sa.Boolean, nullable=False),
        sa.Column("repeat_of", sa.Integer),
        sa.Column("turn", sa.Integer, nullable=False),
        sa.Column("answered", sa.Boolean, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_assignments"),
        sa.ForeignKeyConstraint(
            ["annotator_id"], ["annotators.id"], name="fk_assignments_annotator_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(
            ["comparison_id"], ["comparisons.id"], name="fk_assignments_comparison_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["repeat_of"], ["assignments.id"], name="fk_assignments_repeat_of", ondelete="CASCADE"),
        sa.UniqueConstraint("annotator_id", "position", name="uq_assignments_annotator_id"),
    )
    op.create_index("ix_assignments_comparison_id", "assignments", ["comparison_id"])
    op.create_index("ix_assignments_repeat_of", "assignments", ["repeat_of"])
    op.create_index("ix_assignments_next", "assignments", ["annotator_id", "answered", "turn"])
    op.create_table(
        "votes",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("annotator_id", sa.Integer, nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("assignment_id", sa.Integer, nullable=False),
        sa.Column("choice", sa.String(8), nullable=False),
        sa.Column("retracts", sa.Integer),
        sa.Column("shown_at", sa.Float),
        sa.Column("answered_at", sa.Float, nullable=False),
        sa.Column("left_instruction", sa.SmallInteger),
        sa.Column("left_quality", sa.SmallInteger),
        sa.Column("left_preservation", sa.SmallInteger),
        sa.Column("right_instruction", sa.SmallInteger),
        sa.Column("right_quality", sa.SmallInteger),
        sa.Column("right_preservation", sa.SmallInteger),
        sa.Column("left_tags", sa.JSON, nullable=False),
        sa.Column("right_tags", sa.JSON, nullable=False),
        sa.Column("left_box", sa.JSON),
        sa.Column("right_box", sa.JSON),
        sa.Column("note", sa.Text, nullable=False),
        sa.PrimaryKeyConstraint("id", name="pk_votes"),
        sa.ForeignKeyConstraint(["annotator_id"], ["annotators.id"], name="fk_votes_annotator_id", ondelete="CASCADE"),
        sa.ForeignKeyConstraint(
            ["assignment_id"], ["assignments.id"], name="fk_votes_assignment_id", ondelete="CASCADE"
        ),
        sa.ForeignKeyConstraint(["retracts"], ["votes.id"], name="fk_votes_retracts", ondelete="CASCADE"),
        sa.UniqueConstraint("annotator_id", "client_id", name="uq_votes_annotator_id"),
        sa.UniqueConstraint("retracts", name="uq_votes_retracts"),
        sa.CheckConstraint("(choice = 'undo') = (retracts IS NOT NULL)", name="ck_votes_undo_retracts"),
    )
    op.create_index("ix_votes_assignment_id", "votes", ["assignment_id"])
