"""A workbook as a reader of .xlsx files sees it, with nothing but the standard library."""

import io
import re
import zipfile
from xml.etree import ElementTree

NS = {"m": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}


def cells(content: bytes) -> list[dict[str, str]]:
    """Each line as column letter → text, the head line first. Fails when there is a formula or a link anywhere."""
    with zipfile.ZipFile(io.BytesIO(content)) as files:
        sheet = ElementTree.fromstring(files.read("xl/worksheets/sheet1.xml"))
        texts: list[str] = []
        if "xl/sharedStrings.xml" in files.namelist():
            shared = ElementTree.fromstring(files.read("xl/sharedStrings.xml"))
            texts = ["".join(part.itertext()) for part in shared.findall("m:si", NS)]
    assert sheet.findall(".//m:f", NS) == []
    assert sheet.findall(".//m:hyperlinks", NS) == []
    found = []
    for line in sheet.findall(".//m:row", NS):
        row = {}
        for cell in line.findall("m:c", NS):
            column = re.sub(r"\d", "", cell.attrib["r"])
            if cell.attrib.get("t") == "s":
                row[column] = texts[int(cell.findtext("m:v", "", NS))]
            else:
                row[column] = cell.findtext("m:v", None, NS) or "".join(cell.itertext())
        found.append(row)
    return found


def table(content: bytes) -> list[dict[str, str]]:
    """Each line as title → text."""
    head, *lines = cells(content)
    return [{title: line.get(column, "") for column, title in head.items()} for line in lines]
