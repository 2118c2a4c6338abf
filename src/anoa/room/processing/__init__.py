"""Which personal data a room processes: a register and an impact assessment from pack and schema.

Both are drafts for the institutions that answer for the processing. What a program cannot know
(who answers, on which legal basis, who decided) stands as a place to be filled in.
"""

from anoa.room.processing.assessment import compose_assessment
from anoa.room.processing.document import Paper, render
from anoa.room.processing.register import compose_register

__all__ = ["Paper", "compose_assessment", "compose_register", "render"]
