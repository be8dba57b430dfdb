"""What the figures of the checks are called, for reports.

figure_names()[figure_of("share/open")].es      # "proporción"
figure_detail("share/open")                     # "open"
"""

from collections.abc import Mapping
from functools import cache

from expectations.checks.model import Texts

_NAMES: dict[str, tuple[str, str]] = {
    # counts
    "amounts": ("amounts", "montos"),
    "buyers": ("buyers", "compradores"),
    "changed": ("changed", "modificados"),
    "checks": ("checks compared", "comprobaciones comparadas"),
    "codes": ("different codes", "códigos distintos"),
    "documents": ("documents with an address", "documentos con dirección"),
    "different": ("different ones", "distintos"),
    "first_seen": ("dated when first seen", "con la fecha en que se vieron"),
    "highest_values": ("amounts in the highest 1 %", "montos en el 1 % más alto"),
    "ids": ("ids", "ids"),
    "ids_of_these": ("ids of these names", "ids de estos nombres"),
    "looked_at": ("asked for", "pedidos"),
    "missing": ("not published", "sin publicar"),
    "moved": ("shares that moved", "proporciones que cambiaron"),
    "names": ("different names", "nombres distintos"),
    "new_codes": ("new codes on no codelist", "códigos nuevos fuera de las listas"),
    "no_answer": ("not there", "que no están"),
    "of_other_publishers": ("of other publishers", "de otras entidades publicadoras"),
    "other_currencies": ("amounts in other currencies, left out", "montos en otras monedas, no incluidos"),
    "pairs": ("contracts with their award", "contratos con su adjudicación"),
    "processes": ("processes", "procesos"),
    "references": ("references", "referencias"),
    "releases": ("new releases", "entregas nuevas"),
    "repeated": ("repeated", "repetidos"),
    "seen_once": ("buyers seen once", "compradores que aparecen una vez"),
    "several_ids": ("names with several ids", "nombres con varios ids"),
    "several_names": ("ids with several names", "ids con varios nombres"),
    "spelling_only": ("ids whose names differ in spelling only", "ids cuyos nombres solo difieren en la escritura"),
    "titles": ("titles", "títulos"),
    "totals": ("totals compared", "totales comparados"),
    "unlisted": ("codes on no codelist", "códigos fuera de las listas"),
    "unlisted_values": ("values with such codes", "valores con esos códigos"),
    "values": ("values", "valores"),
    # shares, 0 to 1
    "changed_share": ("share changed", "proporción modificada"),
    "different_share": ("share that differs", "proporción distinta"),
    "highest_alone_share": ("share of the highest amount alone", "proporción del monto más alto por sí solo"),
    "highest_share": ("share of the highest 1 % in the total", "proporción del 1 % más alto en el total"),
    "missing_share": ("share not published", "proporción sin publicar"),
    "no_answer_share": ("share not there", "proporción que no está"),
    "same_amounts_share": ("share with one amount", "proporción con el mismo monto"),
    "same_dates_share": ("share with one date", "proporción con la misma fecha"),
    "same_ids_share": ("share with one id", "proporción con el mismo id"),
    "seen_once_share": ("share of buyers seen once", "proporción de compradores que aparecen una vez"),
    "several_ids_share": ("share of names with several ids", "proporción de nombres con varios ids"),
    "several_names_share": ("share of ids with several names", "proporción de ids con varios nombres"),
    "share_of_others": ("share of all others", "proporción de todos los demás"),
    "top_share": ("share of the most frequent", "proporción del más frecuente"),
    "top_three_share": ("share of the three most frequent", "proporción de los tres más frecuentes"),
    "unique": ("share that is unique", "proporción única"),
    # values
    "currency": ("currency", "moneda"),
    "highest": ("highest amount", "monto más alto"),
    "newest": ("newest release", "entrega más reciente"),
    "top": ("most frequent", "más frecuente"),
    "top_name": ("name of the most frequent", "nombre del más frecuente"),
    "total": ("total", "total"),
    # time
    "asked": ("asked on", "pedidos el"),
    "at_run": ("dated at the moment of the run", "con la fecha de la ejecución"),
    "before": ("before", "antes"),
    "days": ("days since then", "días desde entonces"),
    "expected_days": ("days expected at most", "días esperados como máximo"),
    "in_the_future": ("dated in the future", "con fecha futura"),
    "longest_days": ("longest delay in days", "plazo más largo en días"),
    "lost": ("gone", "desaparecidos"),
    "median_days": ("half are published within days", "la mitad se publica en días"),
    "now": ("now", "ahora"),
    "p90_days": ("nine of ten are published within days", "nueve de diez se publican en días"),
    "promised_days": ("days promised at most", "días prometidos como máximo"),
    "score_before": ("score before", "puntuación anterior"),
    "score_now": ("score now", "puntuación actual"),
    # of a code, path, year or check each: the name is followed by / and which
    "change": ("relative change", "cambio relativo"),
    "count": ("count", "recuento"),
    "fewer": ("fewer processes", "procesos de menos"),
    "share": ("share", "proporción"),
    "worse": ("more failing, as a share of the processes", "más fallas, como proporción de los procesos"),
}
# Of `lost` and `moved` there are both: a count, and one for each section or code.


@cache
def figure_names() -> Mapping[str, Texts]:
    """Give the names of all figures by their keys, without what follows a slash."""
    return {key: Texts(english, spanish) for key, (english, spanish) in _NAMES.items()}


def figure_of(key: str) -> str:
    """Give the key of a figure without what it is of: `share` of `share/open`."""
    return key.partition("/")[0]


def figure_detail(key: str) -> str:
    """Give what a figure is of, such as a code: `open` of `share/open`; "" where it is of the whole."""
    return key.partition("/")[2]
