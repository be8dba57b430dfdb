"""Names of organizations made comparable: without case, accents, punctuation and legal forms.

    normalized("one.name")     # SQL: "Constructora Peña, S.A. de C.V." and "CONSTRUCTORA PENA SA DE CV" are one

The legal forms are those of the United States and of Spanish-speaking countries, as they are written behind a name.
"""

from transforms.quoting import literal

LEGAL_FORMS = (
    "inc", "incorporated", "llc", "l l c", "corp", "corporation", "co", "company", "ltd", "limited", "lp", "l p", "llp",
    "l l p",
    "lllp", "pllc", "plc", "gmbh", "ulc",
    "sa", "s a", "sa de cv", "s a de c v", "sapi de cv", "sab de cv", "s de rl de cv", "s de r l de c v", "s de rl",
    "srl", "s r l", "sl", "s l", "slu", "sas", "s a s", "sac", "s a c", "eirl", "e i r l", "ltda", "limitada",
    "cia", "cia ltda", "compania", "sociedad anonima", "sociedad anonima de capital variable", "spa", "sca", "scs",
    "s en c", "e u", "e s p",
)  # fmt: skip
"""Written as `normalized` finds them: without case and accents, a point being a space; the longer ones are tried first.

Those that are also the codes of states, such as PA and SC, are left out: they stand behind names of places.
"""

_FORMS = "|".join(sorted(LEGAL_FORMS, key=lambda form: (-len(form), form)))


def normalized(column: str) -> str:
    """Give the SQL of a name made comparable; the name as it is where nothing but punctuation would be left.

    Apostrophes vanish, every other sign separates words, and `&`, "and", "y" between them count for nothing.
    """
    plain = f"regexp_replace(lower(strip_accents({column})), '[''’`´]', '', 'g')"
    plain = f"regexp_replace({plain}, '[^\\p{{L}}\\p{{N}}]+', ' ', 'g')"
    plain = f"trim(regexp_replace(' ' || {plain} || ' ', ' (and|y) ', ' ', 'g'))"
    bare = f"regexp_replace({plain}, {literal(f'( ({_FORMS}))+$')}, '')"
    return f"coalesce(nullif({bare}, ''), nullif({plain}, ''), {column})"
