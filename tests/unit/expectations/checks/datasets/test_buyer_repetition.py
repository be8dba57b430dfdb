from asked_facts import asking

from expectations.checks.datasets.buyer_repetition import CHECK
from expectations.checks.model import Setting


def bought(**times: int) -> list[dict[str, object]]:
    return [
        {"ocid": f"{buyer}-{number}", "buyer": {"id": buyer, "name": buyer.title()}}
        for buyer, most in times.items()
        for number in range(most)
    ]


def test_of_few_processes_it_says_nothing() -> None:
    assert CHECK.run(asking(bought(roads=999)), Setting()).applied == 0


def test_several_large_buyers_pass() -> None:
    found = CHECK.run(asking(bought(roads=400, parks=350, water=250)), Setting())

    assert found.passed
    assert (found.figures["top"], found.figures["top_name"], found.figures["top_share"]) == ("roads", "Roads", 0.4)


def test_one_of_several_that_has_most_fails_and_is_named() -> None:
    found = CHECK.run(asking(bought(roads=700, parks=200, water=100)), Setting())

    assert not found.passed
    assert not found.by_design
    assert found.examples == ["roads"]


def test_a_single_buyer_and_one_of_two_fail_by_design_and_the_remark_says_so() -> None:
    for publication in (bought(roads=1000), bought(roads=600, parks=400)):
        found = CHECK.run(asking(publication), Setting())
        assert not found.passed
        assert found.by_design
        assert found.remark is not None
