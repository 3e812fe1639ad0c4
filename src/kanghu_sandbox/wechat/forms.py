"""multipart/form-data by the standard library: a file, and at most a few words beside it, are all that comes here."""

from email.message import MIMEPart
from email.parser import BytesParser
from email.policy import HTTP


def file_of(content_type: str, body: bytes, name: str) -> bytes | None:
    """The bytes of the field `name`, None when there is none."""
    part = _part(content_type, body, name)
    data = None if part is None else part.get_payload(decode=True)
    return data if isinstance(data, bytes) else None


def file_name_of(content_type: str, body: bytes, name: str) -> str:
    """What its sender calls the file in the field `name`; empty when it does not tell."""
    part = _part(content_type, body, name)
    return "" if part is None else part.get_filename("")


def _part(content_type: str, body: bytes, name: str) -> MIMEPart | None:
    if not content_type.lower().startswith("multipart/form-data") or "\n" in content_type:
        return None
    header = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(header + body)
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == name:
            return part
    return None
