"""Searching Chinese text: two characters and more use the bigram index, one character only scans."""


def matching(column: str, at: int, term: str) -> str:
    """The SQL condition that `column` contains the term in parameter `$at`; true for an empty term.

    `column` is a name of ours. The bigrams find candidates through the index; the second half removes false ones.
    """
    folded = "".join(term.split())
    if not folded:
        return f"${at}::text IS NOT NULL"
    contains = f"strpos(regexp_replace({column}, '\\s', '', 'g'), lower(regexp_replace(${at}::text, '\\s', '', 'g'))) > 0"
    if len(folded) == 1:
        return contains
    return f"kernel.bigrams({column}) @> kernel.bigrams(${at}::text) AND {contains}"
