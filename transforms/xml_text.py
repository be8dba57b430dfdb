"""What of a text XML can hold (XML 1.0, section 2.2): all but control characters and two code points that are none."""

import re

_NO_CHARACTER = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")


def xml_text(text: str) -> str:
    """Leave out the characters that XML can't hold; markup is not escaped."""
    return _NO_CHARACTER.sub("", text)
