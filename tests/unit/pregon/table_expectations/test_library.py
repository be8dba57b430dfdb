"""Great Expectations is brought in late and quietly, and knows every expectation that a suite may hold."""

import subprocess
import sys
import textwrap


def _python(program: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program)], capture_output=True, text=True, check=False, timeout=500
    )


def test_nothing_brings_it_in_before_a_table_is_judged() -> None:
    done = _python(
        """
        import sys
        import pregon.commands, pregon.pipeline, pregon.orchestration.retries
        from pregon.city import read_city
        from pregon.table_expectations.suites import read_suites
        read_suites(read_city("riverbend"))
        assert "great_expectations" not in sys.modules
        """
    )
    assert done.returncode == 0, done.stderr


def test_judging_says_nothing_asks_nothing_of_the_network_and_knows_every_kind() -> None:
    done = _python(
        """
        import logging, socket, sys, warnings
        logging.basicConfig(level=logging.INFO)
        warnings.simplefilter("error")

        def refuse(*_):
            raise AssertionError("the network was asked")

        socket.socket.connect = socket.getaddrinfo = refuse
        import pandas as pd
        from pregon.table_expectations.kinds import KINDS, SEVERITIES
        from pregon.table_expectations.library import library
        from pregon.table_expectations.suites import Expectation
        from pregon.table_expectations.validation import validate

        gx = library()
        assert not {"altair.vegalite", "scipy.stats._stats_py"} & set(sys.modules)
        from great_expectations.expectations.registry import get_expectation_impl
        for name, kind in KINDS.items():
            assert kind.arguments <= set(get_expectation_impl(name).__fields__), name
        from great_expectations.expectations.metadata_types import FailureSeverity
        assert {one.value for one in FailureSeverity} == set(SEVERITIES)

        one = Expectation("a", "expect_column_values_to_not_be_null", {"column": "x"}, "warning", {"en": "", "es": ""})
        broken = Expectation("b", "expect_column_values_to_not_be_null", {"column": "y"}, "info", {"en": "", "es": ""})
        found = validate(pd.DataFrame({"x": ["1", None]}), [one, broken], {}, name="t")
        assert (found["a"].success, found["a"].evaluated, found["a"].failing) == (False, 2, (1,))
        assert found["b"].error
        """
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout + done.stderr == ""
