"""The exam exchange on the wire: signature, envelope, messages and a signed client. Knows no business of either side."""
