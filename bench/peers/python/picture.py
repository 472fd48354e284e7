"""The project's test pattern for senders in Python: what stands still and the glyphs come from files of the bench, what
moves is drawn here as src/sender/capture/pattern-picture.ts draws it, the stamp as src/sender/capture/stamp.ts says.
"""
import json
import time

import numpy

COLUMNS, ROWS = 40, 2
WHITE, BLACK, NEUTRAL = 235, 16, 128
ACCENT = (157, 121, 63)
PANEL = (30, 131, 126)
FAINT = (147, 140, 119)
TEXT_WHITE = (WHITE, NEUTRAL, NEUTRAL)


def _bits(value, count):
    return [(value >> (count - 1 - i)) & 1 for i in range(count)]


def _crc8(bits):
    crc = 0
    for bit in bits:
        carry = (crc >> 7) ^ bit
        crc = ((crc << 1) & 0xFF) ^ (0x07 if carry else 0)
    return crc


class Pattern:
    def __init__(self, args):
        self.width, self.height, self.fps = width, height, _ = args.width, args.height, args.fps
        self._background = numpy.fromfile(f"{args.pattern}/background.i420", dtype=numpy.uint8)
        with open(f"{args.pattern}/glyphs.json", encoding="utf8") as file:
            self._glyphs = json.load(file)
        self._sprites = {}
        self._counter = 0
        cell = width / COLUMNS
        self._cell_height = min(int(cell), max(4, height // 45)) & ~1
        self._top = height - ROWS * self._cell_height
        self._edges = [round(column * cell / 2) * 2 for column in range(COLUMNS + 1)]

    def draw(self):
        """The next picture as I420 bytes, stamped with the time of now."""
        buffer = self._background.copy()
        size = self.width * self.height
        quarter = size // 4
        luma = buffer[:size].reshape(self.height, self.width)
        chroma = [
            buffer[size + i * quarter : size + (i + 1) * quarter].reshape(self.height // 2, self.width // 2)
            for i in range(2)
        ]
        self._draw_block(luma, chroma)
        now_ms = int(time.time() * 1000)
        clock = time.strftime("%H:%M:%S", time.localtime(now_ms / 1000)) + f".{now_ms % 1000:03}"
        dot = max(2, int(self.width * 0.8 / (len(clock) * self._glyphs["advance"])) & ~1)
        self._draw_text(luma, chroma, clock, round(self.height * 0.45), dot, TEXT_WHITE)
        top = round(self.height * 0.49) + self._glyphs["height"] * dot
        self._draw_text(luma, chroma, f"#{self._counter}", top, max(2, (dot >> 1) & ~1), FAINT)
        self._draw_stamp(luma, chroma, now_ms)
        self._counter += 1
        return buffer

    def _draw_block(self, luma, chroma):
        block = max(8, self.width // 24) & ~1
        period = max(2, self.fps * 2)
        phase = (self._counter % period) / period
        left = int((self.width - block) * (phase * 2 if phase < 0.5 else 2 - phase * 2)) & ~1
        top = int(self.height * 0.88) & ~1
        bottom = top + (int(self.height * 0.03) & ~1)
        luma[top:bottom, left : left + block] = ACCENT[0]
        for plane, value in zip(chroma, ACCENT[1:]):
            plane[top // 2 : bottom // 2, left // 2 : (left + block) // 2] = value

    def _draw_text(self, luma, chroma, text, top, dot, colour):
        advance = self._glyphs["advance"] * dot
        left = round((self.width - len(text) * advance) / 2) & ~1
        top &= ~1
        for character in text:
            for plane, sprite in zip((luma, *chroma), self._sprite(character, dot, colour)):
                half = 1 if plane is luma else 2
                rows, columns = sprite.shape
                plane[top // half : top // half + rows, left // half : left // half + columns] = sprite
            left += advance

    def _sprite(self, character, dot, colour):
        """The character's planes, the panel around it included; made once."""
        key = (character, dot)
        if key not in self._sprites:
            mask = numpy.zeros((self._glyphs["height"], self._glyphs["advance"]), dtype=bool)
            for column, row in self._glyphs["dots"][character]:
                mask[row, column] = True
            self._sprites[key] = [
                numpy.where(numpy.kron(mask, numpy.ones((size, size), dtype=bool)), ink, paper).astype(numpy.uint8)
                for size, ink, paper in zip((dot, dot // 2, dot // 2), colour, PANEL)
            ]
        return self._sprites[key]

    def _draw_stamp(self, luma, chroma, now_ms):
        payload = [1, 0, 1, 0] + _bits(now_ms, 44) + _bits(self._counter % (1 << 24), 24)
        for plane in chroma:
            plane[self._top // 2 :] = NEUTRAL
        for i, bit in enumerate(payload + _bits(_crc8(payload), 8)):
            row, column = divmod(i, COLUMNS)
            top = self._top + row * self._cell_height
            luma[top : top + self._cell_height, self._edges[column] : self._edges[column + 1]] = WHITE if bit else BLACK
