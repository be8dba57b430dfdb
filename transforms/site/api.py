"""The page that tells people of an API: what can be asked, and how."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from transforms.site.environment import environment
from transforms.texts import Texts, texts


@dataclass(frozen=True)
class Parameter:
    """What may be said in a question; `schema` is its JSON Schema."""

    name: str
    meaning: str
    schema: Mapping[str, Any]
    required: bool

    def kind(self, words: Texts) -> str:
        """Describe its values."""
        parts = [words["kinds"][self.schema.get("format", self.schema["type"])]]
        if "maximum" in self.schema:
            parts.append(words["one_of"].format(least=self.schema["minimum"], most=self.schema["maximum"]))
        if "maxLength" in self.schema:
            parts.append(words["characters"].format(most=self.schema["maxLength"]))
        if "default" in self.schema:
            parts.append(words["usual"].format(value=self.schema["default"]))
        if self.required:
            parts.append(words["required"])
        return "; ".join(parts)


@dataclass(frozen=True)
class Operation:
    """A question; `tried` is a relative address that answers it, None where there is nothing to ask for."""

    path: str
    name: str
    summary: str
    description: str
    parameters: Sequence[Parameter]
    tried: str | None


def api_page(
    operations: Sequence[Operation],
    *,
    language: str,
    city: str,
    synthetic: bool,
    pages: Mapping[str, str],
    schema: str,
    home: str,
) -> bytes:
    """Render the page in a language. `pages` are those in other languages, `schema` and `home` addresses from it."""
    page: str = (
        environment()
        .get_template("api.html.jinja")
        .render(
            words=texts(language, "api"), common=texts(language), operations=operations, city=city,
            synthetic=synthetic, pages=pages, schema=schema, home=home,
        )
    )  # fmt: skip
    return page.encode()
