"""The root of the exceptions raised by `expectations`."""


class ExpectationError(Exception):
    """The checks themselves can't be run; what they find wrong with data is a finding, never an exception."""
