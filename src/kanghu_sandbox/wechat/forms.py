"""multipart/form-data by the standard library: one file is all that comes here."""

from email.parser import BytesParser
from email.policy import HTTP


def file_of(content_type: str, body: bytes, name: str) -> bytes | None:
    """The bytes of the field `name`, None when there is none."""
    if not content_type.lower().startswith("multipart/form-data") or "\n" in content_type:
        return None
    header = f"Content-Type: {content_type}\r\n\r\n".encode("latin-1", "replace")
    message = BytesParser(policy=HTTP).parsebytes(header + body)
    for part in message.iter_parts() if message.is_multipart() else ():
        if part.get_param("name", header="content-disposition") == name:
            data = part.get_payload(decode=True)
            return data if isinstance(data, bytes) else None
    return None
