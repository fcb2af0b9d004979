"""What goes wrong with a study, each said in one sentence for the person who reads it."""


class StudyError(ValueError):
    """A study cannot be made, read or judged as asked; nothing was changed."""


class AccessError(StudyError):
    """The token does not allow this."""


class StudyGoneError(StudyError):
    """The study, or the annotator's place in it, was deleted meanwhile."""


class AlreadyVotedError(StudyError):
    """The comparison has this annotator's vote already, from another tab or window."""
