"""The page of a source profile: one file for internal use, without scripts or anything from elsewhere."""

from datetime import datetime

from transforms.profile.model import Profile, TableProfile
from transforms.site.environment import environment
from transforms.texts import texts
from transforms.texts.numbers import date, number

_LONGEST = 120


def profile_page(profile: Profile, *, country: str) -> bytes:
    """Render a profile, in Spanish where the source's texts are Spanish. `country` decides how numbers are written."""
    language = "es" if profile.language == "es" else "en"
    words = texts(language, "profile")
    tables = [(source, table) for source in profile.sources for table in source.tables]
    page: str = (
        environment()
        .get_template("profile.html.jinja")
        .render(
            profile=profile,
            words=words,
            city=profile.name[language],
            tables=tables,
            made=date(datetime.fromisoformat(profile.as_of), "UTC", texts(language)),
            columns=sum(len(table.columns) for _, table in tables),
            undeclared=sum(len(table.undeclared) for _, table in tables),
            personal=sum(bool(column.personal) for _, table in tables for column in table.columns),
            rows=sum(table.rows for _, table in tables),
            number=lambda value: number(value, language, country),
            share=share,
            printable=printable,
            key_text=lambda table: _key_text(table, words, language, country),
            anchor=lambda source, table: f"{source.name}-{table.name}",
            to_paste=lambda table: [
                (words[name], text)
                for name, text in (
                    ("paste_city", table.city_yaml),
                    ("paste_prepare", table.prepare_sql),
                    ("paste_mapping", table.mapping_yaml),
                )
                if text
            ],
        )
    )
    return page.encode()


def share(value: float) -> str:
    """Write a share so that neither a few nor all but a few disappear."""
    if 0 < value < 0.005:
        return "<1\N{NO-BREAK SPACE}%"
    percent = ">99" if 0.995 <= value < 1 else str(round(100 * value))
    return f"{percent}\N{NO-BREAK SPACE}%"


def printable(text: str, longest: int = _LONGEST) -> str:
    """Write a value on one line, without signs that a terminal or a page would obey; the end of a long one is cut."""
    line = "".join(letter if letter.isprintable() else "\N{REPLACEMENT CHARACTER}" for letter in " ".join(text.split()))
    return line if len(line) <= longest else line[: longest - 1] + "…"


def _key_text(table: TableProfile, words: object, language: str, country: str) -> str:
    key = table.key
    code = f"key_{key.made}" if key.made else "key_holds" if key.holds else "key_broken"
    text: str = words[code]  # type: ignore[index] # Texts gives whatever its file holds
    return text.format(
        key=", ".join(key.declared),
        repeated=number(key.repeated, language, country),
        empty=number(key.empty, language, country),
    )
