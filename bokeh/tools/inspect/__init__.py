"""What a photo holds, without rendering it: as plain facts, in words, and on one sheet of pictures."""

from .facts import survey
from .thumbnails import draw_thumbnails, save_thumbnails
from .words import report_lines

__all__ = ["draw_thumbnails", "report_lines", "save_thumbnails", "survey"]
