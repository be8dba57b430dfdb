"""The root of the exceptions raised by `transforms`."""


class TransformError(Exception):
    """A promise of the transforms was broken by their input; subclasses carry the data needed to act on it."""
