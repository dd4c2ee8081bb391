"""Files that contain text but are not text files (PDF, zip, …), recognised by their first bytes.

So the refusal can name the format and the way out.
"""

LONGEST = 8  # bytes of a signature, at most

_PACKED = "unpack it first"
_CONVERT = "convert it to text first"
_SIGNATURES = (
    (b"\x1f\x8b", "a gzip file", "`rnntui corpora add NAME FILE` unpacks it"),
    (b"BZh", "a bzip2 file", _PACKED),
    (b"\xfd7zXZ\x00", "an xz file", _PACKED),
    (b"\x28\xb5\x2f\xfd", "a Zstandard file", _PACKED),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", _PACKED),
    (b"Rar!", "a RAR archive", _PACKED),
    (b"PK\x03\x04", "a zip file, as .docx, .odt and .epub are", "unpack it, or convert it to text first"),
    (b"%PDF-", "a PDF", _CONVERT),
    (b"{\\rtf", "an RTF file", _CONVERT),
    (b"\xd0\xcf\x11\xe0", "an old Office file (.doc, .xls)", _CONVERT),
    (b"\x89PNG", "a PNG picture", ""),
    (b"\xff\xd8\xff", "a JPEG picture", ""),
    (b"GIF8", "a GIF picture", ""),
    (b"SQLite f", "an SQLite database", ""),
    (b"\x7fELF", "a program", ""),
)
GZIP = _SIGNATURES[0][0]


def described(head: bytes) -> str:
    """What a file is that begins so, and what to do with it: `a PDF: convert it to text first`; empty for a text."""
    for signature, name, way_out in _SIGNATURES:
        if head.startswith(signature):
            return f"{name}{f': {way_out}' if way_out else ': a corpus is text'}"
    return ""
