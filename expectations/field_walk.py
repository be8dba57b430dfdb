"""One walk through a document that asks every value of its field's checks.

    walk = FieldWalk(field_table(extensions), checks)
    walk(document, "2026-11-28")        # an Outcome for each of `checks`

A document has hundreds of values, so this is where assessing spends its time. What keeps it short: values are put into
one bag for each set of tests, and a bag is judged as a whole first, mostly by one call of a built-in; only where that
does not settle it is each value asked, and only where one fails is the document searched for the place.

A walk is used by one thread at a time: its bags are its own.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from expectations.checks.model import Failure, FieldCheck, FieldTest, Outcome, Steps, failure
from transforms.ocds import FieldTable

_REMEMBERED = 4096
"""Texts that passed a test, remembered for it: units, schemes and names repeat."""

_LONGEST = 80
"""Characters of a text that is remembered."""

_NUMBER_TYPES = (int, float)


_Found = list[tuple[Steps, Any, "_Bag"]]
"""The way to a value from where one is, the value, and its bag."""


class _Bag:
    """Values of the fields that have the same tests."""

    __slots__ = ("passed", "tests", "values")

    def __init__(self, tests: tuple[tuple[int, FieldTest], ...]) -> None:
        self.tests = tests
        self.values: list[Any] = []
        #: by test: texts that passed it, for tests that judge no values together
        self.passed: list[set[Any]] = [set() for _ in tests]


class _Node:
    """An object in the field table: the bags of its values by key, and what may stand below it."""

    __slots__ = ("bags", "below", "inner", "leaves", "lists", "multilingual")

    def __init__(self) -> None:
        self.bags: dict[str, _Bag] = {}
        #: the bags of its values and of all below it
        self.below: set[_Bag] = set()
        #: by key: what puts a value into its bag, and the same for the entries of an array
        self.leaves: dict[str, Callable[[Any], None]] = {}
        self.lists: dict[str, Callable[[Any], None]] = {}
        self.inner: dict[str, _Node] = {}
        self.multilingual: set[str] = set()


class FieldWalk:
    """The checks of single values for a set of extensions."""

    def __init__(self, table: FieldTable, checks: Sequence[FieldCheck]) -> None:
        self._checks = tuple(checks)
        self._bags: list[_Bag] = []
        self._root = self._tree(table)

    def _tree(self, table: FieldTable) -> _Node:
        root = _Node()
        bags: dict[tuple[tuple[int, FieldTest], ...], _Bag] = {}
        for declared in table.values():
            node = root
            *above, name = declared.path.split("/")
            for part in above:
                node = node.inner.setdefault(part, _Node())
            if not declared.is_leaf:
                continue
            asked = ((number, check.test_of(declared)) for number, check in enumerate(self._checks))
            tests = tuple((number, test) for number, test in asked if test is not None)
            if not tests:
                continue
            bag = bags.setdefault(tests, _Bag(tests))
            node.bags[name] = bag
            (node.lists if declared.is_array else node.leaves)[name] = bag.values.append
            if declared.multilingual:
                node.multilingual.add(name)
        self._bags = list(bags.values())
        _prune(root)
        return root

    def __call__(self, document: dict[str, Any], day: str) -> list[Outcome]:
        """Look at a document whose values can know of nothing later than `day` (YYYY-MM-DD).

        Gives what was found for each of the checks, in their order. The failures stand in the order of the document.
        """
        try:
            _gather(document, self._root)
            return self._judge(document, day)
        finally:
            for bag in self._bags:
                bag.values.clear()

    def _judge(self, document: dict[str, Any], day: str) -> list[Outcome]:
        applied = [0] * len(self._checks)
        failed: dict[_Bag, list[tuple[int, FieldTest]]] = {}
        for bag in self._bags:
            if values := bag.values:
                for (number, test), passed in zip(bag.tests, bag.passed, strict=True):
                    applied[number] += len(values)
                    if not _all_pass(values, test, day, passed):
                        failed.setdefault(bag, []).append((number, test))
        failures: list[list[Failure]] = [[] for _ in self._checks]
        if failed:
            for steps, value, bag in _find(document, self._root, failed):
                for number, test in failed[bag]:
                    if not test.passes(value, day):
                        failures[number].append(failure(steps, *self._checks[number].show(value)))
        return [Outcome(*pair) for pair in zip(applied, failures, strict=True)]


def _prune(node: _Node) -> bool:
    """Leave only what leads to a test; tell whether anything is left."""
    node.inner = {name: child for name, child in node.inner.items() if _prune(child)}
    node.below.update(node.bags.values(), *(child.below for child in node.inner.values()))
    return bool(node.below)


def _gather(value: dict[str, Any], node: _Node) -> None:
    leaves, inner = node.leaves, node.inner
    for key, item in value.items():
        take = leaves.get(key)
        if take is not None:
            if item or type(item) in _NUMBER_TYPES or item is False:
                take(item)
        elif (child := inner.get(key)) is not None:
            kind = type(item)
            if kind is dict:
                _gather(item, child)
            elif kind is list:
                for entry in item:
                    if type(entry) is dict:
                        _gather(entry, child)
        elif "_" in key:
            base = key.partition("_")[0]
            if base in node.multilingual and item:
                leaves[base](item)
        elif key in node.lists and type(item) is list:
            for entry in filter(_is_something, item):
                node.lists[key](entry)


def _is_something(value: Any) -> bool:
    return bool(value) or type(value) in _NUMBER_TYPES or value is False


def _all_pass(values: list[Any], test: FieldTest, day: str, passed: set[Any]) -> bool:
    if test.all_pass is not None:
        try:
            if test.all_pass(values, day):
                return True
        except TypeError:  # not the values that the field is for
            pass
        return all(test.passes(value, day) for value in values)
    try:
        if passed.issuperset(values):
            return True
    except TypeError:  # an object or array among them
        pass
    for value in values:
        if not test.passes(value, day):
            return False
        if type(value) is str and len(value) <= _LONGEST:
            if len(passed) >= _REMEMBERED:
                passed.clear()
            passed.add(value)
    return True


def _find(value: dict[str, Any], node: _Node, bags: Mapping[_Bag, Any]) -> _Found:
    """Give what `_gather` put into some of the bags, with the way to it."""
    found: _Found = []
    for key, item in value.items():
        name = key
        if "_" in key and (base := key.partition("_")[0]) in node.multilingual:
            name = base
        if (bag := node.bags.get(name)) is not None:
            if bag not in bags:
                continue
            if name not in node.lists:
                if _is_something(item):
                    found.append(((key,), item, bag))
            elif type(item) is list:
                found += [((key, index), entry, bag) for index, entry in enumerate(item) if _is_something(entry)]
        elif (child := node.inner.get(key)) is not None and not child.below.isdisjoint(bags):
            if type(item) is dict:
                found += [((key, *steps), one, bag) for steps, one, bag in _find(item, child, bags)]
            elif type(item) is list:
                for index, entry in enumerate(item):
                    if type(entry) is dict:
                        found += [((key, index, *steps), one, bag) for steps, one, bag in _find(entry, child, bags)]
    return found
