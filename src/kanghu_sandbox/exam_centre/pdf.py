"""A minimal PDF writer: lines of text on A4 pages, Chinese included.

Chinese needs no embedded font: STSong-Light with the predefined encoding UniGB-UCS2-H is one of the CJK fonts that PDF
readers bring along (ISO 32000-1, 9.7.5.2). Nothing here is meant for more than a reference report.
"""

from collections.abc import Sequence

LINES_PER_PAGE = 48
CHARACTERS_PER_LINE = 46
_FONT_SIZE, _LEADING, _LEFT, _TOP = 10, 15, 56, 780


def write_pdf(lines: Sequence[str]) -> bytes:
    """A complete PDF 1.4 file with these lines, as many pages as they need."""
    wrapped = [part for line in lines for part in _wrap(line)]
    pages = [wrapped[at : at + LINES_PER_PAGE] for at in range(0, len(wrapped), LINES_PER_PAGE)] or [[]]
    # Objects 1–5 are fixed; each page takes two more: the page and its content.
    kids = " ".join(f"{6 + 2 * index} 0 R" for index in range(len(pages)))
    objects = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>".encode(),
        b"<< /Type /Font /Subtype /Type0 /BaseFont /STSong-Light /Encoding /UniGB-UCS2-H"
        b" /DescendantFonts [4 0 R] >>",
        b"<< /Type /Font /Subtype /CIDFontType0 /BaseFont /STSong-Light /DW 1000 /FontDescriptor 5 0 R"
        b" /CIDSystemInfo << /Registry (Adobe) /Ordering (GB1) /Supplement 2 >> >>",
        b"<< /Type /FontDescriptor /FontName /STSong-Light /Flags 6 /FontBBox [-25 -254 1000 880]"
        b" /ItalicAngle 0 /Ascent 880 /Descent -120 /CapHeight 880 /StemV 93 >>",
    ]
    for index, page in enumerate(pages):
        content = _content(page)
        objects.append(
            b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Resources << /Font << /F1 3 0 R >> >>"
            b" /Contents %d 0 R >>" % (7 + 2 * index)
        )
        objects.append(b"<< /Length %d >>\nstream\n%s\nendstream" % (len(content), content))
    return _assemble(objects)


def _wrap(line: str) -> list[str]:
    return [line[at : at + CHARACTERS_PER_LINE] for at in range(0, len(line), CHARACTERS_PER_LINE)] or [""]


def _content(lines: Sequence[str]) -> bytes:
    # UCS-2 has no room beyond the basic plane: a rarer character is shown as 〓, the printers' mark for a missing one.
    shown = ("".join(one if ord(one) < 0x10000 else "〓" for one in line) for line in lines)
    text = "".join(f"<{line.encode('utf-16-be').hex()}> Tj T*\n" for line in shown)
    return f"BT /F1 {_FONT_SIZE} Tf {_LEADING} TL {_LEFT} {_TOP} Td\n{text}ET".encode()


def _assemble(objects: Sequence[bytes]) -> bytes:
    out = bytearray(b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n")
    offsets = []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, content)
    start = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(objects) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF\n" % (len(objects) + 1, start)
    return bytes(out)
