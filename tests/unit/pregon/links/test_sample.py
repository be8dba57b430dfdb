from collections import Counter

from pregon.links.asking import Place
from pregon.links.sample import draw


def process(ocid: str, *urls: object) -> dict[str, object]:
    documents = [{"id": str(number), "url": url} for number, url in enumerate(urls)]
    return {"ocid": ocid, "tender": {"documents": documents}}


def test_of_few_documents_all_are_drawn_and_their_hosts_counted() -> None:
    drawn = draw(
        [process("1", "https://a.example/1", None, ""), process("2", "HTTPS://A.example/2", "no address")], 9, "s"
    )

    assert [place.url for place in drawn.places] == ["https://a.example/1", "HTTPS://A.example/2", "no address"]
    assert drawn.documents == 3
    assert drawn.hosts == {"a.example": 2, "": 1}


def test_the_same_seed_draws_the_same_and_another_one_others() -> None:
    processes = [process(str(number), f"https://a.example/{number}") for number in range(1000)]

    one, again, other = (draw(processes, 10, seed).places for seed in ("a", "a", "b"))

    assert one == again != other
    assert len(set(one)) == 10


def test_each_document_is_equally_likely() -> None:
    processes = [process(str(number), f"https://a.example/{number}") for number in range(10)]
    drawn: Counter[Place] = Counter()
    for seed in range(2000):
        drawn.update(draw(processes, 3, str(seed)).places)

    # 600 are expected of each; seven standard deviations are 143.
    assert len(drawn) == 10
    assert all(abs(times - 600) < 143 for times in drawn.values())
