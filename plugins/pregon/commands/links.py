"""`pregon links`: whether the documents that a city links to are there."""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated

import typer

from pregon.commands.options import CityArgument, HomeOption, city_context, write_json
from pregon.errors import PregonError
from pregon.printing import line, print_table, stage_bars

_SHOWN = 20


class NoHosts(PregonError):
    """The city has not said which hosts may be asked."""

    def __init__(self, slug: str, found: str) -> None:
        super().__init__(
            f"{slug} does not say which hosts may be asked for documents; they lie on {found}",
            hint="name those that are the city's own in city.yaml, quality: {link_hosts: [...]}",
        )


def links(
    city: CityArgument,
    sample: Annotated[
        int, typer.Option("--sample", help="Ask for so many documents, drawn by chance.", min=1, max=10_000)
    ] = 100,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Ask for nothing; show on which hosts they lie.")] = False,
    private_addresses: Annotated[
        bool, typer.Option("--private-addresses", help="Hosts may have addresses of a private network.")
    ] = False,
    home: HomeOption = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print JSON.")] = False,
) -> None:
    """Ask whether the documents that are published are there, and keep the answers for the check of links.

    Only hosts in `quality: {link_hosts}` of city.yaml are asked, slowly, and nothing is downloaded. The check
    misc.url_availability judges the answers from the next run on. Ends with 1 where a document is missing.
    """
    import orjson

    from pregon.links.asking import Link, ask
    from pregon.links.kept import keep_links, summed
    from pregon.links.sample import draw
    from transforms.packages import rfc3339

    context = city_context(city, home)
    slug, head = context.city.slug, context.ledger.head()
    if head is None:
        raise PregonError(f"nothing of {slug} was committed yet", hint=f"run `pregon run {slug}` first")
    allowed = context.city.quality.link_hosts
    with stage_bars() as stage:
        compiled = (orjson.loads(one.compiled) for one in context.ledger.processes(with_releases=False))
        drawn = stage("draw documents", lambda _: draw(compiled, sample, f"{slug} {head.run_id}"))
        if dry_run:
            _print_hosts(drawn.hosts, allowed, as_json=as_json)
            return
        if drawn.places and not allowed:
            raise NoHosts(slug, ", ".join(list(drawn.hosts)[:5]) or "no host")

        def asking(tell: Callable[[str, int], None]) -> list[Link]:
            answers: list[Link] = []
            for link in ask(drawn.places, hosts=frozenset(allowed), private_addresses=private_addresses):
                answers.append(link)
                tell("documents", len(answers))
            return answers

        found = stage("ask for documents", asking)
    asked = rfc3339(datetime.now(UTC))
    told = summed(found, asked=asked, documents=drawn.documents)
    path = keep_links(context.home.internal(slug), found, asked=asked, documents=drawn.documents)
    if as_json:
        answers = [link.to_json() for link in found]
        write_json({"asked": asked, "documents": drawn.documents, "links": answers}, indent=2)
    else:
        line(f"{told.looked_at:,} of {told.documents:,} documents asked for, {told.failed:,} not there")
        missing = [link for link in found if not link.works]
        for link in missing[:_SHOWN]:
            line(f"  {link.told()}")
        if len(missing) > _SHOWN:
            line(f"  and {len(missing) - _SHOWN:,} more, in {path}")
    if told.failed:
        raise typer.Exit(1)


def _print_hosts(hosts: Mapping[str, int], allowed: Sequence[str], *, as_json: bool) -> None:
    if as_json:
        write_json({"hosts": hosts, "link_hosts": list(allowed)}, indent=2)
        return
    rows = [
        (host or "no address of the web", f"{count:,}", "yes" if host in allowed else "no")
        for host, count in hosts.items()
    ]
    print_table(("host", "documents", "may be asked"), rows)
