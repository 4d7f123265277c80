"""What a photo holds, without rendering it: as plain facts, in words, and on one sheet of pictures."""

from .facts import inspect_photo
from .report import report_lines
from .thumbnails import draw_thumbnails, save_thumbnails

__all__ = ["draw_thumbnails", "report_lines", "save_thumbnails", "inspect_photo"]
