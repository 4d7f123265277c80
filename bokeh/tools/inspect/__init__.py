"""What a photo holds, without rendering it: as plain facts, in words, and on one sheet of pictures."""

from .facts import survey
from .thumbnails import draw_thumbnails, save_thumbnails
from .words import in_words

__all__ = ["draw_thumbnails", "in_words", "save_thumbnails", "survey"]
